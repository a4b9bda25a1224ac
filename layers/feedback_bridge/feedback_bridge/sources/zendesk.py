"""Zendesk webhooks (https://developer.zendesk.com/documentation/webhooks/verifying/).

`X-Zendesk-Webhook-Signature` is the base64 HMAC-SHA256 of the timestamp header followed by the body, nothing between.
The timestamp is signed, so a request outside `replay_window` is refused; Zendesk itself defines no window.

Two kinds of bodies come: Zendesk's events, of which a message of a messaging ticket is a piece of a chat, and what an
admin wrote into a trigger or an automation, read by the paths in `fields`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.model import Feedback, Respondent
from feedback_bridge.sources import body as bodies
from feedback_bridge.sources import configurable
from feedback_bridge.sources.chats import Speaker, message
from feedback_bridge.sources.moment import moment
from feedback_bridge.sources.part import Part, parsed
from feedback_bridge.sources.people import respondent
from feedback_bridge.sources.replay import USUAL_WINDOW, ReplayWindow, is_timely
from feedback_bridge.sources.scores import with_nps
from feedback_bridge.sources.setup import Setup
from feedback_bridge.sources.signature import signed_by
from feedback_bridge.sources.tool import Event, Request, Unverified
from feedback_bridge.sources.webhook_body import Fields

MESSAGE_ADDED = "zen:event-type:messaging_ticket.message_added"
_SPEAKERS: dict[str, Speaker] = {"end_user": "customer", "agent": "agent"}


class Settings(configurable.ReadByPaths):
    type: Literal["zendesk"] = "zendesk"
    replay_window: ReplayWindow = USUAL_WINDOW
    fields: Fields = Field(default=Fields(id="id"), description="Over the body that a trigger or an automation sends.")


SETUP = Setup(
    made_by="tool",
    steps=(
        "Admin Center > Apps and integrations > Webhooks > Create webhook, Endpoint URL: {url}, POST, JSON.",
        "For messages subscribe to the event `message added`; for tickets connect it to a trigger or an automation.",
        "The secret is the webhook's signing secret: Reveal secret, on the webhook's page.",
    ),
    sample="customer_message.json",
)


class Actor(Part):
    id: str | int | None = None
    name: str | None = None
    type: str | None = None


class Message(Part):
    id: str | int | None = None
    body: str | None = None


class Happened(Part):
    actor: Actor = Actor()
    message: Message
    conversation_id: str | None = None


class Ticket(Part):
    id: str | int


class Envelope(Part):
    id: str = Field(min_length=1)
    time: str | None = None
    detail: Ticket
    event: Happened


def verify(request: Request, source: Settings, secrets: Sequence[str], now: datetime) -> None:
    presented = request.headers.get("x-zendesk-webhook-signature", "")
    timestamp = request.headers.get("x-zendesk-webhook-signature-timestamp", "")
    signed = timestamp.encode("utf-8", "surrogatepass") + request.body
    if not signed_by(secrets, signed, presented, encoding="base64"):
        raise Unverified
    if not is_timely(timestamp, now, source.replay_window):
        raise Unverified


def events(body: bytes, content_type: str, source: Settings) -> list[Event]:
    """A chat message, or what a trigger sends; nothing for Zendesk's other events."""
    bodies.require(content_type, bodies.JSON, bodies.FORM)
    if not bodies.is_json(content_type):
        return configurable.events(body, content_type, source)
    document = bodies.json_object(body)
    if "zendesk_event_version" not in document:
        return [configurable.event_in(document, body, source)]
    if document.get("type") != MESSAGE_ADDED:
        return []
    return [Event(id=parsed(Envelope, document).id, document=document)]


def read(event: Event, source: Settings, received_at: datetime, answers: bytes | None = None) -> Feedback:
    if "zendesk_event_version" not in event.document:
        return configurable.read(event, source, received_at, answers)
    told = parsed(Envelope, event.document)
    happened, actor = told.event, told.event.actor
    speaker = _SPEAKERS.get(actor.type or "", "system")
    said = message(happened.message.id, told.time, happened.message.body, speaker, actor.name, actor.id)
    chat: dict[str, JsonValue] = {"ticket_id": str(told.detail.id), "messages": [said]}
    if happened.conversation_id:
        chat["conversation_id"] = happened.conversation_id
    feedback = Feedback(
        id=feedback_id(source.id, event.id),
        type="chat_transcript",
        source=source.id,
        occurred_at=moment(told.time) or received_at,
        received_at=received_at,
        respondent=respondent({}, user_id=actor.id, name=actor.name) if speaker == "customer" else Respondent(),
        chat=chat,
    )
    return with_nps(feedback, source.nps)
