"""When a sync is due: wall-clock times of its zone, each once, whatever the clocks do in that night."""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from feedback_bridge.errors import PermanentError
from feedback_bridge.sync.cron import Cron, read_cron
from feedback_bridge.sync.document import Schedule

NIGHT_MINUTES = 6 * 60
"""From 00:00 to 06:00."""

LONGEST_LOOK_BACK = timedelta(days=2)


def zone(name: str) -> ZoneInfo:
    """Raises PermanentError for one that this machine's database does not have (any more)."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):
        raise PermanentError(f"There is no time zone {name} in the IANA database.") from None


def cron_of(schedule: Schedule, sync_id: str) -> Cron:
    """Without a time of its own a sync gets one in the night by its name: always the same, and not all at midnight."""
    if schedule.cron:
        return read_cron(schedule.cron)
    if schedule.daily:
        hour, _, minute = schedule.daily.partition(":")
        return read_cron(f"{int(minute)} {int(hour)} * * *")
    minutes = zlib.crc32(sync_id.encode()) % NIGHT_MINUTES
    return read_cron(f"{minutes % 60} {minutes // 60} * * *")


def latest_due(cron: Cron, zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """The last moment in (after, until] at which it was due; of several that were missed one is enough."""
    after = max(after, until - LONGEST_LOOK_BACK)
    return max((moment for moment in _moments(cron, zone, after, until) if after < moment <= until), default=None)


def _moments(cron: Cron, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """A time that a night leaves out is taken as much later; one that comes twice counts the first time (fold=0)."""
    day, last = after.astimezone(zone).date() - timedelta(days=1), until.astimezone(zone).date()
    while day <= last:
        if cron.on(day):
            for hour in cron.hours:
                for minute in cron.minutes:
                    yield datetime.combine(day, time(hour, minute), zone).astimezone(UTC)
        day += timedelta(days=1)
