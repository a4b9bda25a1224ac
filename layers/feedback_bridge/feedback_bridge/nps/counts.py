"""How many promoters, passives and detractors there are, and the Net Promoter Score that they make.

Answers are counted by day (UTC) in items of a month each: of everybody and of each account, as a whole and by segment.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from feedback_bridge.nps.history import Change, Scored
from feedback_bridge.nps.score import Band

EVERYBODY = "everybody"

Bucket = tuple[str, str, str]
"""Who (EVERYBODY or an account's key), the item's name (`2026-11` or `2026-11#tier=gold`), and the count in it."""


@dataclass(frozen=True, slots=True)
class Counts:
    promoters: int = 0
    passives: int = 0
    detractors: int = 0

    @property
    def answers(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def score(self) -> int | None:
        """Percent of promoters less percent of detractors, from -100 to 100, rounded half away from zero."""
        if not self.answers:
            return None
        doubled = 200 * (self.promoters - self.detractors)
        rounded = (abs(doubled) + self.answers) // (2 * self.answers)
        return rounded if doubled >= 0 else -rounded

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.promoters + other.promoters, self.passives + other.passives, self.detractors + other.detractors
        )


def buckets(changes: Iterable[Change]) -> dict[Bucket, int]:
    """By how much each count has to change."""
    found: Counter[Bucket] = Counter()
    for before, after in changes:
        if before is not None:
            found.subtract(_buckets_of(before))
        if after is not None:
            found.update(_buckets_of(after))
    return {bucket: by for bucket, by in found.items() if by}


def _buckets_of(answer: Scored) -> Iterator[Bucket]:
    month, count = answer.at[:7], count_name(answer.band, int(answer.at[8:10]))
    for whose in (EVERYBODY, answer.account):
        if whose is not None:
            yield whose, month, count
            for segment in answer.segments:
                yield whose, f"{month}#{segment}", count


def count_name(band: Band, day: int) -> str:
    return f"{band}_{day:02}"


def months(since: date, until: date) -> list[str]:
    """The months of that period, both ends included."""
    first, last = since.year * 12 + since.month - 1, until.year * 12 + until.month - 1
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(first, last + 1)]


def window(today: date, days: int) -> tuple[date, date]:
    """The last so many days, today included."""
    return today - timedelta(days=days - 1), today


def counted(items: Iterable[tuple[str, Mapping[str, int]]], since: date, until: date) -> Counts:
    """The answers of a period. `items` are (month, counts of its days)."""
    total: Counter[str] = Counter()
    first, last = since.isoformat(), until.isoformat()
    for month, counts in items:
        for name, number in counts.items():
            band, _, day = name.partition("_")
            if first <= f"{month}-{day}" <= last:
                total[band] += number
    return Counts(total["promoter"], total["passive"], total["detractor"])
