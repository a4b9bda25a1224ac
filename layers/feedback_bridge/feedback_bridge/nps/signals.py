"""What a score says that somebody should hear of, each with the reason in words that hold no personal data."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from feedback_bridge.feedback.model import Nps
from feedback_bridge.nps.score import Band

SignalName = Literal[
    "detractor", "passive", "promoter", "score_fell", "passive_slipping", "promoter_before_renewal",
    "usage_fell", "silent_after_low_usage", "no_answer",
]  # fmt: skip
SIGNALS: tuple[SignalName, ...] = get_args(SignalName)

_RANK: dict[Band, int] = {"detractor": 0, "passive": 1, "promoter": 2}


@dataclass(frozen=True, slots=True)
class Signal:
    name: SignalName
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """`fell_by` points make a fall; a renewal is near within `renewal_days`."""

    fell_by: int = 3
    renewal_days: int = 90


def signals(nps: Nps, limits: Limits, renewal: Any, today: date) -> list[Signal]:
    """Of a tagged score that knows what came before it. `renewal` is a date, in whatever form the tool sends it."""
    if nps.band is None or not isinstance(nps.score, int):
        return []
    return list(_signals(nps, nps.score, limits, renewal, today))


def _signals(nps: Nps, score: int, limits: Limits, renewal: Any, today: date) -> Iterator[Signal]:
    if nps.band == "detractor":
        yield Signal("detractor", f"The score is {score}.")
    if nps.band == "passive":
        yield Signal("passive", f"The score is {score}.")
    if nps.band == "promoter":
        yield Signal("promoter", f"The score is {score}.")
        days = _days_until(renewal, today)
        if days is not None and 0 <= days <= limits.renewal_days:
            yield Signal("promoter_before_renewal", f"The score is {score}, and the renewal is in {days} days.")
    if nps.previous_score is None or nps.previous_band is None or nps.change is None or nps.band is None:
        return
    bands = _RANK[nps.previous_band] - _RANK[nps.band]
    if -nps.change >= limits.fell_by or bands == 2:
        yield Signal("score_fell", f"The score fell by {-nps.change}, from {nps.previous_score} to {score}.")
    if nps.band == "passive" and nps.change < 0:
        yield Signal("passive_slipping", f"A passive's score went down from {nps.previous_score} to {score}.")


def _days_until(renewal: Any, today: date) -> int | None:
    """None where there is no date that could be read."""
    if not isinstance(renewal, str):
        return None
    try:
        return (datetime.fromisoformat(renewal.strip()).date() - today).days
    except ValueError:
        return None
