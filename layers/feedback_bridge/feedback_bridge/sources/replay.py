"""How old a signed time may be. Where a tool signs one, a request that was caught on its way is of no use for long."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from feedback_bridge.sources.moment import moment

ReplayWindow = Annotated[int, Field(ge=10, le=86_400, description="Seconds that a signed time may be off by.")]

USUAL_WINDOW = 300
"""No vendor defines one. Five minutes forgive clocks and the vendor's own first retries."""


def is_timely(told: str, now: datetime, window: int) -> bool:
    """Whether the text is a time (ISO 8601, or seconds since 1970) within `window` seconds of now, on either side."""
    at = moment(told)
    return at is not None and abs(now - at) <= timedelta(seconds=window)
