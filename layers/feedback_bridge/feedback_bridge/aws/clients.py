"""The boto3 clients of this process: made on first use, once, with time-outs."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from feedback_bridge.aws.as_is import send_as_is

_MANY_AT_ONCE = {
    "dynamodb": ("BatchGetItem", "BatchWriteItem", "TransactWriteItems"),
    "events": ("PutEvents",),
}
"""What a batch of messages calls by the hundred."""

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 4},
    # Checking every attribute of every item against the service's model takes a third of a batch's CPU. The service
    # checks them as well, and what it refuses is told as what it is.
    parameter_validation=False,
    # boto3 puts its own together anew twice for each call.
    user_agent=f"feedback-bridge boto3/{boto3.__version__}",
)


@cache
def client(service: str) -> Any:
    """A client whose calls give up after seconds, not minutes, and retry throttling with jitter (`standard` mode)."""
    made = boto3.client(service, config=_CONFIG)  # type: ignore[call-overload]
    send_as_is(made, *_MANY_AT_ONCE.get(service, ()))
    return made
