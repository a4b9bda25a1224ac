"""Which resource answers which path below /services/data/vXX.X, and how a request finds it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.routing import compile_path

from local.salesforce_org.errors import SalesforceError, method_not_allowed, not_found
from local.salesforce_org.http_types import Handler, RestRequest, RestResponse

from . import (
    batch,
    chatter,
    collections,
    composite,
    describe,
    discovery,
    graph,
    query,
    records,
    tree,
    ui_api,
)
from .bulk import ingest
from .bulk import query as bulk_query
from .discovery import FIRST_VERSION, LAST_VERSION, RETIRED

VERSIONED = re.compile(r"/services/data/v(\d+\.\d)(/.*)?")


@dataclass(frozen=True)
class Route:
    template: str
    pattern: re.Pattern[str]
    handlers: dict[str, Handler]
    media_type: str = "application/json"


def _route(template: str, media_type: str = "application/json", /, **handlers: Handler) -> Route:
    return Route(template, compile_path(template)[0], handlers, media_type)


ROUTES = [
    _route("/", GET=discovery.root),
    _route("/limits", GET=discovery.limits),
    _route("/limits/recordCount", GET=discovery.record_count),
    _route("/query", GET=query.query),
    _route("/queryAll", GET=query.query_all),
    _route("/query/{locator}", GET=query.next_page),
    _route("/queryAll/{locator}", GET=query.next_page),
    _route("/composite", POST=composite.composite),
    _route("/composite/graph", POST=graph.graph),
    _route("/composite/batch", POST=batch.batch),
    _route("/composite/tree/{name}", POST=tree.create),
    _route("/composite/sobjects", POST=collections.create, PATCH=collections.update, DELETE=collections.delete),
    _route("/composite/sobjects/{name}", GET=collections.retrieve, POST=collections.retrieve),
    _route("/composite/sobjects/{name}/{field_name}", PATCH=collections.upsert),
    _route("/ui-api/records", POST=ui_api.create),
    _route("/ui-api/records/{record_id}", GET=ui_api.get, PATCH=ui_api.update, DELETE=ui_api.delete),
    _route("/chatter/feed-elements", POST=chatter.post),
    _route("/chatter/feed-elements/batch", POST=chatter.post_batch),
    _route("/jobs/ingest", GET=ingest.list_all, POST=ingest.create),
    _route("/jobs/ingest/{job_id}", GET=ingest.show, PATCH=ingest.change_state, DELETE=ingest.remove),
    _route("/jobs/ingest/{job_id}/batches", "text/csv", PUT=ingest.upload),
    _route("/jobs/ingest/{job_id}/{file}", GET=ingest.results),
    _route("/jobs/query", GET=bulk_query.list_all, POST=bulk_query.create),
    _route("/jobs/query/{job_id}", GET=bulk_query.show, PATCH=bulk_query.change_state, DELETE=bulk_query.remove),
    _route("/jobs/query/{job_id}/results", GET=bulk_query.results),
    _route("/sobjects", GET=describe.global_describe),
    _route("/sobjects/{name}", GET=records.basic_info, POST=records.create),
    _route("/sobjects/{name}/describe", GET=describe.describe),
    _route("/sobjects/{name}/{record_id}", GET=records.get, PATCH=records.update, DELETE=records.delete),
    _route(
        "/sobjects/{name}/{field_name}/{value:path}",
        GET=records.get_by_key,
        PATCH=records.upsert,
        DELETE=records.delete_by_key,
        POST=records.post_by_key,
    ),
]


@dataclass(frozen=True)
class Found:
    """A route, the handler of the method, and the parts of the path it asks for."""

    route: Route
    handler: Handler
    arguments: dict[str, Any]


def split_version(path: str) -> tuple[str, str]:
    """("62.0", "/sobjects/Lead"). Raises NOT_FOUND for unknown versions and GONE for retired ones."""
    match = VERSIONED.fullmatch(path)
    if match is None:
        raise not_found()
    version = match.group(1)
    number, _, minor = version.partition(".")
    if int(number) in RETIRED:
        message = f"API version {version} is retired. Use a supported version."
        raise SalesforceError("UNSUPPORTED_API_VERSION", message, status=410)
    if minor != "0" or not FIRST_VERSION <= int(number) <= LAST_VERSION:
        raise not_found()
    return version, match.group(2) or "/"


def find(method: str, path: str) -> Found:
    """`path` starts after the version and is still percent-encoded, so that a value may hold a slash."""
    trimmed = path.rstrip("/") or "/"
    for route in ROUTES:
        match = route.pattern.match(trimmed)
        if match is None:
            continue
        wanted = "GET" if method == "HEAD" else method
        handler = route.handlers.get(wanted)
        if handler is None:
            allowed = [*route.handlers, *(["HEAD"] if "GET" in route.handlers else [])]
            raise method_not_allowed(method, allowed)
        return Found(route, handler, {name: unquote(value) for name, value in match.groupdict().items()})
    raise not_found()


def answer(request: RestRequest) -> RestResponse:
    """Carries out one request, also one inside a composite. Raises SalesforceError."""
    version, path = split_version(request.path)
    request.version = version
    found = find(request.method, path)
    return found.handler(request, **found.arguments)
