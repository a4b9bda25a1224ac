"""Steps on dates and times."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from feedback_bridge.mapping.field_types.numbers import read_number
from feedback_bridge.mapping.field_types.text import half_width
from feedback_bridge.mapping.field_types.times import read_moment
from feedback_bridge.mapping.field_types.unfit import Unfit

Step = Callable[[Any], Any]
EPOCHS = {"epoch_seconds": 1, "epoch_milliseconds": 1000}
_DIRECTIVE = re.compile(r"%(.?)")
_READABLE = frozenset("YymdHIMSfpzjbBaA%")
_LONGEST = 100
_SAMPLE = datetime(2026, 11, 21, 13, 4, 5, tzinfo=UTC)


def bad_format(form: str, *, reading: bool) -> str | None:
    """Why a format cannot be used, in words; None when it can."""
    unknown = [letter for letter in _DIRECTIVE.findall(form) if letter not in _READABLE or not letter]
    if unknown:
        return f"has %{unknown[0]}, which is none of {' '.join('%' + letter for letter in sorted(_READABLE))}"
    if "%" not in form.replace("%%", ""):
        return "has no part of a date or time in it, such as %Y-%m-%d"
    if reading:
        try:
            datetime.strptime(written(_SAMPLE, half_width(form)), half_width(form))  # noqa: DTZ007 - only tried
        except (ValueError, re.error):
            return "cannot be read back: each part may stand in it once"
    return None


def written(moment: datetime, form: str) -> str:
    """Each directive by itself, so that Japanese text around them does not depend on the machine's locale."""
    return _DIRECTIVE.sub(lambda found: moment.strftime(found[0]), form)


def read_datetime(form: str, zone: tzinfo) -> Step:
    """A moment from text in this form, or from a number of seconds or milliseconds since 1970."""
    scale = EPOCHS.get(form)
    return (lambda value: _since_epoch(value, scale)) if scale else (lambda value: _parsed(value, form, zone))


def _since_epoch(value: Any, scale: int) -> datetime:
    try:
        return datetime.fromtimestamp(float(read_number(value)) / scale, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise error if isinstance(error, Unfit) else Unfit("is not a moment in time") from None


def _parsed(value: Any, form: str, zone: tzinfo) -> datetime:
    text = half_width(value)
    try:
        moment = datetime.strptime(text[:_LONGEST], half_width(form))  # noqa: DTZ007 - the zone follows
    except (ValueError, OverflowError):
        raise Unfit(f"is not written as {form}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def read_date(form: str, zone: tzinfo) -> Callable[[Any], date]:
    return lambda value: _parsed(value, form, zone).date()


def read_time(form: str, zone: tzinfo) -> Callable[[Any], time]:
    return lambda value: _parsed(value, form, zone).time()


def write_as(form: str, zone: tzinfo) -> Step:
    """A moment as text, on the clocks of the zone."""
    return lambda value: written(read_moment(value, zone).astimezone(zone), form)


def add_days(days: int, zone: tzinfo) -> Step:
    """So many days later (or earlier), at the same time of day in the zone."""
    return lambda value: read_moment(value, zone).astimezone(zone) + timedelta(days=days)
