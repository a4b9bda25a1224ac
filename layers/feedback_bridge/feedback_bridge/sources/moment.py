"""Times as tools write them."""

from datetime import UTC, datetime, timedelta, timezone

from pydantic import JsonValue

_MILLISECONDS_FROM = 100_000_000_000
"""As seconds this is the year 5138; as milliseconds it is 1973. No survey was answered in either."""


def moment(value: JsonValue, *, zone: timezone = UTC) -> datetime | None:
    """A moment from ISO 8601 text, or from seconds or milliseconds since 1970 (number, or digits in a text).

    Text without an offset is read in `zone`; `2026/11/21 9:00`-like dates need their zeros. None when it is no moment.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        # Shorter digits are a date (20261121) to ISO 8601, and no time of this century in seconds.
        if not (text.isascii() and text.isdecimal() and len(text) in range(9, 17)):
            return _from_iso(text, zone)
        value = int(text)
    if isinstance(value, (int, float)):
        return _from_epoch(value)
    return None


def offset(text: str) -> timezone:
    """The zone of `+09:00`. Raises ValueError."""
    parsed = datetime.fromisoformat(f"2000-01-01T00:00:00{text}").tzinfo
    if not isinstance(parsed, timezone):
        raise ValueError("must be an offset from UTC such as +09:00")
    return parsed


def _from_iso(text: str, zone: timezone) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(text.replace("/", "-"))
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _from_epoch(number: float) -> datetime | None:
    try:
        seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return None
