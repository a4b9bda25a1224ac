"""Typeform (https://www.typeform.com/developers/webhooks/).

The signature covers the raw body: `Typeform-Signature: sha256=<base64 HMAC-SHA256>`. It signs no time, so a replayed
request is told only by its id. That id is the response's `token`: `event_id` is new for every delivery that Typeform
makes, also when somebody resends a response, and the same answers must not become a second feedback.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from feedback_bridge.config.source import SourceDocument
from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.model import Feedback, Survey
from feedback_bridge.sources import body as bodies
from feedback_bridge.sources.moment import moment
from feedback_bridge.sources.part import parsed
from feedback_bridge.sources.people import respondent
from feedback_bridge.sources.scores import with_nps
from feedback_bridge.sources.setup import Setup
from feedback_bridge.sources.signature import signed_by
from feedback_bridge.sources.tool import Event, Request, Unverified
from feedback_bridge.sources.typeform_response import Delivery, answers_of, nps_of, people_in


class Settings(SourceDocument):
    type: Literal["typeform"] = "typeform"
    partial_responses: bool = Field(
        default=False, description="Take responses that were begun and not submitted, where the webhook sends them."
    )


SETUP = Setup(
    made_by="us",
    steps=(
        "In the form: Connect > Webhooks > Add a webhook.",
        "Endpoint: {url}",
        "Edit the webhook, Secret: {secret}",
        "Switch the webhook on, and send a test request.",
    ),
    sample="promoter.json",
)


def verify(request: Request, source: Settings, secrets: Sequence[str], now: datetime) -> None:
    presented = request.headers.get("typeform-signature", "")
    if not signed_by(secrets, request.body, presented, encoding="base64", prefix="sha256="):
        raise Unverified


def events(body: bytes, content_type: str, source: Settings) -> list[Event]:
    """One response, or none for another type of event."""
    bodies.require(content_type, bodies.JSON)
    document = bodies.json_object(body)
    wanted = {"form_response", "form_response_partial"} if source.partial_responses else {"form_response"}
    if isinstance(kind := document.get("event_type"), str) and kind not in wanted:
        return []
    # Without `event_id`, so that a response that is sent again is the same document again.
    told: dict[str, JsonValue] = {key: document[key] for key in ("event_type", "form_response") if key in document}
    return [Event(id=parsed(Delivery, told).form_response.token, document=told)]


def read(event: Event, source: Settings, received_at: datetime, answers: bytes | None = None) -> Feedback:
    response = parsed(Delivery, event.document).form_response
    form = response.definition
    attached: dict[str, JsonValue] = (
        {"score": response.calculated.score} if response.calculated.score is not None else {}
    )
    attached |= {item.key: item.value for item in response.variables if item.key}
    feedback = Feedback(
        id=feedback_id(source.id, event.id),
        type="survey_response",
        source=source.id,
        occurred_at=moment(response.submitted_at) or moment(response.landed_at) or received_at,
        received_at=received_at,
        respondent=respondent(response.hidden, **people_in(response)),
        survey=Survey(id=response.form_id or form.id, name=form.title, language=form.settings.language),
        answers=answers_of(response),
        embedded=attached | response.hidden,
    )
    return with_nps(feedback, source.nps, nps_of(response))
