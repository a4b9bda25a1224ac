"""/services/data, the root of a version, /limits and record counts."""

from __future__ import annotations

from local.salesforce_org.http_types import RestRequest, RestResponse

FIRST_VERSION, LAST_VERSION = 31, 66
RETIRED = range(21, 31)
RESOURCES = (
    "tooling", "metadata", "eclair", "folders", "chatter", "tabs", "appMenu", "quickActions", "queryAll", "commerce",
    "wave", "analytics", "search", "identity", "composite", "parameterizedSearch", "theme", "nouns", "recent",
    "connect", "licensing", "limits", "process", "async-queries", "query", "jobs", "ui-api", "sobjects",
)  # fmt: skip


def label(version: int) -> str:
    """v31 is Summer ’14, v32 Winter ’15, v33 Spring ’15, and so on, three a year."""
    season = ("Summer", "Winter", "Spring")[(version - 31) % 3]
    year = 14 + (version - 31 + 2) // 3
    return f"{season} ’{year}"


def versions() -> list[dict[str, str]]:
    return [
        {"label": label(each), "url": f"/services/data/v{each}.0", "version": f"{each}.0"}
        for each in range(FIRST_VERSION, LAST_VERSION + 1)
    ]


def root(request: RestRequest) -> RestResponse:
    return RestResponse(200, {name: f"{request.base}/{name}" for name in RESOURCES})


def limits(request: RestRequest) -> RestResponse:
    return RestResponse(200, request.org.limits.as_document())


def record_count(request: RestRequest) -> RestResponse:
    """Approximate in Salesforce, exact here; unknown objects are left out."""
    asked = request.query.get("sObjects")
    names = asked.split(",") if asked else sorted(request.org.schema.objects)
    found = [request.org.schema.find(name.strip()) for name in names]
    visible = [each for each in found if each is not None and request.session.permissions.object(each).read]
    with request.org.mutex:
        counts = [{"count": len(request.org.store.table(each).rows), "name": each.name} for each in visible]
    if asked is None:
        counts = [each for each in counts if each["count"]]
    return RestResponse(200, {"sObjects": counts})
