"""The document itself (OpenAPI 3.1): the intake, and every endpoint that the admin API has."""

import inspect
import re
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from feedback_bridge.runtime.admin.call import Endpoint
from feedback_bridge.runtime.openapi.components import components
from feedback_bridge.runtime.openapi.intake import INTAKE
from feedback_bridge.runtime.openapi.operations import Told, operations
from feedback_bridge.runtime.openapi.problems import problems, responses
from feedback_bridge.runtime.openapi.shapes import ANY_OBJECT, Schema

VERSION = "1"
_ABOUT = (
    "Tools send events to /in/{source}, an org to /salesforce/{org}/outbound-messages; /admin is for the command, the "
    "console and other programs. Errors are problem details (RFC 9457). Additions to this API are no breach of it: "
    "ignore members that you do not know."
)


def document(endpoints: tuple[Endpoint, ...]) -> dict[str, Any]:
    """Made anew when it is asked for: `openapi_of` remembers it."""
    known = operations()
    paths: dict[str, dict[str, Any]] = {path: dict(item) for path, item in INTAKE.items()}
    for endpoint in endpoints:
        told = known.get((endpoint.method, endpoint.rule)) or Told(_title(endpoint), ANY_OBJECT, body_needed=False)
        item = paths.setdefault(re.sub(r"<(\w+)>", r"{\1}", endpoint.rule), {})
        item[endpoint.method.lower()] = _operation(endpoint, told)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Feedback Bridge", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": "/v1", "description": "The stage of the stack's API."}],
        "security": [{"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": responses(),
            "schemas": dict(sorted(components().items())),
        },
    }


@cache
def openapi_of(endpoints: tuple[Endpoint, ...]) -> dict[str, Any]:
    return document(endpoints)


def _operation(endpoint: Endpoint, told: Told) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(endpoint),
        "summary": told.title,
        "description": " ".join(filter(None, (_words(endpoint), f"Needs a token of scope {endpoint.scope}."))),
        "parameters": [*_path_parameters(endpoint.rule), *told.query, *(_GUARDS if told.guarded else ())],
        "responses": {**_replies(told), **problems(endpoint.method, told.body is not None)},
    }
    if told.body is not None:
        operation["requestBody"] = {
            "required": told.body_needed,
            "content": {"application/json": {"schema": told.body}},
        }
    return operation


def _replies(told: Told) -> dict[str, Any]:
    if told.reply is None:
        return {str(told.status): {"description": told.title}}
    answer: dict[str, Any] = {"description": told.title, "content": {told.media: {"schema": told.reply}}}
    return {str(told.status): answer, **({"201": answer} if told.created else {})}


def _path_parameters(rule: str) -> Iterator[Schema]:
    for name in re.findall(r"<(\w+)>", rule):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


_GUARDS: tuple[Schema, ...] = (
    {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "Only while the draft's ETag is still this one.",
    },
)


def _words(endpoint: Endpoint) -> str:
    """The function's own description, on one line."""
    return " ".join((inspect.getdoc(_function(endpoint)) or "").split())


def _title(endpoint: Endpoint) -> str:
    return str(_function(endpoint).__name__).replace("_", " ").capitalize()


def _operation_id(endpoint: Endpoint) -> str:
    """Unique, and the same from version to version."""
    parts = re.findall(r"[A-Za-z]+", endpoint.rule.removeprefix("/admin").replace("<", "by_").replace(">", ""))
    return "_".join((endpoint.method.lower(), *parts))


def _function(endpoint: Endpoint) -> Any:
    function: Any = endpoint.answer
    while isinstance(function, partial):
        function = function.func
    return function
