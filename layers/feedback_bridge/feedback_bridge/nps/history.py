"""The scores that one person gave, in the order in which they gave them, and what a new one means among them."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from feedback_bridge.nps.score import Band

MOST_ANSWERS = 40
"""Of one person. Beyond that the oldest leave: a new answer costs the same after a thousand as after two."""

MOST_INVITATIONS = 10
"""Of those that no answer has followed."""

CLOCKS_MAY_DIFFER = timedelta(minutes=10)
"""An answer from further in the future than that stands where it arrived."""

NOTABLE = 1.0
"""Points above or below the average of the window's earlier scores that make a trend."""

Trend = Literal["rising", "steady", "falling"]


class Scored(NamedTuple):
    """One score. `at` is UTC text that sorts; `content` counts the tool's versions of the answer.

    `account` and `segments` (`tier=gold`) are what it was counted under.
    """

    at: str
    feedback_id: str
    score: int
    band: Band
    content: int = 1
    survey: str | None = None
    account: str | None = None
    segments: tuple[str, ...] = ()


class Invited(NamedTuple):
    """An invitation to answer; `at` is UTC text that sorts."""

    at: str
    feedback_id: str


class Change(NamedTuple):
    """One answer before and after; None where there was none, or is none any more."""

    before: Scored | None
    after: Scored | None

    @property
    def of_score(self) -> bool:
        """Not only of the number of its content."""
        return not (self.before and self.after and self.before._replace(content=self.after.content) == self.after)


@dataclass(frozen=True, slots=True)
class Placed:
    """`answers` with the new one in its place; `floor` is when the newest answer was given that is no longer kept."""

    answers: tuple[Scored, ...]
    floor: str = ""
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a score means among those before it. `average` and `answers` are over the window that ends with it."""

    previous: Scored | None
    change: int | None
    average: float
    answers: int
    trend: Trend | None


def moment_of(occurred_at: datetime, received_at: datetime) -> str:
    """When an answer counts as given: never later than it arrived, but for what clocks may differ."""
    given = occurred_at if occurred_at <= received_at + CLOCKS_MAY_DIFFER else received_at
    return given.astimezone(UTC).isoformat(timespec="microseconds")


def place(answers: Sequence[Scored], floor: str, new: Scored) -> Placed:
    """The new answer among the others. The same one again changes nothing, newer content of it takes its place.

    What is older than all that is kept cannot be told from what has left already, and changes nothing either.
    """
    held = next((answer for answer in answers if answer.feedback_id == new.feedback_id), None)
    if held is not None and (held.content > new.content or held == new):
        return Placed(tuple(answers), floor)
    if held is None and floor and new.at <= floor:
        return Placed(tuple(answers), floor)
    others = [answer for answer in answers if answer is not held]
    others.insert(bisect_left(others, new), new)
    return _kept(others, floor, Change(held, new))


def withdraw(answers: Sequence[Scored], floor: str, feedback_id: str) -> Placed:
    """Without that answer: its newer content has no score any more."""
    held = next((answer for answer in answers if answer.feedback_id == feedback_id), None)
    left = tuple(answer for answer in answers if answer is not held)
    return Placed(left, floor, Change(held, None) if held else None)


def join(
    answers: Sequence[Scored], floor: str, others: Sequence[Scored], other_floor: str
) -> tuple[Placed, list[Change]]:
    """Two histories that turn out to be one person's; an answer that both have counts once."""
    by_id = {answer.feedback_id: answer for answer in answers}
    twice: list[Change] = []
    for other in others:
        held = by_id.get(other.feedback_id)
        if held is not None:
            older, newer = (held, other) if other.content > held.content else (other, held)
            twice.append(Change(older, None))
            by_id[other.feedback_id] = newer
        else:
            by_id[other.feedback_id] = other
    return _kept(sorted(by_id.values()), max(floor, other_floor), None), twice


def standing(answers: Sequence[Scored], feedback_id: str, window_days: int) -> Standing | None:
    """How that answer stands among those before it; None for one that is not kept."""
    position = next((index for index, item in enumerate(answers) if item.feedback_id == feedback_id), None)
    if position is None:
        return None
    this = answers[position]
    previous = answers[position - 1] if position else None
    since = (datetime.fromisoformat(this.at) - timedelta(days=window_days)).isoformat(timespec="microseconds")
    earlier = [answer.score for answer in answers[:position] if answer.at >= since]
    return Standing(
        previous=previous,
        change=this.score - previous.score if previous else None,
        average=round((sum(earlier) + this.score) / (len(earlier) + 1), 1),
        answers=len(earlier) + 1,
        trend=_trend(this.score, earlier),
    )


def following(answers: Sequence[Scored], feedback_id: str) -> Scored | None:
    """The next answer after that one."""
    position = next((index for index, item in enumerate(answers) if item.feedback_id == feedback_id), None)
    return answers[position + 1] if position is not None and position + 1 < len(answers) else None


def _trend(score: int, earlier: Sequence[int]) -> Trend | None:
    if not earlier:
        return None
    distance = score - sum(earlier) / len(earlier)
    if distance >= NOTABLE:
        return "rising"
    return "falling" if distance <= -NOTABLE else "steady"


def _kept(answers: Sequence[Scored], floor: str, change: Change | None) -> Placed:
    left = answers[: max(0, len(answers) - MOST_ANSWERS)]
    return Placed(tuple(answers[len(left) :]), left[-1].at if left else floor, change)
