"""Sunshine Conversations, Zendesk's messaging (https://docs.smooch.io/guide/receiving-messages/).

Nothing is signed: the webhook's own secret comes back in `X-API-Key`. One body carries several events, and each message
of a conversation is a feedback of its own. Sunshine gives up for good after 400, 401, 403, 404 or 406, so none of these
may ever answer a fault that passes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from feedback_bridge.config.problem import Problem
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.model import Feedback, Respondent
from feedback_bridge.sources import body as bodies
from feedback_bridge.sources.chats import message
from feedback_bridge.sources.moment import moment
from feedback_bridge.sources.part import Part, parsed
from feedback_bridge.sources.people import respondent
from feedback_bridge.sources.scores import with_nps
from feedback_bridge.sources.setup import Setup
from feedback_bridge.sources.shared_secret import SharedSecret
from feedback_bridge.sources.tool import Event, InvalidEvent, Request, Unverified

MESSAGE = "conversation:message"
MAX_EVENTS = 100


class Settings(SourceDocument):
    type: Literal["sunshine"] = "sunshine"
    shared_secret: SharedSecret = SharedSecret(header="x-api-key")


SETUP = Setup(
    made_by="tool",
    steps=(
        "Create the webhook by the API, with includeFullUser: true and the trigger conversation:message:",
        "POST https://SUBDOMAIN.zendesk.com/sc/v2/apps/APP_ID/integrations/INTEGRATION_ID/webhooks, target: {url}",
        "The secret is `secret` in the answer: Sunshine sends it as X-API-Key.",
    ),
    sample="conversation.json",
)


class Profile(Part):
    given_name: str | None = Field(default=None, alias="givenName")
    surname: str | None = None
    email: str | None = None


class User(Part):
    """The profile is there when the webhook was made with `includeFullUser`."""

    id: str | None = None
    external_id: str | None = Field(default=None, alias="externalId")
    profile: Profile = Profile()


class Author(Part):
    type: str | None = None
    user_id: str | None = Field(default=None, alias="userId")
    name: str | None = Field(default=None, alias="displayName")
    user: User = User()


class Content(Part):
    type: str | None = None
    text: str | None = None
    media_url: str | None = Field(default=None, alias="mediaUrl")


class Channel(Part):
    type: str | None = None


class Message(Part):
    id: str | None = None
    received: str | None = None
    author: Author = Author()
    content: Content = Content()
    source: Channel = Channel()
    metadata: dict[str, JsonValue] = Field(default_factory=dict)


class Conversation(Part):
    id: str
    metadata: dict[str, JsonValue] = Field(default_factory=dict)


class Payload(Part):
    conversation: Conversation
    message: Message


class Happened(Part):
    id: str = Field(min_length=1)
    type: str
    created_at: str | None = Field(default=None, alias="createdAt")


class MessageEvent(Happened):
    payload: Payload


class Delivery(Part):
    events: list[Happened] = Field(max_length=MAX_EVENTS)


def verify(request: Request, source: Settings, secrets: Sequence[str], now: datetime) -> None:
    if not source.shared_secret.is_in(request, secrets):
        raise Unverified


def events(body: bytes, content_type: str, source: Settings) -> list[Event]:
    """Every message in the body. One that cannot be used refuses them all: half of a body is never kept."""
    bodies.require(content_type, bodies.JSON)
    document = bodies.json_object(body)
    kinds = parsed(Delivery, document).events
    items = document["events"]
    assert isinstance(items, list)  # noqa: S101 - `parsed` has seen that it is
    found = []
    for place, (kind, item) in enumerate(zip(kinds, items, strict=True)):
        if kind.type == MESSAGE and isinstance(item, dict):
            _check(item, place)
            found.append(Event(id=kind.id, document=item))
    return found


def read(event: Event, source: Settings, received_at: datetime, answers: bytes | None = None) -> Feedback:
    told = parsed(MessageEvent, event.document)
    said, conversation = told.payload.message, told.payload.conversation
    is_customer = said.author.type == "user"
    chat: dict[str, JsonValue] = {
        "conversation_id": conversation.id,
        "messages": [
            message(
                said.id,
                said.received or told.created_at,
                said.content.text or said.content.media_url,
                "customer" if is_customer else "agent",
                said.author.name,
                said.author.user_id,
            )
        ],
    }
    if said.source.type:
        chat["channel"] = said.source.type
    attached: dict[str, JsonValue] = {
        name: value for name, value in (conversation.metadata | said.metadata).items() if value is not None
    }
    feedback = Feedback(
        id=feedback_id(source.id, event.id),
        type="chat_transcript",
        source=source.id,
        occurred_at=moment(said.received) or moment(told.created_at) or received_at,
        received_at=received_at,
        respondent=_respondent(said.author, attached) if is_customer else Respondent(),
        embedded=attached,
        chat=chat,
    )
    return with_nps(feedback, source.nps)


def _check(item: dict[str, JsonValue], place: int) -> None:
    try:
        parsed(MessageEvent, item)
    except InvalidEvent as error:
        raise InvalidEvent(
            [Problem(path=f"events[{place}].{found.path}", message=found.message) for found in error.problems]
        ) from None


def _respondent(author: Author, attached: dict[str, JsonValue]) -> Respondent:
    """`externalId` is the id that the business gave the person; Sunshine's own is the next best."""
    profile = author.user.profile
    return respondent(
        attached,
        email=profile.email,
        first_name=profile.given_name,
        last_name=profile.surname,
        name=None if profile.surname else author.name,
        user_id=author.user.external_id or author.user_id or author.user.id,
    )
