"""Tools whose bodies are read by the paths in a source's settings, and which are signed as the settings say.

Paths are JMESPath over the body. A form is an object of its fields; a field that was sent several times is a list.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from feedback_bridge.config.document import Settings as Part
from feedback_bridge.config.problem import Problem
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.sources import body as bodies
from feedback_bridge.sources.moment import offset
from feedback_bridge.sources.paths import find
from feedback_bridge.sources.people import tidy
from feedback_bridge.sources.replay import USUAL_WINDOW, ReplayWindow, is_timely
from feedback_bridge.sources.scores import with_nps
from feedback_bridge.sources.shared_secret import HeaderName, SharedSecret
from feedback_bridge.sources.signature import Algorithm, Encoding, signed_by
from feedback_bridge.sources.tool import Event, InvalidEvent, Request, Unverified
from feedback_bridge.sources.webhook_body import (
    EVERYTHING,
    Fields,
    answers_in,
    filled,
    idea_in,
    moment_in,
    nps_in,
    respondent_in,
    survey_in,
    values_in,
)

_SECTIONS = {"form_submission": "form", "chat_transcript": "chat", "usage_event": "usage"}


def _offset(text: str) -> str:
    offset(text)
    return text


UtcOffset = Annotated[str, Field(pattern=r"^[+-][0-9]{2}:[0-9]{2}$"), AfterValidator(_offset)]


class SignedTime(Part):
    """A time in a header that is signed before the body: text, `separator`, body. Without one a request that somebody
    caught can be sent again at any time, and only its id tells that it is old."""

    header: HeaderName
    separator: str = Field(default="", max_length=10)
    replay_window: ReplayWindow = USUAL_WINDOW


class Signature(Part):
    """An HMAC of the raw body, in a header."""

    header: HeaderName
    algorithm: Algorithm = "sha256"
    encoding: Encoding = "hex"
    prefix: str = ""
    time: SignedTime | None = None


class ReadByPaths(SourceDocument):
    feedback_type: Literal["survey_response", "form_submission", "chat_transcript", "usage_event", "invitation"] = (
        "survey_response"
    )
    without_id: Literal["refuse", "content"] = Field(
        default="refuse",
        description="Where fields.id finds nothing: refuse the event, or take the SHA-256 of the body as its id. "
        "With `content` two people who answer exactly the same are one.",
    )
    utc_offset: UtcOffset = Field(
        default="+00:00", description="For times that are sent without an offset of their own."
    )
    fields: Fields = Fields()

    @model_validator(mode="after")
    def _has_an_id(self) -> Self:
        if self.fields.id is None and self.without_id == "refuse":
            raise ValueError("needs fields.id, or without_id: content")
        return self


class Configurable(ReadByPaths):
    signature: Signature | None = None
    shared_secret: SharedSecret | None = None

    @model_validator(mode="after")
    def _is_verifiable(self) -> Self:
        # A tool's module may have a shared secret by default; a signature in the document takes its place.
        both = self.signature and self.shared_secret and "shared_secret" in self.model_fields_set
        if both or (self.signature is None and self.shared_secret is None):
            raise ValueError("needs either signature or shared_secret")
        return self


def verify(request: Request, source: Configurable, secrets: Sequence[str], now: datetime) -> None:
    if source.signature is not None:
        valid = _signed(request, source.signature, secrets, now)
    else:
        valid = source.shared_secret is not None and source.shared_secret.is_in(request, secrets)
    if not valid:
        raise Unverified


def _signed(request: Request, scheme: Signature, secrets: Sequence[str], now: datetime) -> bool:
    told = request.headers.get(scheme.time.header, "") if scheme.time else ""
    before = (told + scheme.time.separator).encode("utf-8", "surrogatepass") if scheme.time else b""
    signed = signed_by(
        secrets,
        before + request.body,
        request.headers.get(scheme.header, ""),
        algorithm=scheme.algorithm,
        encoding=scheme.encoding,
        prefix=scheme.prefix,
    )
    return signed and (scheme.time is None or is_timely(told, now, scheme.time.replay_window))


def events(body: bytes, content_type: str, source: ReadByPaths) -> list[Event]:
    return [event_in(_document(body, content_type), body, source)]


def event_in(document: dict[str, JsonValue], body: bytes, source: ReadByPaths) -> Event:
    """Raises InvalidEvent when there is no id, by the path where it should be."""
    event_id = tidy(find(source.fields.id, document)) if source.fields.id else None
    if event_id is None and source.without_id == "refuse":
        raise InvalidEvent([Problem(path=source.fields.id or "", message="holds no id, neither text nor a number")])
    return Event(id=event_id or hashlib.sha256(body).hexdigest(), document=document)


def read(event: Event, source: ReadByPaths, received_at: datetime, answers: bytes | None = None) -> Feedback:
    body, fields = dict(event.document), source.fields
    embedded = values_in(fields.embedded, body)
    section = _SECTIONS.get(source.feedback_type)
    everything = {EVERYTHING: "@"} if section is None else {}
    content = find(fields.content, body) if section else None
    feedback = Feedback(
        id=feedback_id(source.id, event.id),
        type=source.feedback_type,
        source=source.id,
        occurred_at=moment_in(fields, body, offset(source.utc_offset)) or received_at,
        received_at=received_at,
        # The names of a form's fields are all that is known about who filled it in.
        respondent=respondent_in(fields, body, body | embedded if section == "form" else embedded),
        survey=survey_in(fields, body),
        answers=answers_in(everything if fields.answers is None else fields.answers, body),
        embedded=embedded,
        idea=idea_in(fields, body),
        **({section: filled(content)} if section and isinstance(content, dict) else {}),
    )
    return with_nps(feedback, source.nps, nps_in(fields, body))


def _document(body: bytes, content_type: str) -> dict[str, JsonValue]:
    bodies.require(content_type, bodies.JSON, bodies.FORM, bodies.MULTIPART)
    if bodies.is_json(content_type):
        return bodies.json_object(body)
    if bodies.media_type(content_type) == bodies.FORM:
        return bodies.form_fields(body, content_type)
    # Imported here: most sources never see one.
    from feedback_bridge.sources.multipart import multipart_fields

    return multipart_fields(body, content_type)
