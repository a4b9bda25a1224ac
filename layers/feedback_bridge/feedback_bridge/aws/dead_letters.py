"""Dead letters: looked at, sent back to work, and never lost in between.

SQS's own redrive moves a whole queue and tells nothing of what it moved. Here a message is received, sent to its work
queue and only then deleted: whatever happens in between, it is in at least one of the two. Being sent twice does it no
harm, because deliveries are remembered by feedback and mapping.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated

HELD_SECONDS = 60
"""A message that is being looked at is invisible to others; then it is back by itself, should we die meanwhile."""

AT_ONCE = 10

WAIT_SECONDS = 1
"""Asks all of SQS's servers: without a wait some are left out, and the queue seems empty."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`attributes` are texts; EventBridge writes there which rule and target it failed at."""

    id: str
    body: str
    receives: int
    sent_at: datetime
    attributes: Mapping[str, str]
    receipt: str


def look(url: str, most: int) -> list[DeadLetter]:
    """At most `most` of the queue, in no order, all of them released again."""
    found = _held(url, most)
    _release(url, found)
    return found


def send_back(
    url: str, most: int, target: Callable[[DeadLetter], str | None], wanted: Callable[[DeadLetter], bool]
) -> tuple[list[DeadLetter], list[DeadLetter]]:
    """Of at most `most` messages, those `wanted` go to the queue that `target` names. Returns what was sent, and what
    was wanted and could not be (no target, or the queue did not take it); that stays where it is."""
    found = _held(url, most)
    chosen = [letter for letter in found if wanted(letter)]
    sent: list[DeadLetter] = []
    gone: list[DeadLetter] = []
    try:
        for queue in dict.fromkeys(filter(None, map(target, chosen))):
            sent += _sent(queue, [letter for letter in chosen if target(letter) == queue])
        _delete(url, sent)
        gone = sent
    finally:
        _release(url, [letter for letter in found if letter not in gone])
    return sent, [letter for letter in chosen if letter not in sent]


def remove(url: str, most: int, wanted: Callable[[DeadLetter], bool]) -> int:
    """Take those `wanted`, of at most `most`, away for good. How many there were."""
    found = _held(url, most)
    chosen = [letter for letter in found if wanted(letter)]
    _delete(url, chosen)
    _release(url, [letter for letter in found if letter not in chosen])
    return len(chosen)


def _held(url: str, most: int) -> list[DeadLetter]:
    found: dict[str, DeadLetter] = {}
    while len(found) < most:
        with translated("look into the dead letters"):
            reply = client("sqs").receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(AT_ONCE, most - len(found)),
                VisibilityTimeout=HELD_SECONDS,
                WaitTimeSeconds=WAIT_SECONDS,
                AttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
                MessageAttributeNames=["All"],
            )
        letters = [_letter(message) for message in reply.get("Messages", [])]
        if not letters:
            break
        found.update((letter.id, letter) for letter in letters)
    return list(found.values())


def _letter(message: Mapping[str, Any]) -> DeadLetter:
    told = message.get("Attributes", {})
    return DeadLetter(
        id=message["MessageId"],
        body=message["Body"],
        receives=int(told.get("ApproximateReceiveCount", "1")),
        sent_at=datetime.fromtimestamp(int(told.get("SentTimestamp", "0")) / 1000, UTC),
        attributes={
            name: value["StringValue"]
            for name, value in message.get("MessageAttributes", {}).items()
            if "StringValue" in value
        },
        receipt=message["ReceiptHandle"],
    )


def _sent(queue: str, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """Those that the queue took. Without their attributes: their tries are counted anew. One at a time, because
    together they might be larger than a batch may be."""
    sent = []
    for letter in letters:
        with translated("send a dead letter back to work"):
            client("sqs").send_message(QueueUrl=queue, MessageBody=letter.body)
        sent.append(letter)
    return sent


def _delete(url: str, letters: Sequence[DeadLetter]) -> None:
    for start in range(0, len(letters), AT_ONCE):
        entries = [
            {"Id": str(place), "ReceiptHandle": letter.receipt}
            for place, letter in enumerate(letters[start : start + AT_ONCE])
        ]
        with translated("remove a dead letter"):
            client("sqs").delete_message_batch(QueueUrl=url, Entries=entries)


def _release(url: str, letters: Sequence[DeadLetter]) -> None:
    for start in range(0, len(letters), AT_ONCE):
        entries = [
            {"Id": str(place), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
            for place, letter in enumerate(letters[start : start + AT_ONCE])
        ]
        with translated("release the dead letters"):
            client("sqs").change_message_visibility_batch(QueueUrl=url, Entries=entries)
