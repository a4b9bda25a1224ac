"""API Gateway's event in, an answer or a problem out. Who calls is settled before anything else is looked at."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from math import ceil
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler import Response as RestResponse

from feedback_bridge.aws.configs import Conflict
from feedback_bridge.errors import TransientError
from feedback_bridge.runtime.admin import (
    automation_preview,
    configs,
    dead_letters,
    deliveries,
    erasures,
    feedback,
    ideas,
    nps,
    orgs,
    preview,
    recorder,
    replays,
    schemas,
    status,
    syncs,
)
from feedback_bridge.runtime.admin.authentication import authenticated, require
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, Unusable, Wrong
from feedback_bridge.runtime.observability import logger, told_of
from feedback_bridge.runtime.problem import Response, problem
from feedback_bridge.runtime.problem import answer as json_answer
from feedback_bridge.sources.intake import lower_names

ENDPOINTS: tuple[Endpoint, ...] = (
    *configs.ENDPOINTS,
    *preview.ENDPOINTS,
    *automation_preview.ENDPOINTS,
    *recorder.ENDPOINTS,
    *schemas.ENDPOINTS,
    *orgs.ENDPOINTS,
    *feedback.ENDPOINTS,
    *deliveries.ENDPOINTS,
    *replays.ENDPOINTS,
    *dead_letters.ENDPOINTS,
    *erasures.ENDPOINTS,
    *status.ENDPOINTS,
    *nps.ENDPOINTS,
    *ideas.ENDPOINTS,
    *syncs.ENDPOINTS,
)

RETRY_AFTER_SECONDS = 5

OPENAPI = "/openapi.json"
"""Needs no token: it tells what can be asked for and nothing of what there is."""

Rest = RestResponse[str]


def answer(event: Mapping[str, Any], context: Any) -> Response:
    """Whatever is asked, the answer is JSON; only what we did not foresee is a 500, and it says nothing of itself."""
    try:
        return _answer(event, context)
    except Exception as error:
        return _problem_of(error)


def _answer(event: Mapping[str, Any], context: Any) -> Response:
    if event["path"] == OPENAPI:
        return _openapi()
    now = datetime.now(UTC)
    headers = lower_names(event.get("headers"))
    token = authenticated(headers, now)
    call = Call(headers, event.get("queryStringParameters") or {}, _body(event), token, now)
    resolver = _resolver()
    resolver.context["call"] = call
    return resolver.resolve({**event, "path": unquote(event["path"])}, context)


def _openapi() -> Response:
    # Imported here: no other request needs it.
    from feedback_bridge.runtime.openapi.document import openapi_of

    return json_answer(200, openapi_of(ENDPOINTS), headers={"Cache-Control": "public, max-age=300"})


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Wrong(400, "The body could not be decoded.") from None


@cache
def _resolver() -> APIGatewayRestResolver:
    resolver = APIGatewayRestResolver()
    for endpoint in ENDPOINTS:
        resolver.route(endpoint.rule, method=endpoint.method)(_route(resolver, endpoint))
    resolver.not_found(lambda _: _nothing_here(resolver))
    resolver.exception_handler(Exception)(lambda error: _rest(_problem_of(error)))
    return resolver


def _route(resolver: APIGatewayRestResolver, endpoint: Endpoint) -> Any:
    def run(**path: str) -> Rest:
        call: Call = resolver.context["call"]
        require(call.token, endpoint.scope)
        reply = endpoint.answer(call, **path)
        if endpoint.method != "GET":
            logger.info("done", extra={"method": endpoint.method, "rule": endpoint.rule, **path, "by": call.by})
        return _replied(reply)

    return run


def _replied(reply: Reply) -> Rest:
    headers = dict(reply.headers)
    content_type = headers.pop("Content-Type", "application/json")
    body = reply.body if content_type != "application/json" else json.dumps(reply.body, ensure_ascii=False)
    body = "" if reply.body is None else body
    return RestResponse(reply.status, content_type, body, {**headers, "Cache-Control": "no-store"})


def _nothing_here(resolver: APIGatewayRestResolver) -> Rest:
    """404, or 405 where another method would be answered."""
    path, method = resolver.current_event.path.rstrip("/"), resolver.current_event.http_method
    allowed = sorted({endpoint.method for endpoint in ENDPOINTS if re.fullmatch(_pattern(endpoint.rule), path)})
    if allowed and method not in allowed:
        return _rest(problem(405, "There is no such method here.", headers={"Allow": ", ".join(allowed)}))
    return _rest(problem(404, "There is nothing at this path."))


def _pattern(rule: str) -> str:
    return re.sub(r"<\w+>", "[^/]+", rule)


def _problem_of(error: Exception) -> Response:
    match error:
        case Wrong():
            return problem(error.status, error.detail, error.errors, headers=error.headers)
        case Conflict() | Unusable():
            return problem(409, str(error))
        case TransientError():
            logger.warning("not now", extra={"reason": str(error)})
            return problem(
                503, str(error), headers={"Retry-After": str(ceil(error.retry_after or RETRY_AFTER_SECONDS))}
            )
        case _:
            logger.error("unforeseen", extra={"error": told_of(error)})
            return problem(500, "Something went wrong on our side. It has been logged.")


def _rest(response: Response) -> Rest:
    headers = dict(response["headers"])
    return RestResponse(response["statusCode"], headers.pop("Content-Type"), response["body"], headers)
