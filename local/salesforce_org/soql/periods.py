"""Date literals: TODAY, LAST_N_DAYS:n and the rest, as half-open ranges of days (UTC is the user's time zone).

Source: SOQL and SOSL Reference, Date Formats and Date Literals. Weeks begin on Sunday; fiscal is calendar here.
"""

from __future__ import annotations

from datetime import date, timedelta

UNITS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")


def period(name: str, count: int | None, today: date) -> tuple[date, date] | None:
    """First day and the day after the last; None for a word that is no date literal."""
    name = name.replace("FISCAL_", "")
    fixed = {"TODAY": (0, 1), "YESTERDAY": (-1, 0), "TOMORROW": (1, 2)}.get(name)
    if fixed is not None and count is None:
        return today + timedelta(days=fixed[0]), today + timedelta(days=fixed[1])
    if name in ("LAST_90_DAYS", "NEXT_90_DAYS") and count is None:
        name, count = name[:5] + "N_DAYS", 90
    for unit in UNITS:
        found = _relative(name, unit, count, today)
        if found is not None:
            return found
    return None


def _relative(name: str, unit: str, count: int | None, today: date) -> tuple[date, date] | None:
    start = _start(unit, today)
    if count is None:
        offset = {f"THIS_{unit}": 0, f"LAST_{unit}": -1, f"NEXT_{unit}": 1}.get(name)
        return None if offset is None else (_move(unit, start, offset), _move(unit, start, offset + 1))
    if name == f"LAST_N_{unit}S":
        return _move(unit, start, -count), today + timedelta(days=1) if unit == "DAY" else start
    if name == f"NEXT_N_{unit}S":
        return _move(unit, start, 1), _move(unit, start, count + 1)
    if name == f"N_{unit}S_AGO":
        return _move(unit, start, -count), _move(unit, start, 1 - count)
    return None


def _start(unit: str, day: date) -> date:
    if unit == "WEEK":
        return day - timedelta(days=(day.weekday() + 1) % 7)
    if unit == "MONTH":
        return day.replace(day=1)
    if unit == "QUARTER":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    if unit == "YEAR":
        return day.replace(month=1, day=1)
    return day


def _move(unit: str, day: date, count: int) -> date:
    if unit in ("DAY", "WEEK"):
        return day + timedelta(days=count * (7 if unit == "WEEK" else 1))
    months = count * {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit]
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)
