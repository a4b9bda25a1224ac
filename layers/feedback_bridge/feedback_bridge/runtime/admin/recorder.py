"""The last raw bodies of a source, as the archive holds them, with the people in them masked.

They are what a mapping is written against: a sample's id is the `feedback_id` of a preview.
"""

from typing import Any

from feedback_bridge.aws.archive_index import latest
from feedback_bridge.aws.pages import ForeignCursor
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.errors import PermanentError
from feedback_bridge.feedback.raw import Raw
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, Unusable, Wrong, unfit
from feedback_bridge.runtime.admin.cursor import cursor_of, name_in
from feedback_bridge.runtime.admin.samples import draft_or_published, read_sample
from feedback_bridge.runtime.reading import archive
from feedback_bridge.sources.body import JSON
from feedback_bridge.sources.masking import masked_body

USUAL, MOST = 10, 50


def list_samples(call: Call, document_id: str) -> Reply:
    """Newest first, each with the problem that its source's draft has with it (null: none)."""
    source = _source(document_id)
    most = min(call.limit(), MOST) if "limit" in call.query else USUAL
    after = name_in(call.query.get("cursor"))
    try:
        ids, further = latest(settings.feedback_table(), document_id, most=most, after=after)
    except ForeignCursor as error:
        raise unfit("cursor", str(error)) from error
    found = [raw for feedback_id in ids if (raw := archive().find(feedback_id)) is not None]
    return Reply(200, {"items": [_told(raw, source) for raw in found], "next": cursor_of(further)})


def _source(document_id: str) -> SourceDocument:
    try:
        source = draft_or_published(document_id)
    except InvalidDocument as error:
        raise Wrong(422, "The source's draft has problems; solve these first.", error.problems) from None
    except PermanentError as error:
        raise Unusable(str(error)) from error
    if source is None:
        raise Wrong(404, f"There is no source named {document_id}.")
    return source


def _told(raw: Raw, source: SourceDocument) -> dict[str, Any]:
    """`content` counts the tool's versions of it; `answers` is what its API gave, where it only announced them."""
    return {
        "id": raw.feedback_id,
        "received_at": raw.received_at.isoformat(),
        "content_type": raw.content_type,
        "bytes": len(raw.body),
        "content": raw.content,
        "sample": masked_body(raw.body, raw.content_type),
        "answers": masked_body(raw.answers, JSON) if raw.answers is not None else None,
        "problem": _problem(raw, source),
    }


def _problem(raw: Raw, source: SourceDocument) -> dict[str, Any] | None:
    try:
        read_sample(raw, source)
    except Wrong as error:
        return {"detail": error.detail, "errors": [item.model_dump() for item in error.errors]}
    return None


ENDPOINTS = (Endpoint("GET", "/admin/sources/<document_id>/samples", "viewer", list_samples),)
