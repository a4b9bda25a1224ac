"""How long a delivery waits for what can still succeed, and when it stops trying."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from feedback_bridge.delivery.outcome import Meaning, Refusal

SOON, SLOWLY, PARKED = 5.0, 60.0, 900.0
"""Seconds before the first repetition; the queue doubles them with jitter, up to its fifteen minutes."""

GIVES_UP_AFTER = timedelta(days=7)
"""Then the delivery has failed, and can be replayed."""

_FIRST_WAIT = {
    Meaning.RETRY: SOON,
    Meaning.LOG_IN: SOON,
    Meaning.SLOW_DOWN: SLOWLY,
    Meaning.PARK: PARKED,
    Meaning.MAPPING: SLOWLY,
}


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again, the first time after `first` seconds."""

    first: float


def wait_for(refusal: Refusal, since: datetime, now: datetime) -> Wait | None:
    """None: trying again is of no use, or has been tried for too long."""
    first = _FIRST_WAIT.get(refusal.meaning)
    if first is None or now - since > GIVES_UP_AFTER:
        return None
    return Wait(first)
