"""When syncs are due, in zones with and without summer time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.sync.cron import InvalidCron, read_cron
from feedback_bridge.sync.document import Schedule
from feedback_bridge.sync.due import cron_of, latest_due

TOKYO, BERLIN, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NAMES = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20)


@given(NAMES)
def test_a_sync_without_a_time_runs_once_a_night_between_midnight_and_six(name: str) -> None:
    cron, now = cron_of(Schedule(), name), datetime(2026, 11, 21, tzinfo=UTC)
    moment = latest_due(cron, TOKYO, now - timedelta(days=1), now)
    assert moment
    assert moment.astimezone(TOKYO).hour < 6


def test_syncs_are_spread_over_the_night() -> None:
    moments = {cron_of(Schedule(), f"sync-{number}") for number in range(50)}
    assert len(moments) > 40


def days(hour: str, zone: ZoneInfo, first: datetime, count: int) -> list[datetime]:
    """What a tick every five minutes begins."""
    cron, begun, now = cron_of(Schedule(daily=hour), "x"), [], first
    while now < first + timedelta(days=count):
        if latest_due(cron, zone, now, now + timedelta(minutes=5)):
            begun.append(now)
        now += timedelta(minutes=5)
    return begun


@pytest.mark.parametrize(
    ("hour", "zone", "night"),
    [
        ("02:30", BERLIN, datetime(2026, 3, 28, tzinfo=UTC)),
        ("02:30", BERLIN, datetime(2026, 10, 24, tzinfo=UTC)),
        ("02:00", NEW_YORK, datetime(2026, 3, 7, 12, tzinfo=UTC)),
        ("01:30", NEW_YORK, datetime(2026, 10, 31, 12, tzinfo=UTC)),
        ("00:00", TOKYO, datetime(2026, 11, 20, tzinfo=UTC)),
    ],
)
def test_every_night_has_exactly_one_run_also_when_the_clocks_change(
    hour: str, zone: ZoneInfo, night: datetime
) -> None:
    assert len(days(hour, zone, night, 3)) == 3


def test_nights_that_were_missed_are_made_up_for_once() -> None:
    cron = cron_of(Schedule(daily="01:00"), "x")
    since, now = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
    assert latest_due(cron, TOKYO, since, now) == datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert latest_due(cron, TOKYO, now, now) is None


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("*/15 * * * *", "2026-11-21T00:29", "2026-11-21T00:15"),
        ("0 9-17/4 * * mon-fri", "2026-11-22T12:00", "2026-11-20T17:00"),
        ("30 2 29 feb *", "2028-03-01T12:00", "2028-02-29T02:30"),
        ("30 2 29 feb *", "2028-03-30T12:00", None),
        ("0 0 1 * sun", "2026-11-23T12:00", "2026-11-22T00:00"),
        ("0 0 1 * sun", "2026-12-02T12:00", "2026-12-01T00:00"),
        ("0 0 * * 7", "2026-11-23T12:00", "2026-11-22T00:00"),
        ("0 0 31 2 *", "2026-03-03T12:00", None),
    ],
)
def test_cron_means_what_crontab_means(text: str, now: str, expected: str | None) -> None:
    until = datetime.fromisoformat(f"{now}Z")
    due = datetime.fromisoformat(f"{expected}Z") if expected else None
    assert latest_due(read_cron(text), ZoneInfo("UTC"), until - timedelta(days=2), until) == due


@pytest.mark.parametrize("text", ["", "* * * *", "60 * * * *", "* 24 * * *", "x * * * *", "*/0 * * * *", "5-1 * * * *"])
def test_what_is_no_cron_is_refused(text: str) -> None:
    with pytest.raises(InvalidCron):
        read_cron(text)
