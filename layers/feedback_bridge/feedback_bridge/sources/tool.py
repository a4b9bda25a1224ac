"""What the product needs to know about a tool that sends events. One module per tool has exactly these names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pydantic import JsonValue

from feedback_bridge.config.problem import Problem
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.sources.setup import Setup


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as it arrived. `headers` has lower-case names: API Gateway keeps the client's spelling."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters; empty when none was sent."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a request tells. `id` is the tool's own, the same however often it sends the event.

    `document` is equal for equal content: it holds nothing that the tool makes anew for each delivery.
    `awaits_answers`: the event only announces a response; its answers come from the tool's API.
    `once`: what comes again under the same id is the same event, whatever it says by then.
    `body`: what is to be kept of the request for this event alone, in the form of the whole; None keeps the whole.
    """

    id: str
    document: Mapping[str, JsonValue]
    awaits_answers: bool = False
    once: bool = False
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class AnswersRequest:
    """The one GET that brings an event's answers. Holds the name of a secret and never the secret.

    `tool` is the vendor's name for sentences about it. The header's value is `prefix` and then the secret's text.
    """

    tool: str
    url: str
    secret: str
    header: str
    prefix: str = ""


class Unverified(PermanentError):
    """The signature or secret is missing or wrong. Says no more than that: which part was wrong helps only a forger."""

    def __init__(self) -> None:
        super().__init__("The request carries no valid signature for this source.")


class Unreadable(PermanentError):
    """The body is not what its content type says: not UTF-8, not JSON, nested too deeply."""


class UnsupportedType(PermanentError):
    """The content type is none that this tool sends."""


class InvalidEvent(PermanentError):
    """The body could be read, and something in it is missing or impossible."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The event was understood but is not valid.")
        self.problems = tuple(problems)


class Unwanted(PermanentError):
    """The event is sound, and the source's settings say that it is no feedback. The sentence says which one."""


class Silent(TransientError):
    """The tool's API does not answer at all: it need not be asked for anything else now."""


class TokenRefused(PermanentError):
    """The tool's API does not take the token: an old one perhaps, which has just been changed."""


class Tool(Protocol):
    """A tool's module. All of it is pure: no network, no clock."""

    Settings: type[Any]
    """The SourceDocument of this tool: its `type` literal and settings of its own."""

    SETUP: Setup

    def verify(self, request: Request, source: SourceDocument, secrets: Sequence[str], now: datetime) -> None:
        """Check the request as the vendor signs it, with any of `secrets`, in constant time. Raises Unverified."""

    def events(self, body: bytes, content_type: str, source: SourceDocument) -> list[Event]:
        """What a verified body tells; nothing, where it tells of something else than feedback.

        `content_type` is the whole header: a multipart body cannot be read without its parameters.
        Raises Unreadable, UnsupportedType, InvalidEvent, and Unverified where the body says who sent it.
        """

    def answers_request(self, event: Event, source: SourceDocument) -> AnswersRequest:
        """How to fetch the answers of an event that awaits them. Tools whose events never do have no such function."""

    def read(
        self, event: Event, source: SourceDocument, received_at: datetime, answers: bytes | None = None
    ) -> Feedback:
        """The event as Feedback; `answers` is the body that the tool's API gave for it.

        Raises Unreadable, InvalidEvent, Unwanted.
        """
