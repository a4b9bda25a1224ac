"""What the functions that take events from outside share: the request as API Gateway tells it, and the intake."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Any

from feedback_bridge.aws.archive import Archive
from feedback_bridge.aws.bus import announce
from feedback_bridge.aws.secrets import secret
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.errors import BridgeError
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.problem import Response, problem
from feedback_bridge.sources.intake import Intake, TooMany, lower_names
from feedback_bridge.sources.tool import InvalidEvent, Request, Unreadable, UnsupportedType, Unverified

if TYPE_CHECKING:
    from feedback_bridge.aws.rate_limits import RateLimits


def request_of(event: Mapping[str, Any]) -> Request | None:
    """None where the body is not what API Gateway says it is."""
    body = (event.get("body") or "").encode("utf-8", "surrogatepass")
    if event.get("isBase64Encoded"):
        try:
            body = base64.b64decode(body, validate=True)
        except binascii.Error:
            return None
    query = event.get("queryStringParameters") or {}
    return Request(event["httpMethod"], lower_names(event.get("headers")), body, query)


def refused(error: Exception) -> Response | None:
    """The answer to what is the sender's mistake; None for any other error."""
    match error:
        case InvalidEvent():
            return problem(422, str(error), error.problems)
        case Unverified():
            return _told(401, error, {"WWW-Authenticate": "Signature"})
        case UnsupportedType():
            return _told(415, error)
        case Unreadable():
            return _told(400, error)
        case TooMany():
            return _told(429, error, {"Retry-After": str(ceil(error.retry_after or 1))})
        case _:
            return None


def _told(status: int, error: Exception, headers: Mapping[str, str] | None = None) -> Response:
    logger.warning("refused", extra={"status": status, "reason": str(error)})
    return problem(status, str(error), headers=headers)


@cache
def intake() -> Intake:
    archive = Archive(settings.feedback_table(), settings.archive_bucket(), settings.retention_days())
    stack, bus = settings.stack_name(), settings.event_bus()
    return Intake(
        secret=lambda name, fresh: secret(stack, name, fresh=fresh),
        keep=archive.keep,
        announce=lambda facts: announce(bus, facts),
        wait=_wait,
    )


def _wait(source: SourceDocument, now: datetime) -> float:
    """While nobody can count, a source may send: the API's own limit still holds."""
    if source.rate_limit is None:
        return 0
    try:
        return _rate_limits().wait(source.id, source.rate_limit, now)
    except BridgeError:
        logger.exception("a source's events could not be counted")
        return 0


@cache
def _rate_limits() -> "RateLimits":
    # Imported here: few sources have a limit.
    from feedback_bridge.aws.rate_limits import RateLimits

    return RateLimits(settings.org_state_table())
