"""Dates and times: date, datetime, time. A moment without a zone is in the org's zone."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any

from feedback_bridge.mapping.field_types.text import half_width
from feedback_bridge.mapping.field_types.unfit import Coerce, Unfit, no_value
from feedback_bridge.mapping.schema import FieldSchema

_MOMENT = re.compile(
    r"(\d{4})[-/.年]\s?(\d{1,2})[-/.月]\s?(\d{1,2})日?"
    r"(?:[T ]{1,3}(\d{1,2})[:時](\d{1,2})(?:[:分](\d{1,2})秒?|分)?(?:\.(\d{1,9}))?)?"
    r"\s?(?:(Z|UTC|GMT)|([+-])(\d{2}):?(\d{2}))?",
    re.ASCII,
)
_CLOCK = re.compile(r"(\d{1,2})[:時](\d{1,2})(?:[:分](\d{1,2})秒?|分)?(?:\.(\d{1,9}))?Z?\s?([AaPp][Mm])?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1700, 4000
_LONGEST = 60


def read_moment(value: Any, zone: tzinfo) -> datetime:
    """The moment that a value means, in its own zone, or in `zone` where it names none. Raises Unfit.

    ISO 8601 and the Japanese and slashed year-first forms; other orders are ambiguous and need a format.
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime.combine(value, time())
    elif isinstance(value, str):
        moment = _read(value)
    elif isinstance(value, bool):
        raise Unfit("is true or false, not a date")
    elif isinstance(value, list):
        raise Unfit("is several values, not one date")
    elif isinstance(value, (int, float)):
        raise Unfit("is a number; say what it counts with transform: [{datetime: epoch_seconds}]")
    else:
        raise no_value(value)
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise Unfit(f"is not between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _read(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _read_other(text)


def _read_other(text: str) -> datetime:
    found = _MOMENT.fullmatch(half_width(text)) if len(text) <= _LONGEST else None
    if found is None:
        raise Unfit("is not a date that can be read; give its form with transform: [{date: '%d.%m.%Y'}]")
    year, month, day, hour, minute, second, fraction, utc, sign, zone_hours, zone_minutes = found.groups()
    zone = UTC if utc else _offset(sign, zone_hours, zone_minutes) if sign else None
    try:
        calendar_day = date(int(year), int(month), int(day))
        clock = time(int(hour or 0), int(minute or 0), int(second or 0), _micros(fraction), tzinfo=zone)
    except ValueError:
        raise Unfit("is not a date of the calendar") from None
    return datetime.combine(calendar_day, clock)


def _offset(sign: str, hours: str, minutes: str) -> timezone:
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset >= timedelta(hours=24):
        raise Unfit("is not a date of the calendar")
    return timezone(-offset if sign == "-" else offset)


def _micros(fraction: str | None) -> int:
    return int((fraction or "").ljust(6, "0")[:6])


def datetime_text(moment: datetime) -> str:
    """As Salesforce writes it: `2026-11-21T03:04:05.000+0000`, always UTC, milliseconds."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[:23] + "+0000"


def read_date(value: Any, zone: tzinfo) -> date:
    """The day of a moment on the org's calendar; a day without a time is that day everywhere. Raises Unfit."""
    moment = read_moment(value, zone)
    return moment.date() if moment.tzinfo is zone else moment.astimezone(zone).date()


def read_clock(value: Any, zone: tzinfo) -> time:
    """A time of day; of a moment with a zone, the time on the org's clocks. Raises Unfit."""
    if isinstance(value, time):
        return value
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    found = _CLOCK.fullmatch(half_width(value)) if isinstance(value, str) and len(value) <= _LONGEST else None
    if found is None:
        return read_moment(value, zone).astimezone(zone).time()
    hour, minute, second, fraction, half = found.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise Unfit("is not a time of day")
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    try:
        return time(hours, int(minute), int(second or 0), _micros(fraction))
    except ValueError:
        raise Unfit("is not a time of day") from None


def _blank(value: Any) -> bool:
    return value == [] or (isinstance(value, str) and not value.strip())


def datetime_field(field: FieldSchema, zone: tzinfo) -> Coerce:
    def coerce(value: Any, notes: list[str]) -> str | None:
        return None if _blank(value) else datetime_text(read_moment(value, zone))

    return coerce


def date_field(field: FieldSchema, zone: tzinfo) -> Coerce:
    def coerce(value: Any, notes: list[str]) -> str | None:
        return None if _blank(value) else read_date(value, zone).isoformat()

    return coerce


def time_field(field: FieldSchema, zone: tzinfo) -> Coerce:
    """Salesforce keeps a time of day without a zone and writes it `13:05:00.000Z`."""

    def coerce(value: Any, notes: list[str]) -> str | None:
        return None if _blank(value) else read_clock(value, zone).isoformat(timespec="milliseconds")[:12] + "Z"

    return coerce
