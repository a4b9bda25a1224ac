"""Pendo webhooks (https://support.pendo.io/hc/en-us/articles/360032285012-Webhooks).

`X-Pendo-Signature` is an HMAC-SHA256 of the body. Pendo does not say how it is encoded, so hex and base64 are accepted,
with or without `sha256=`, until `signature_encoding` narrows it. No time is signed; `uniqueId` is the event's id.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from feedback_bridge.config.source import SourceDocument
from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.model import Feedback, Nps, Respondent, Survey
from feedback_bridge.sources import body as bodies
from feedback_bridge.sources.moment import moment
from feedback_bridge.sources.part import Part, parsed
from feedback_bridge.sources.people import respondent
from feedback_bridge.sources.scores import score_of, text_of, with_nps
from feedback_bridge.sources.setup import Setup
from feedback_bridge.sources.signature import Encoding, signed_by
from feedback_bridge.sources.tool import Event, Request, Unverified
from feedback_bridge.sources.webhook_body import Table, answers_in

ANSWERED = ("npsSubmitted", "pollSubmitted")
_ABOUT_THE_GUIDE = {"guideId", "guideProperties", "guideStepId", "language", "nps"}


class Settings(SourceDocument):
    type: Literal["pendo"] = "pendo"
    signature_encoding: Literal["any", "hex", "base64"] = "any"
    usage_events: list[str] = Field(
        default=["trackEventReceived"],
        description="Events that become feedback of type usage_event, by the name in `event`. Those that show a guide, "
        "a poll or a survey, and whatever else is not named here, are left out.",
    )
    answers: Table | None = Field(
        default=None,
        description="Where a poll's answers are in the body. Default: whatever `properties` holds besides the guide.",
    )


SETUP = Setup(
    made_by="tool",
    steps=(
        "Settings > Integrations > Webhooks > Add webhook, URL: {url}",
        "Categories: NPS submitted, poll submitted, and track events where you want usage.",
        "The secret is the one that Pendo shows with the webhook.",
    ),
    sample="promoter.json",
)


class Guide(Part):
    name: str | None = None


class Rating(Part):
    rating: JsonValue = None
    reason: str | None = None
    source: str | None = None


class Properties(Part):
    guide_id: str | None = Field(default=None, alias="guideId")
    guide: Guide = Field(default=Guide(), alias="guideProperties")
    language: str | None = None
    nps: Rating | None = None


class Delivery(Part):
    event: str
    id: str = Field(alias="uniqueId", min_length=1)
    visitor_id: str | None = Field(default=None, alias="visitorId")
    account_id: str | None = Field(default=None, alias="accountId")
    timestamp: JsonValue = None
    properties: Properties = Properties()


def verify(request: Request, source: Settings, secrets: Sequence[str], now: datetime) -> None:
    presented = request.headers.get("x-pendo-signature", "")
    encodings: tuple[Encoding, ...] = ("hex", "base64")
    narrowed = [item for item in encodings if source.signature_encoding in ("any", item)]
    spellings = [(encoding, prefix) for encoding in narrowed for prefix in ("", "sha256=")]
    if not any(signed_by(secrets, request.body, presented, encoding=e, prefix=p) for e, p in spellings):
        raise Unverified


def events(body: bytes, content_type: str, source: Settings) -> list[Event]:
    bodies.require(content_type, bodies.JSON)
    document = bodies.json_object(body)
    told = parsed(Delivery, document)
    if told.event not in ANSWERED and told.event not in source.usage_events:
        return []
    return [Event(id=told.id, document=document)]


def read(event: Event, source: Settings, received_at: datetime, answers: bytes | None = None) -> Feedback:
    told = parsed(Delivery, event.document)
    document, properties = dict(event.document), told.properties
    raw = document.get("properties")
    members = raw if isinstance(raw, dict) else {}
    answered = told.event in ANSWERED
    others: JsonValue = {name: value for name, value in members.items() if name not in _ABOUT_THE_GUIDE}
    feedback = Feedback(
        id=feedback_id(source.id, event.id),
        type="survey_response" if answered else "usage_event",
        source=source.id,
        occurred_at=moment(told.timestamp) or received_at,
        received_at=received_at,
        respondent=_respondent(told),
        survey=_survey(properties) if answered else None,
        answers=(answers_in(source.answers, document) if source.answers else answers_in({"*": "@"}, others))
        if answered
        else {},
        usage=None if answered else {"event": told.event, **members},
    )
    rating = properties.nps
    found = Nps(score=score_of(rating.rating), comment=text_of(rating.reason)) if rating else None
    return with_nps(feedback, source.nps, found)


def _respondent(told: Delivery) -> Respondent:
    """Many use e-mail addresses as visitor ids."""
    return respondent({}, user_id=told.visitor_id, email=told.visitor_id, account_id=told.account_id)


def _survey(properties: Properties) -> Survey:
    return Survey(
        id=properties.guide_id,
        name=properties.guide.name,
        language=properties.language or None,
        channel=properties.nps.source if properties.nps else None,
    )
