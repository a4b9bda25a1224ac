"""Any other tool that can send JSON or a form: signed as its settings say, read by the paths in them.

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
from feedback_bridge.sources.scores import with_nps
from feedback_bridge.sources.signature import Algorithm, Encoding, equals_any, signed_by
from feedback_bridge.sources.tool import Event, InvalidEvent, Request, Unverified
from feedback_bridge.sources.webhook_body import (
    EVERYTHING,
    Fields,
    answers_in,
    moment_in,
    nps_in,
    respondent_in,
    survey_in,
    values_in,
)

_SECTIONS = {"form_submission": "form", "chat_transcript": "chat", "usage_event": "usage"}

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$"), AfterValidator(str.lower)]
"""A header's name (RFC 9110, section 5.1); upper and lower case are the same."""


def _offset(text: str) -> str:
    offset(text)
    return text


UtcOffset = Annotated[str, Field(pattern=r"^[+-]\d\d:\d\d$"), AfterValidator(_offset)]


class Signature(Part):
    """An HMAC of the raw body, in a header."""

    header: HeaderName
    algorithm: Algorithm = "sha256"
    encoding: Encoding = "hex"
    prefix: str = ""


class SharedSecret(Part):
    """The secret itself, in a header; for tools that sign nothing. Whoever sees one request can send others."""

    header: HeaderName
    prefix: str = Field(default="", description='What stands before the secret, such as "Bearer ".')


class Settings(SourceDocument):
    type: Literal["webhook"] = "webhook"
    signature: Signature | None = None
    shared_secret: SharedSecret | None = None
    feedback_type: Literal["survey_response", "form_submission", "chat_transcript", "usage_event"] = "survey_response"
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
    def _is_complete(self) -> Self:
        if (self.signature is None) == (self.shared_secret is None):
            raise ValueError("needs either signature or shared_secret")
        if self.fields.id is None and self.without_id == "refuse":
            raise ValueError("needs fields.id, or without_id: content")
        return self


def verify(request: Request, source: Settings, secrets: Sequence[str], now: datetime) -> None:
    if (scheme := source.signature) is not None:
        valid = signed_by(
            secrets,
            request.body,
            request.headers.get(scheme.header, ""),
            algorithm=scheme.algorithm,
            encoding=scheme.encoding,
            prefix=scheme.prefix,
        )
    else:
        shared = source.shared_secret
        valid = shared is not None and equals_any(
            (shared.prefix + secret for secret in secrets if secret), request.headers.get(shared.header, "")
        )
    if not valid:
        raise Unverified


def events(body: bytes, content_type: str, source: Settings) -> list[Event]:
    document = _document(body, content_type)
    event_id = tidy(find(source.fields.id, document)) if source.fields.id else None
    if event_id is None and source.without_id == "refuse":
        raise InvalidEvent([Problem(path=source.fields.id or "", message="holds no id, neither text nor a number")])
    return [Event(id=event_id or hashlib.sha256(body).hexdigest(), document=document)]


def read(event: Event, source: Settings, received_at: datetime, answers: bytes | None = None) -> Feedback:
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
        respondent=respondent_in(fields, body, embedded),
        survey=survey_in(fields, body),
        answers=answers_in(everything if fields.answers is None else fields.answers, body),
        embedded=embedded,
        **({section: content} if section and isinstance(content, dict) else {}),
    )
    return with_nps(feedback, source.nps, nps_in(fields, body))


def _document(body: bytes, content_type: str) -> dict[str, JsonValue]:
    bodies.require(content_type, bodies.JSON, bodies.FORM)
    return bodies.json_object(body) if bodies.is_json(content_type) else bodies.form_fields(body)
