"""JSON Schemas of the kinds of config documents, for editors and forms."""

from feedback_bridge.config.kinds import KINDS, kind_named
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, Wrong


def show(call: Call, kind: str) -> Reply:
    found = kind_named(kind)
    if found is None:
        raise Wrong(404, f"There is no such kind; there are {', '.join(item.name for item in KINDS)}.")
    return Reply(200, found.schema())


def list_kinds(call: Call) -> Reply:
    return Reply(200, {"items": [{"kind": kind.name, "plural": kind.plural} for kind in KINDS], "next": None})


ENDPOINTS = (
    Endpoint("GET", "/admin/schemas", "viewer", list_kinds),
    Endpoint("GET", "/admin/schemas/<kind>", "viewer", show),
)
