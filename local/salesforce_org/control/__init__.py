"""/_org: what tests and benchmarks do to the org behind Salesforce's back. Plain JSON, from the loopback only.

Every address and body is listed in the README beside this package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from starlette.routing import compile_path

from local.salesforce_org.http_types import RestResponse

from . import data, rules, schema_changes, state
from .answers import ControlError, ControlRequest

if TYPE_CHECKING:
    from local.salesforce_org.org import Org

Handler = Callable[..., Any]


def _route(method: str, template: str, handler: Handler) -> tuple[str, re.Pattern[str], Handler]:
    return method, compile_path(template)[0], handler


ROUTES = [
    _route("GET", "/", state.summary),
    _route("POST", "/reset", state.reset),
    _route("GET", "/calls", state.calls),
    _route("DELETE", "/calls", state.forget_calls),
    _route("PATCH", "/settings", state.change_settings),
    _route("PATCH", "/limits", state.change_limits),
    _route("PATCH", "/sessions", state.change_sessions),
    _route("POST", "/sessions/expire", state.expire_sessions),
    _route("POST", "/pause", state.pause),
    _route("POST", "/resume", state.resume),
    _route("GET", "/faults", state.list_faults),
    _route("POST", "/faults", state.add_faults),
    _route("DELETE", "/faults", state.clear_faults),
    _route("GET", "/objects/{name}/records", data.dump),
    _route("POST", "/objects/{name}/records", data.load),
    _route("GET", "/objects/{name}/count", data.count),
    _route("POST", "/leads/{record_id}/convert", data.convert_lead),
    _route("POST", "/objects/{name}/fields", schema_changes.add_field),
    _route("PATCH", "/objects/{name}/fields/{field}", schema_changes.change_field),
    _route("DELETE", "/objects/{name}/fields/{field}", schema_changes.remove_field),
    _route("POST", "/objects/{name}/fields/{field}/values", schema_changes.add_value),
    _route("DELETE", "/objects/{name}/fields/{field}/values/{value}", schema_changes.remove_value),
    _route("PUT", "/permissions/{permission_set}/fields/{field}", schema_changes.set_field_access),
    _route("PUT", "/permissions/{permission_set}/objects/{name}", schema_changes.set_object_access),
    _route("PUT", "/users/{username}", schema_changes.set_user),
    _route("POST", "/validation-rules", rules.add_validation_rule),
    _route("DELETE", "/validation-rules", rules.clear_validation_rules),
    _route("PUT", "/duplicate-rules/{name}", rules.set_duplicate_rule),
    _route("DELETE", "/duplicate-rules/{name}", rules.remove_duplicate_rule),
    _route("PUT", "/assignment-rules/{name}", rules.set_assignment_rule),
    _route("DELETE", "/assignment-rules/{name}", rules.remove_assignment_rule),
]


def answer(org: Org, method: str, path: str, query: str, body: bytes) -> RestResponse:
    trimmed = path.removeprefix("/_org").rstrip("/") or "/"
    for wanted, pattern, handler in ROUTES:
        match = pattern.match(trimmed)
        if match and wanted == method:
            arguments = {name: unquote(value) for name, value in match.groupdict().items()}
            return _called(org, handler, arguments, dict(parse_qsl(query)), body)
    return RestResponse(404, {"error": f"no such control: {method} {trimmed}"})


def _called(org: Org, handler: Handler, arguments: dict[str, str], query: dict[str, str], body: bytes) -> RestResponse:
    try:
        document = json.loads(body) if body else {}
        return RestResponse(200, handler(ControlRequest(org, query, document), **arguments))
    except ControlError as problem:
        return RestResponse(problem.status, {"error": str(problem)})
    except (TypeError, ValueError, KeyError, AttributeError) as problem:
        return RestResponse(400, {"error": f"{type(problem).__name__}: {problem}"})
