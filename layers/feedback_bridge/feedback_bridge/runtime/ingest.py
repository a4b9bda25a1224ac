"""API Gateway's webhook event in, problem or receipt out."""

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from feedback_bridge.aws.configs import Configs
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.errors import BridgeError
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.arriving import intake, refused, request_of
from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.problem import Response, answer, problem
from feedback_bridge.sources.body import MAX_BYTES
from feedback_bridge.sources.intake import Receipt
from feedback_bridge.sources.registry import parse_source

_SOURCE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


_WORDS = {"accepted": "accepted", "updated": "accepted", "duplicate": "duplicate", "erased": "duplicate"}


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
        request = request_of(event)
        if request is None or len(request.body) > MAX_BYTES:
            return problem(413, f"A body may have at most {MAX_BYTES} bytes.")
        receipts = intake().receive(source, request, datetime.now(UTC))
    except BridgeError as error:
        if (response := refused(error)) is not None:
            return response
        logger.exception("an event could not be kept; its sender is asked to come again")
        return problem(503, f"{error} Please send the event again.", headers={"Retry-After": "60"})
    logger.info("received", extra={"receipts": [f"{receipt.feedback_id} {receipt.status}" for receipt in receipts]})
    return answer(202, _told(receipts))


def _told(receipts: list[Receipt]) -> dict[str, Any]:
    """The contract knows two words: an update is accepted, and what was erased is as good as a duplicate. `ignored`:
    none of it concerns us."""
    told = [{"feedback_id": receipt.feedback_id, "status": _WORDS[receipt.status]} for receipt in receipts]
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


@cache
def _configs() -> Configs:
    return Configs(settings.config_table())
