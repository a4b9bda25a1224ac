"""What all queue consumers share: messages in, a partial batch response out, no message that ends without a word."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.aws.queues import Postponed, backoff, postpone
from feedback_bridge.delivery.delivery import NO_MAPPING, Delivery
from feedback_bridge.errors import BridgeError, PermanentError
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.erased import without_erased
from feedback_bridge.runtime.messages import MAX_RECEIVES, Message, NotOurs, failures, message_of
from feedback_bridge.runtime.observability import logger, told_of
from feedback_bridge.runtime.settled import settle

MOST_ATTEMPTS = 900
"""About a week, as `backoff` makes it eleven minutes each; then the feedback has failed, and can be replayed."""


@dataclass
class Verdicts:
    """What became of the messages of a batch; a message in none of these is done.

    `failed` come back by themselves and end as dead letters after five times. `later` are put off, with the reason and
    the delay in seconds that somebody asked for. `refused` and `skipped` end here. All of these get a delivery that
    says why; `again` are put off for so many seconds too, and their deliveries have been written already.
    """

    failed: dict[str, str] = field(default_factory=dict)
    later: dict[str, tuple[str, float | None]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    again: dict[str, float] = field(default_factory=dict)

    def note(self, message: Message, error: Exception) -> None:
        """Sort an error by its kind. Unforeseen ones are given five tries: they may be a passing fault of ours."""
        if isinstance(error, PermanentError):
            self.refused[message.id] = str(error)
        elif isinstance(error, BridgeError) and message.attempt >= MOST_ATTEMPTS:
            self.refused[message.id] = f"Given up after {message.attempt} attempts. {error}"
        elif isinstance(error, BridgeError):
            self.later[message.id] = (str(error), getattr(error, "retry_after", None))
        else:
            logger.error("unforeseen", extra={"feedback_id": message.detail["feedback_id"], "error": told_of(error)})
            self.failed[message.id] = f"An unforeseen error ({type(error).__name__})."

    def joined(self, other: "Verdicts") -> "Verdicts":
        return Verdicts(
            self.failed | other.failed,
            self.later | other.later,
            self.refused | other.refused,
            self.skipped | other.skipped,
            self.again | other.again,
        )

    def done(self, message: Message) -> bool:
        return not any(message.id in some for some in (self.failed, self.later, self.refused, self.skipped, self.again))


def consume(
    records: Sequence[Mapping[str, Any]],
    handle: Callable[[Sequence[Message]], Verdicts],
    deliveries: Deliveries,
    queue_url: str,
) -> dict[str, Any]:
    """Run a batch. Trouble with the messages is on their deliveries before the queue hears of it."""
    read, unreadable = _messages(records)
    messages = without_erased(read)
    deliveries.put_all(_died(messages))
    verdicts = _handled(messages, handle)
    by_id = {message.id: message for message in messages}
    deliveries.put_all(_told(by_id, verdicts))
    recovered = [
        message
        for message in messages
        if verdicts.done(message) and max(message.attempt, message.receives) > 1 and not _without_a_word(message)
    ]
    deliveries.end_waiting(message.detail["feedback_id"] for message in recovered)
    longest = settings.longest_wait()
    back = [
        (by_id[key], delay or backoff(by_id[key].attempt, longest=longest))
        for key, (_, delay) in verdicts.later.items()
    ]
    back += [(by_id[key], delay) for key, delay in verdicts.again.items()]
    refused = postpone(queue_url, [Postponed(message.body, message.attempt + 1, delay) for message, delay in back])
    failed = [*unreadable, *verdicts.failed, *(back[position][0].id for position in refused)]
    logger.info(
        "batch",
        extra={
            "messages": len(records),
            "failed": len(failed),
            "put_off": len(back) - len(refused),
            "refused": len(verdicts.refused),
        },
    )
    settle()
    return failures(failed)


def _handled(messages: Sequence[Message], handle: Callable[[Sequence[Message]], Verdicts]) -> Verdicts:
    """An unforeseen error concerns one message: the batch is halved until that one is alone."""
    if not messages:
        return Verdicts()
    try:
        return handle(messages)
    except Exception as error:
        if len(messages) == 1:
            verdicts = Verdicts()
            verdicts.note(messages[0], error)
            return verdicts
    middle = len(messages) // 2
    return _handled(messages[:middle], handle).joined(_handled(messages[middle:], handle))


def _died(messages: Sequence[Message]) -> list[Delivery]:
    """What a worker that dies could not say itself is said before the next try; success takes it back."""
    now = datetime.now(UTC)
    told = []
    for message in messages:
        if message.receives > 1 and not _without_a_word(message):
            last = message.receives >= MAX_RECEIVES
            reason = f"A worker stopped while it was at it: try {message.receives} of {MAX_RECEIVES}."
            ending = " Should this one fail too, it is in the dead letters." if last else ""
            told.append(_delivery(message, "failed" if last else "pending", reason + ending, now))
    return told


def _without_a_word(message: Message) -> bool:
    """While it waits nothing is said of it: it may have no delivery of its own to write, and what stands where we would
    say so was the last word on the feedback.
    """
    return bool(message.detail.get("recomputed") or message.detail.get("second_look"))


def _messages(records: Sequence[Mapping[str, Any]]) -> tuple[list[Message], list[str]]:
    messages, unreadable = [], []
    for record in records:
        try:
            messages.append(message_of(record))
        except NotOurs:
            logger.error("a message is no event of our bus", extra={"message_id": record["messageId"]})
            unreadable.append(record["messageId"])
    return messages, unreadable


def _told(messages: Mapping[str, Message], verdicts: Verdicts) -> list[Delivery]:
    """Deliveries for feedback that has not reached a mapping; those that have are the mapping's business."""
    now = datetime.now(UTC)
    told = [_delivery(messages[key], "failed", reason, now) for key, reason in verdicts.refused.items()]
    told += [_delivery(messages[key], "skipped", reason, now) for key, reason in verdicts.skipped.items()]
    waiting = {key: reason for key, (reason, _) in verdicts.later.items()}
    for key, reason in verdicts.failed.items():
        if messages[key].receives >= MAX_RECEIVES:
            told.append(_delivery(messages[key], "failed", f"{reason} It is in the dead letters now.", now))
        else:
            waiting[key] = f"{reason} Try {messages[key].receives} of {MAX_RECEIVES}."
    told += [
        _delivery(messages[key], "pending", reason, now)
        for key, reason in waiting.items()
        if not _without_a_word(messages[key])
    ]
    return told


def _delivery(message: Message, status: Any, reason: str, now: datetime) -> Delivery:
    return Delivery(
        feedback_id=message.detail["feedback_id"],
        mapping=NO_MAPPING,
        source=message.detail["source"],
        status=status,
        created_at=now,
        updated_at=now,
        reason=reason,
        attempts=message.attempt,
        content=message.detail.get("content", 1),
        replay=message.detail.get("replay"),
    )
