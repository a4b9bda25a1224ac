"""AskNicely: a JSON body without a signature, and a header of our choice (App Store > Webhooks > custom headers).

There is no type of event. `count` is 1 for a new response and grows when its score or comment changes later; the id is
the response's, so that all of them are one feedback. All numbers are texts.
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
from feedback_bridge.sources.part import Part, parsed
from feedback_bridge.sources.people import respondent, tidy
from feedback_bridge.sources.scores import score_of, text_of, texts_of, with_nps
from feedback_bridge.sources.setup import Setup
from feedback_bridge.sources.shared_secret import SharedSecret
from feedback_bridge.sources.tool import Event, Request, Unverified

_PERSON = {"id": "user_id", "email": "email", "name": "name", "firstname": "first_name", "lastname": "last_name"}
_TOLD_ELSEWHERE = {"id", "score", "comment", "theme", "survey_template", "deliverymethod"}


class Settings(SourceDocument):
    type: Literal["asknicely"] = "asknicely"
    shared_secret: SharedSecret = SharedSecret(header="x-webhook-secret")


SETUP = Setup(
    made_by="us",
    steps=(
        "Settings > Integrations > Webhooks, URL: {url}",
        "Custom header X-Webhook-Secret: {secret}",
        "AskNicely signs nothing: whoever knows the header's value can send in its name.",
    ),
    sample="promoter.json",
)


class Question(Part):
    id: str | int = Field(union_mode="left_to_right")


class Delivery(Part):
    """Only what an event cannot do without; the rest of both objects differs from account to account."""

    person: dict[str, JsonValue] = Field(default_factory=dict)
    question: Question


def verify(request: Request, source: Settings, secrets: Sequence[str], now: datetime) -> None:
    if not source.shared_secret.is_in(request, secrets):
        raise Unverified


def events(body: bytes, content_type: str, source: Settings) -> list[Event]:
    bodies.require(content_type, bodies.JSON)
    document = bodies.json_object(body)
    told: dict[str, JsonValue] = {key: document[key] for key in ("person", "question") if key in document}
    return [Event(id=str(parsed(Delivery, told).question.id), document=told)]


def read(event: Event, source: Settings, received_at: datetime, answers: bytes | None = None) -> Feedback:
    person = parsed(Delivery, event.document).person
    question = event.document["question"]
    assert isinstance(question, dict)  # noqa: S101 - `parsed` has seen that it is
    told = {name: value for name, value in question.items() if value not in (None, "")}
    embedded = {name: value for name, value in told.items() if name not in _TOLD_ELSEWHERE} | {
        name: value for name, value in person.items() if name not in _PERSON and value not in (None, "")
    }
    feedback = Feedback(
        id=feedback_id(source.id, event.id),
        type="survey_response",
        source=source.id,
        occurred_at=moment(told.get("responded")) or moment(told.get("sent")) or received_at,
        received_at=received_at,
        respondent=respondent(embedded, **{name: person.get(key) for key, name in _PERSON.items()}),
        survey=Survey(name=tidy(told.get("survey_template")), channel=tidy(told.get("deliverymethod"))),
        answers={name: Answer(value=told[name]) for name in ("score", "comment") if name in told},
        embedded=embedded,
    )
    found = Nps(
        score=score_of(told.get("score")), comment=text_of(told.get("comment")), themes=texts_of(told.get("theme"))
    )
    return with_nps(feedback, source.nps, found)
