"""Delighted (https://app.delighted.com/docs/api/webhooks).

`X-Delighted-Webhook-Signature: sha256=<hex HMAC-SHA256 of the body>`, keyed with the account's private API key. No time
is signed. The same response is sent again when its comment or another answer comes: its id is the response's, so that
it is one feedback, and `event_id`, which is new each time, is no part of it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from feedback_bridge.config.source import SourceDocument
from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.model import Answer, Feedback, Nps, Survey
from feedback_bridge.sources import body as bodies
from feedback_bridge.sources.moment import moment
from feedback_bridge.sources.names import path_names
from feedback_bridge.sources.part import Part, parsed
from feedback_bridge.sources.people import respondent
from feedback_bridge.sources.scores import score_of, text_of, with_nps
from feedback_bridge.sources.setup import Setup
from feedback_bridge.sources.signature import signed_by
from feedback_bridge.sources.tool import Event, Request, Unverified


class Settings(SourceDocument):
    type: Literal["delighted"] = "delighted"


SETUP = Setup(
    made_by="tool",
    steps=(
        "The secret is the account's private API key: Settings > API.",
        "Integrations > Webhooks > Add webhook, URL: {url}",
        "Event: survey response, for every update, so that comments that come later come too.",
    ),
    sample="promoter.json",
)


class Person(Part):
    id: str | int | None = None
    email: str | None = None
    name: str | None = None
    phone_number: str | None = None


class Question(Part):
    id: str | int = ""
    text: str | None = None


class Additional(Part):
    """`value` holds one entry, named by the type of the question: `free_response`, `scale`, `select_one`, …"""

    question: Question = Question()
    value: JsonValue = None


class Response(Part):
    id: str = Field(min_length=1)
    person: Person = Person()
    survey_type: str | None = None
    score: JsonValue = None
    comment: str | None = None
    permalink: str | None = None
    created_at: int | None = None
    updated_at: int | None = None
    person_properties: dict[str, JsonValue] = Field(default_factory=dict)
    tags: list[JsonValue] = Field(default_factory=list)
    additional_answers: list[Additional] = Field(default_factory=list)


class Delivery(Part):
    event_data: Response


def verify(request: Request, source: Settings, secrets: Sequence[str], now: datetime) -> None:
    presented = request.headers.get("x-delighted-webhook-signature", "")
    if not signed_by(secrets, request.body, presented, prefix="sha256="):
        raise Unverified


def events(body: bytes, content_type: str, source: Settings) -> list[Event]:
    """One response; nothing for other events, such as somebody who unsubscribed."""
    bodies.require(content_type, bodies.JSON)
    document = bodies.json_object(body)
    if isinstance(kind := document.get("event_type"), str) and kind != "survey_response.updated":
        return []
    told: dict[str, JsonValue] = {"event_data": document.get("event_data")}
    return [Event(id=parsed(Delivery, told).event_data.id, document=told)]


def read(event: Event, source: Settings, received_at: datetime, answers: bytes | None = None) -> Feedback:
    response = parsed(Delivery, event.document).event_data
    person = response.person
    attached: dict[str, JsonValue] = {"permalink": response.permalink, "tags": list(response.tags) or None}
    feedback = Feedback(
        id=feedback_id(source.id, event.id),
        type="survey_response",
        source=source.id,
        occurred_at=moment(response.updated_at) or moment(response.created_at) or received_at,
        received_at=received_at,
        respondent=respondent(
            response.person_properties,
            email=person.email,
            name=person.name,
            phone=person.phone_number,
            user_id=person.id,
        ),
        survey=Survey(name=response.survey_type) if response.survey_type else None,
        answers=_answers(response),
        embedded={k: v for k, v in (attached | response.person_properties).items() if v is not None},
    )
    return with_nps(feedback, source.nps, _nps(response))


def _nps(response: Response) -> Nps:
    """Delighted's other surveys (csat, ces, …) have scores on scales of their own: those are answers and no NPS."""
    is_nps = response.survey_type in (None, "nps")
    return Nps(score=score_of(response.score) if is_nps else None, comment=text_of(response.comment))


def _answers(response: Response) -> dict[str, Answer]:
    own = {"score": response.score, "comment": response.comment}
    found = {name: Answer(value=value) for name, value in own.items() if value is not None}
    asked = [item for item in response.additional_answers if item.question.id and item.value is not None]
    names = path_names([*own, *(str(item.question.id) for item in asked)])
    return found | {names[str(item.question.id)]: _additional(item) for item in asked}


def _additional(item: Additional) -> Answer:
    value = item.value
    if isinstance(value, dict) and len(value) == 1:
        (value,) = value.values()
    chosen = value if isinstance(value, list) else [value]
    if chosen and all(isinstance(option, dict) and "text" in option for option in chosen):
        ids: list[JsonValue] = [option.get("id", option["text"]) for option in chosen if isinstance(option, dict)]
        texts: list[JsonValue] = [option["text"] for option in chosen if isinstance(option, dict)]
        several = isinstance(value, list)
        return Answer(
            question=item.question.text, value=ids if several else ids[0], label=texts if several else texts[0]
        )
    return Answer(question=item.question.text, value=value)
