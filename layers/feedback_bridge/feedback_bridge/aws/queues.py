"""Putting work off: a message that cannot be done now goes back to its own queue with a delay."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from feedback_bridge.aws.batches import batches
from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated

LONGEST_DELAY_SECONDS = 900
"""SQS allows 15 minutes; what must wait longer is put off again."""

MOST_BYTES = 1024 * 1024
"""Of one SendMessageBatch."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """`body` is the message as it came; `attempt` counts from 1 and travels with it."""

    body: str
    attempt: int
    delay_seconds: float


def backoff(attempt: int, *, first: float = 5, longest: float = LONGEST_DELAY_SECONDS) -> float:
    """Seconds until the next attempt: doubling, with full jitter above half, so that workers do not come back together.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    ceiling = min(longest, first * 2.0 ** min(attempt - 1, 20))
    return ceiling / 2 + secrets.randbelow(1000) / 1000 * ceiling / 2


def postpone(queue_url: str, messages: Sequence[Postponed]) -> list[int]:
    """Send each back with its delay. Returns the positions that the queue did not take: they stay as they are."""
    weights = [(position, len(message.body.encode()) + 256) for position, message in enumerate(messages)]
    refused: list[int] = []
    for group in batches(weights, most=10, most_bytes=MOST_BYTES):
        with translated("put work back on its queue"):
            reply = client("sqs").send_message_batch(
                QueueUrl=queue_url, Entries=[_entry(position, messages[position]) for position in group]
            )
        refused += [int(failed["Id"]) for failed in reply.get("Failed", [])]
    return refused


def _entry(position: int, message: Postponed) -> dict[str, object]:
    return {
        "Id": str(position),
        "MessageBody": message.body,
        "DelaySeconds": int(min(message.delay_seconds, LONGEST_DELAY_SECONDS)),
        "MessageAttributes": {"attempt": {"DataType": "Number", "StringValue": str(message.attempt)}},
    }
