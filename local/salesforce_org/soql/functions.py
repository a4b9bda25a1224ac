"""Date functions of SOQL: CALENDAR_YEAR(CreatedDate) and its kin, over stored dates and datetimes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any


def _day(value: str) -> date:
    return date.fromisoformat(value[:10])


DATE_FUNCTIONS: dict[str, Callable[[str], Any]] = {
    "CALENDAR_YEAR": lambda value: _day(value).year,
    "CALENDAR_QUARTER": lambda value: (_day(value).month - 1) // 3 + 1,
    "CALENDAR_MONTH": lambda value: _day(value).month,
    "FISCAL_YEAR": lambda value: _day(value).year,
    "FISCAL_QUARTER": lambda value: (_day(value).month - 1) // 3 + 1,
    "FISCAL_MONTH": lambda value: _day(value).month,
    "DAY_IN_MONTH": lambda value: _day(value).day,
    "DAY_IN_WEEK": lambda value: _day(value).isoweekday() % 7 + 1,
    "DAY_IN_YEAR": lambda value: _day(value).timetuple().tm_yday,
    "DAY_ONLY": lambda value: value[:10],
    "HOUR_IN_DAY": lambda value: int(value[11:13]),
    "WEEK_IN_MONTH": lambda value: (_day(value).day - 1) // 7 + 1,
    "WEEK_IN_YEAR": lambda value: (_day(value).timetuple().tm_yday - 1) // 7 + 1,
}
RESULT_TYPES = {"DAY_ONLY": "date"}
