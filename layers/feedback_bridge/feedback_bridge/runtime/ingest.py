"""API Gateway's webhook event in, problem or receipt out."""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from feedback_bridge.aws.archive import Archive
from feedback_bridge.aws.bus import announce
from feedback_bridge.aws.configs import Configs
from feedback_bridge.aws.secrets import secret
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.errors import BridgeError
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.problem import Response, answer, problem
from feedback_bridge.sources.body import MAX_BYTES
from feedback_bridge.sources.intake import Intake, Receipt, lower_names
from feedback_bridge.sources.registry import parse_source
from feedback_bridge.sources.tool import InvalidEvent, Request, Unreadable, UnsupportedType, Unverified

_SOURCE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def receive(event: dict[str, Any]) -> Response:
    """Everything that can be the client's mistake is answered 4xx; 503 only while we cannot keep what was sent."""
    source_id = (event.get("pathParameters") or {}).get("source", "")
    logger.append_keys(source=source_id if _SOURCE_ID.fullmatch(source_id) else "?")
    try:
        source = _source(source_id)
        if source is None:
            return problem(404, "There is no enabled source with this name.")
        if event["httpMethod"] == "GET":
            return answer(200, {"source": source.id, "status": "ready"})
        request = _request(event)
        if request is None or len(request.body) > MAX_BYTES:
            return problem(413, f"A body may have at most {MAX_BYTES} bytes.")
        receipts = _intake().receive(source, request, datetime.now(UTC))
    except Unverified as error:
        return _refused(401, error, {"WWW-Authenticate": "Signature"})
    except UnsupportedType as error:
        return _refused(415, error)
    except Unreadable as error:
        return _refused(400, error)
    except InvalidEvent as error:
        return problem(422, str(error), error.problems)
    except BridgeError as error:
        logger.exception("an event could not be kept; its sender is asked to come again")
        return problem(503, f"{error} Please send the event again.", headers={"Retry-After": "60"})
    logger.info("received", extra={"receipts": [f"{receipt.feedback_id} {receipt.status}" for receipt in receipts]})
    return answer(202, _told(receipts))


def _refused(status: int, error: BridgeError, headers: Mapping[str, str] | None = None) -> Response:
    logger.warning("refused", extra={"status": status, "reason": str(error)})
    return problem(status, str(error), headers=headers)


def _told(receipts: list[Receipt]) -> dict[str, Any]:
    """An update is accepted as well: the contract knows two words. `ignored`: none of it concerns us."""
    told = [
        {"feedback_id": receipt.feedback_id, "status": "duplicate" if receipt.status == "duplicate" else "accepted"}
        for receipt in receipts
    ]
    if not told:
        return {"feedback_id": None, "status": "ignored"}
    return told[0] if len(told) == 1 else {**told[0], "events": told}


def _source(source_id: str) -> SourceDocument | None:
    """Read each time, so that disabling a source or publishing one takes effect with the next request."""
    if not _SOURCE_ID.fullmatch(source_id):
        return None
    published = _configs().published("source", source_id)
    if published is None or not published.enabled:
        return None
    return parse_source(published.document)


def _request(event: dict[str, Any]) -> Request | None:
    """None where the body is not what API Gateway says it is."""
    body = (event.get("body") or "").encode("utf-8", "surrogatepass")
    if event.get("isBase64Encoded"):
        try:
            body = base64.b64decode(body, validate=True)
        except binascii.Error:
            return None
    query = event.get("queryStringParameters") or {}
    return Request(event["httpMethod"], lower_names(event.get("headers")), body, query)


@cache
def _configs() -> Configs:
    return Configs(settings.config_table())


@cache
def _intake() -> Intake:
    archive = Archive(settings.feedback_table(), settings.archive_bucket(), settings.retention_days())
    stack, bus = settings.stack_name(), settings.event_bus()
    return Intake(
        secret=lambda name, fresh: secret(stack, name, fresh=fresh),
        keep=archive.keep,
        announce=lambda facts: announce(bus, facts),
    )
