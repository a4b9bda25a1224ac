"""What arrives from the bus through a queue, and what the queue is told in the end."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_RECEIVES = 5
"""template.yaml's maxReceiveCount: after so many failures a message becomes a dead letter."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `receives` counts SQS's deliveries of it, `attempt` ours, which survive being put off."""

    id: str
    body: str
    detail: Mapping[str, Any]
    receives: int
    attempt: int


class NotOurs(ValueError):
    """The body is no event of our bus."""


def message_of(record: Mapping[str, Any]) -> Message:
    """An SQS record that holds an EventBridge event. Raises NotOurs."""
    attempt = record.get("messageAttributes", {}).get("attempt", {}).get("stringValue", "1")
    try:
        detail = json.loads(record["body"])["detail"]
        detail["feedback_id"], detail["source"]
    except (ValueError, KeyError, TypeError) as error:
        raise NotOurs("the message is not an event of our bus") from error
    receives = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
    return Message(record["messageId"], record["body"], detail, receives, int(attempt))


def failures(message_ids: Iterable[str]) -> dict[str, Any]:
    """The partial batch response: only these come back.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in message_ids]}
