"""Quiet hours, days and holidays, in the time zone of those who would be disturbed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from feedback_bridge.automation.quiet import Quiet

TOKYO = ZoneInfo("Asia/Tokyo")
NIGHT = Quiet(zone="Asia/Tokyo", begins="20:00", ends="08:00", days=["sat", "sun"], holidays=["2026-11-23", "01-01"])


def tokyo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-18T12:00", None),
        ("2026-11-18T07:59", "2026-11-18T08:00"),
        ("2026-11-18T08:00", None),
        ("2026-11-18T20:00", "2026-11-19T08:00"),
        ("2026-11-20T21:00", "2026-11-24T08:00"),
        ("2026-11-21T12:00", "2026-11-24T08:00"),
        ("2027-01-01T12:00", "2027-01-04T08:00"),
    ],
)
def test_nobody_is_disturbed_at_night_on_a_weekend_or_on_a_holiday(now: str, until: str | None) -> None:
    assert NIGHT.until(tokyo(now)) == (tokyo(until) if until else None)


def test_the_zone_decides_and_not_ours() -> None:
    assert NIGHT.until(datetime(2026, 11, 18, 12, 30, tzinfo=UTC)) == tokyo("2026-11-19T08:00")
    assert NIGHT.until(datetime(2026, 11, 18, 1, 0, tzinfo=UTC)) is None


def test_an_hour_that_a_clock_change_repeats_is_no_trouble() -> None:
    berlin = Quiet(zone="Europe/Berlin", begins="02:00", ends="03:00")
    ends = berlin.until(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert ends is not None
    assert ends > datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Tokyo"},
        {"zone": "UTC", "begins": "8:00", "ends": "09:00"},
        {"zone": "UTC", "begins": "08:00", "ends": "08:00"},
        {"zone": "UTC", "ends": "08:00"},
        {"zone": "UTC", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]},
        {"zone": "UTC", "holidays": ["1 January"]},
    ],
)
def test_quiet_that_cannot_be_kept_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Quiet.model_validate(wrong)


@given(
    st.integers(1_577_836_800, 1_893_456_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
    st.sampled_from(["UTC", "Asia/Tokyo", "Europe/Berlin"]),
)
def test_quiet_ends_at_a_time_that_is_not_quiet(now: datetime, zone: str) -> None:
    quiet = NIGHT.model_copy(update={"zone": zone})
    ends = quiet.until(now)
    if ends is not None:
        assert ends > now
        assert ends - now < timedelta(days=6)
        assert quiet.until(ends) is None
