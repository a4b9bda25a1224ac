"""Cron expressions of five fields: minute, hour, day of the month, month, weekday (crontab(5))."""

from dataclasses import dataclass
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMES = {
    3: {name: number for number, name in enumerate(_MONTHS, 1)},
    4: {name: number for number, name in enumerate(_DAYS)},
}
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_FIELDS = ("minute", "hour", "day of the month", "month", "weekday")


class InvalidCron(ValueError):
    """The sentence says which field cannot be read."""


@dataclass(frozen=True, slots=True)
class Cron:
    """`either_day`: day of the month and weekday are both restricted, and one of them is enough (crontab(5))."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_day or by_weekday if self.either_day else by_day and by_weekday


def read_cron(text: str) -> Cron:
    """Raises InvalidCron."""
    parts = text.lower().split()
    if len(parts) != len(_FIELDS):
        raise InvalidCron("must have five fields: minute hour day month weekday")
    sets = [_numbers(part, index) for index, part in enumerate(parts)]
    weekdays = frozenset(number % 7 for number in sets[4])
    either = "*" not in parts[2] and "*" not in parts[4]
    return Cron(
        tuple(sorted(sets[0])), tuple(sorted(sets[1])), frozenset(sets[2]), frozenset(sets[3]), weekdays, either
    )


def _numbers(part: str, index: int) -> set[int]:
    found: set[int] = set()
    for item in part.split(","):
        span, slash, step = item.partition("/")
        if slash and not (step.isascii() and step.isdigit() and 0 < int(step) <= 60):
            raise InvalidCron(f"the {_FIELDS[index]} cannot be read")
        low, high = _span(span, index, open_ended=bool(slash))
        found.update(range(low, high + 1, int(step) if slash else 1))
    return found


def _span(text: str, index: int, *, open_ended: bool) -> tuple[int, int]:
    low, high = _BOUNDS[index]
    if text == "*":
        return low, high
    first, dash, last = text.partition("-")
    start = _number(first, index)
    end = _number(last, index) if dash else high if open_ended else start
    if not low <= start <= end <= high:
        raise InvalidCron(f"the {_FIELDS[index]} must be between {low} and {high}")
    return start, end


def _number(text: str, index: int) -> int:
    if text in _NAMES.get(index, {}):
        return _NAMES[index][text]
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise InvalidCron(f"the {_FIELDS[index]} cannot be read")
    return int(text)
