"""From a tool's HTTP request to a fact on the bus: verified, read, kept, announced, in this order."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from feedback_bridge.config.source import SourceDocument
from feedback_bridge.errors import BridgeError, TransientError
from feedback_bridge.feedback.facts import AnswersAwaited, Fact, FeedbackReceived
from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.raw import (
    UNREADABLE_PERSON,
    Kept,
    KeptStatus,
    Raw,
    digest_of,
    digest_of_document,
)
from feedback_bridge.nps.identity import person_of
from feedback_bridge.sources.registry import tool
from feedback_bridge.sources.tool import Event, Request, Tool, Unreadable, UnsupportedType, Unverified, Unwanted

UNREADABLE = "unreadable-"
"""Begins the archive id of a verified body that could not be read; no tool's event id has it with a digest behind."""

SECRET_MAY_BE_ASKED_AGAIN = timedelta(seconds=10)


class TooMany(TransientError):
    """The source sends faster than it may; `retry_after` says when to come again."""

    def __init__(self, seconds: float) -> None:
        super().__init__("This source sends more than its rate limit allows.", retry_after=seconds)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one event: its id and whether it was new."""

    feedback_id: str
    status: KeptStatus


@dataclass(frozen=True)
class Intake:
    """`secret(name, fresh)` gives a secret's text; what `keep` returns is durable; `announce` takes all or raises.

    `wait` tells how many seconds a source has to wait until it may send one more request (0: none).
    """

    secret: Callable[[str, bool], str]
    keep: Callable[[Raw], Kept]
    announce: Callable[[Sequence[Fact]], None]
    wait: Callable[[SourceDocument, datetime], float] = lambda source, now: 0
    _asked_again: dict[str, datetime] = field(default_factory=dict)

    def receive(self, source: SourceDocument, request: Request, now: datetime) -> list[Receipt]:
        """One receipt an event. Raises Unverified, Unreadable, UnsupportedType, InvalidEvent; TransientError when the
        event is not safe yet and must be sent again (TooMany: it was not even read). A verified body that cannot be
        read is kept all the same, by its digest, because the mistake may be ours.

        A duplicate is announced again: the first announcement may be what failed. It has no second effect, because
        deliveries are remembered by feedback and mapping.
        """
        speaking = tool(source.type)
        self._verify(speaking, source, request, now)
        # After the signature: nobody else can use up what the source may send.
        if source.rate_limit is not None and (seconds := self.wait(source, now)):
            raise TooMany(seconds)
        try:
            arrivals = _arrivals(speaking, source, request, now)
        except (UnsupportedType, Unverified):
            raise
        except Exception as error:
            self.keep(_unreadable(source, request, now))
            if isinstance(error, BridgeError):
                raise
            raise Unreadable(f"The event could not be read ({type(error).__name__}); it has been kept.") from error
        kept = [(self.keep(raw), fact) for raw, fact in arrivals]
        if facts := [fact(held.raw) for held, fact in kept if held.status != "erased"]:
            self.announce(facts)
        return [Receipt(held.raw.feedback_id, held.status) for held, _ in kept]

    def _verify(self, speaking: Tool, source: SourceDocument, request: Request, now: datetime) -> None:
        """A secret may have just been changed: a request that does not fit has it read again, at most now and then."""
        try:
            speaking.verify(request, source, secrets_of(self.secret(source.secret, False)), now)
        except Unverified:
            asked = self._asked_again.get(source.secret)
            if asked and now - asked < SECRET_MAY_BE_ASKED_AGAIN:
                raise
            self._asked_again[source.secret] = now
            speaking.verify(request, source, secrets_of(self.secret(source.secret, True)), now)


def secrets_of(text: str) -> list[str]:
    """A secret's lines: two while it is being changed."""
    return [line for line in (line.strip() for line in text.splitlines()) if line]


def event_of(raw: Raw, source: SourceDocument) -> Event:
    """The archived event, taken again from the body it came in. Raises LookupError when the body has no such event."""
    for event in tool(source.type).events(raw.body, raw.content_type, source):
        if feedback_id(source.id, event.id) == raw.feedback_id:
            return event
    raise LookupError("the archived body no longer contains this event")


def taken_up(raw: Raw, source: SourceDocument) -> "list[Arrival]":
    """The events of a body that could not be read when it came. Raises as a tool's `events` and `read` do."""
    request = Request("POST", {"content-type": raw.content_type}, raw.body)
    return _arrivals(tool(source.type), source, request, raw.received_at)


def is_unreadable(feedback_id: str) -> bool:
    """Whether this names a body that could not be read when it came."""
    return feedback_id.partition(":")[2].startswith(UNREADABLE)


Arrival = tuple[Raw, Callable[[Raw], AnswersAwaited | FeedbackReceived]]
"""The event to keep, and what to say once it is kept."""


def _arrivals(speaking: Tool, source: SourceDocument, request: Request, now: datetime) -> list[Arrival]:
    arrivals = []
    for event in speaking.events(request.body, _content_type(request), source):
        with suppress(Unwanted):
            arrivals.append(_arrival(speaking, event, source, request, now))
    return arrivals


def _arrival(speaking: Tool, event: Event, source: SourceDocument, request: Request, now: datetime) -> Arrival:
    identity = feedback_id(source.id, event.id)

    def raw(digest: str, person: str | None) -> Raw:
        body = request.body if event.body is None else event.body
        kind, days = _content_type(request), source.remember_days
        return Raw(identity, source.id, now, kind, body, digest, keep_days=days, person=person)

    if event.awaits_answers:
        return raw(digest_of_document(event.document), None), _awaited
    feedback = speaking.read(event, source, now)

    def received(held: Raw) -> FeedbackReceived:
        """A duplicate came when it came first; so it does where the tool tells no time and the arrival stands in."""
        times = {"received_at": held.received_at}
        if feedback.occurred_at == feedback.received_at:
            times["occurred_at"] = held.received_at
        return FeedbackReceived.about(feedback.model_copy(update=times), content=held.content)

    return raw(digest_of_document(event.id) if event.once else digest_of(feedback), person_of(feedback)), received


def _unreadable(source: SourceDocument, request: Request, now: datetime) -> Raw:
    digest = hashlib.sha256(request.body).hexdigest()
    identity = f"{source.id}:{UNREADABLE}{digest}"
    kind, days = _content_type(request), source.remember_days
    return Raw(identity, source.id, now, kind, request.body, digest, keep_days=days, person=UNREADABLE_PERSON)


def _content_type(request: Request) -> str:
    """With its parameters: a multipart body cannot be read without them."""
    return request.headers.get("content-type", "")


def _awaited(held: Raw) -> AnswersAwaited:
    return AnswersAwaited(feedback_id=held.feedback_id, source=held.source, content=held.content)


def lower_names(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Header names mean the same in any spelling (RFC 9110 §5.1)."""
    return {name.lower(): value for name, value in (headers or {}).items()}
