"""The feedback that a preview is about: given whole, by its id, or as a raw sample of what a tool sends."""

import json
from typing import Any

from pydantic import ValidationError

from feedback_bridge.config.problem import InvalidDocument, problems_of
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.errors import PermanentError
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.runtime.admin.call import Call, Unusable, Wrong, unfit
from feedback_bridge.runtime.reading import archive, configs, read_again, source_of, tagged
from feedback_bridge.sources import body as bodies
from feedback_bridge.sources.registry import parse_source, tool
from feedback_bridge.sources.tool import Event, InvalidEvent, Unreadable, UnsupportedType, Unwanted


def feedback_wanted(call: Call, asked: dict[str, Any]) -> Feedback:
    """`{"feedback_id": …}`, `{"sample": …, "source": …}`, or a Feedback. Tagged. Raises Wrong, Unusable."""
    if "feedback_id" in asked:
        return stored(str(asked["feedback_id"]))
    if "sample" in asked:
        return sampled(call, asked, source_named(asked.get("source")))
    try:
        feedback = Feedback.model_validate(asked)
    except ValidationError as error:
        detail = "The body must be a feedback, a feedback_id, or a sample with its source."
        raise Wrong(422, detail, problems_of(error)) from None
    return tagged(feedback, _settings_of(feedback.source))


def stored(feedback_id: str) -> Feedback:
    """Read again from the archive, with today's settings of its source. Raises Wrong 404, Unusable."""
    raw = archive().find(feedback_id) if 0 < len(feedback_id.encode("utf-8", "surrogatepass")) <= 2048 else None
    if raw is None:
        raise Wrong(404, "The archive holds no such feedback.")
    try:
        return tagged(read_again(raw), _settings_of(raw.source))
    except (PermanentError, InvalidDocument) as error:
        raise Unusable(f"The feedback cannot be read: {error}") from error


def sampled(call: Call, asked: dict[str, Any], source: SourceDocument) -> Feedback:
    """`sample` is the tool's body: JSON, or text with its `content_type`; `answers` what its API would give."""
    sample = asked["sample"]
    content_type = asked.get("content_type") or (bodies.FORM if source.type == "qualtrics" else bodies.JSON)
    text = sample if isinstance(sample, str) else json.dumps(sample, ensure_ascii=False)
    answers = json.dumps(asked["answers"]).encode() if "answers" in asked else None
    speaking = tool(source.type)
    try:
        events = speaking.events(text.encode(), str(content_type), source)
        if not events:
            raise unfit("sample", "holds nothing that the source takes for feedback")
        _need_answers(events[0], answers)
        return tagged(speaking.read(events[0], source, call.now, answers), source.nps)
    except InvalidEvent as error:
        raise Wrong(422, "The sample was understood and is not valid.", error.problems) from None
    except (Unreadable, UnsupportedType, Unwanted) as error:
        raise unfit("sample", str(error)) from None


def source_named(name: object) -> SourceDocument:
    """The source's draft, or what is in force where there is none. Raises Wrong."""
    known = isinstance(name, str) and (configs().draft("source", name) or configs().published("source", name))
    if not known:
        raise unfit("source", "must name a source")
    try:
        return parse_source(known.document)
    except InvalidDocument as error:
        raise Wrong(422, "The source's draft has problems.", error.problems) from None


def _need_answers(event: Event, answers: bytes | None) -> None:
    if event.awaits_answers and answers is None:
        raise unfit("answers", "must hold what the tool's API gives: this event only announces a response")


def _settings_of(source_id: str) -> Any:
    """How its scores are banded; a source that is gone leaves the usual bands."""
    from feedback_bridge.config.source import NpsSettings

    try:
        return source_of(source_id).nps
    except (PermanentError, InvalidDocument):
        return NpsSettings()
