"""The boto3 clients of this process: made on first use, once, with time-outs."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})


@cache
def client(service: str) -> Any:
    """A client whose calls give up after seconds, not minutes, and retry throttling with jitter (`standard` mode)."""
    return boto3.client(service, config=_CONFIG)  # type: ignore[call-overload]
