"""The org's clock and Salesforce's two ways to write a moment."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import formatdate


def now() -> datetime:
    return datetime.now(UTC)


def to_wire(moment: datetime) -> str:
    """`2026-11-21T03:04:05.000+0000`: milliseconds and +0000, never Z. As text it sorts like the moment itself."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def now_wire() -> str:
    """System time stamps: whole seconds, as Salesforce keeps them."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime())


def http_date(epoch_seconds: float) -> str:
    return formatdate(epoch_seconds, usegmt=True)
