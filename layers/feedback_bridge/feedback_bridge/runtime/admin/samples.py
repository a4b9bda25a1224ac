"""The feedback that a preview is about: given whole, by its id, by values, or as a raw sample of what a tool sends."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from feedback_bridge.config.org import org_of_source
from feedback_bridge.config.problem import InvalidDocument, problems_of
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.errors import PermanentError
from feedback_bridge.feedback.identity import feedback_id as feedback_id_of
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.feedback.raw import Raw
from feedback_bridge.runtime.admin.call import Call, Unusable, Wrong, unfit
from feedback_bridge.runtime.org_sources import sending_org
from feedback_bridge.runtime.reading import archive, configs, read_again, source_of, tagged
from feedback_bridge.sources import body as bodies
from feedback_bridge.sources.intake import is_unreadable
from feedback_bridge.sources.registry import parse_source, tool
from feedback_bridge.sources.tool import Event, InvalidEvent, Unreadable, UnsupportedType, Unverified, Unwanted

if TYPE_CHECKING:
    from feedback_bridge.mapping.document import MappingDocument


def feedback_wanted(call: Call, asked: dict[str, Any], mapping: "MappingDocument") -> Feedback:
    """`{"feedback_id": …}`, `{"sample": …, "source": …}`, `{"values": …}` with the rest as the mapping wants it, or a
    Feedback. Tagged. Raises Wrong, Unusable."""
    if "values" in asked:
        from feedback_bridge.runtime.admin.form_values import filled_in

        feedback = filled_in(asked["values"], mapping, call.now)
        return tagged(feedback, nps_settings_of(feedback.source))
    if "feedback_id" in asked:
        return stored(str(asked["feedback_id"]))
    if "sample" in asked:
        return sampled(call, asked, source_named(asked.get("source")))
    try:
        feedback = Feedback.model_validate(asked)
    except ValidationError as error:
        detail = "The body must be a feedback, a feedback_id, or a sample with its source."
        raise Wrong(422, detail, problems_of(error)) from None
    return tagged(feedback, nps_settings_of(feedback.source))


def stored(feedback_id: str) -> Feedback:
    """Read again from the archive, with today's settings of its source. Raises Wrong 404, Unusable."""
    raw = _raw(feedback_id)
    try:
        return tagged(_first_in(raw) if is_unreadable(feedback_id) else read_again(raw), nps_settings_of(raw.source))
    except (PermanentError, InvalidDocument) as error:
        raise Unusable(f"The feedback cannot be read: {error}") from error


def _raw(feedback_id: str) -> Raw:
    """Raises Wrong 404."""
    raw = archive().find(feedback_id) if 0 < len(feedback_id.encode("utf-8", "surrogatepass")) <= 2048 else None
    if raw is None:
        raise Wrong(404, "The archive holds no such feedback.")
    return raw


def _first_in(raw: Raw) -> Feedback:
    """It could not be read when it came; by now its source may be set up otherwise. Raises PermanentError."""
    source = source_of(raw.source)
    speaking = tool(source.type)
    events = speaking.events(raw.body, raw.content_type, source)
    if not events:
        raise PermanentError("It holds nothing that the source takes for feedback.")
    return speaking.read(events[0], source, raw.received_at)


def sampled(call: Call, asked: dict[str, Any], source: SourceDocument) -> Feedback:
    """`sample` is the tool's body: JSON, or text with its `content_type`; `answers` what its API would give. Or
    `feedback_id` names a body of the archive. Raises Wrong."""
    if "sample" not in asked:
        return _archived(call, asked, source)
    sample = asked["sample"]
    content_type = asked.get("content_type") or (bodies.FORM if source.type == "qualtrics" else bodies.JSON)
    text = sample if isinstance(sample, str) else json.dumps(sample, ensure_ascii=False)
    answers = json.dumps(asked["answers"]).encode() if "answers" in asked else None
    return _read(text.encode("utf-8", "surrogatepass"), str(content_type), source, call.now, answers)


def _archived(call: Call, asked: dict[str, Any], source: SourceDocument) -> Feedback:
    raw = _raw(str(asked["feedback_id"]))
    if raw.source != source.id:
        raise unfit("feedback_id", f"is not of the source {source.id}")
    return read_sample(raw, source)


def read_sample(raw: Raw, source: SourceDocument) -> Feedback:
    """A body of the archive as this source would read it, whether or not it could be read before. Raises Wrong."""
    return _read(raw.body, raw.content_type, source, raw.received_at, raw.answers, wanted=raw.feedback_id)


def _read(
    body: bytes, content_type: str, source: SourceDocument, at: datetime, answers: bytes | None, wanted: str = ""
) -> Feedback:
    """The event of that feedback id, else the first. Raises Wrong."""
    speaking = tool(source.type)
    try:
        events = speaking.events(body, content_type, source)
        if not events:
            raise unfit("sample", "holds nothing that the source takes for feedback")
        event = next((event for event in events if feedback_id_of(source.id, event.id) == wanted), events[0])
        _need_answers(event, answers)
        return tagged(speaking.read(event, source, at, answers), source.nps)
    except InvalidEvent as error:
        raise Wrong(422, "The sample was understood and is not valid.", error.problems) from None
    except (Unreadable, UnsupportedType, Unverified, Unwanted) as error:
        raise unfit("sample", str(error)) from None


def source_named(name: object) -> SourceDocument:
    """The source's draft, or what is in force where there is none. Raises Wrong."""
    try:
        source = draft_or_published(name) if isinstance(name, str) else None
    except InvalidDocument as error:
        raise Wrong(422, "The source's draft has problems.", error.problems) from None
    if source is None:
        raise unfit("source", "must name a source")
    return source


def draft_or_published(source_id: str) -> SourceDocument | None:
    """An org that sends is a source as it is in force. Raises InvalidDocument, PermanentError."""
    if (org_id := org_of_source(source_id)) is not None:
        return sending_org(configs(), org_id)
    known = configs().draft("source", source_id) or configs().published("source", source_id)
    return parse_source(known.document) if known else None


def _need_answers(event: Event, answers: bytes | None) -> None:
    if event.awaits_answers and answers is None:
        raise unfit("answers", "must hold what the tool's API gives: this event only announces a response")


def nps_settings_of(source_id: str) -> Any:
    """How its scores are banded; a source that is gone leaves the usual bands."""
    from feedback_bridge.config.source import NpsSettings

    try:
        return source_of(source_id).nps
    except (PermanentError, InvalidDocument):
        return NpsSettings()
