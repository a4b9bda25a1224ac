"""Every few minutes: runs that are due are begun, and runs whose worker has fallen silent get a new one.

A frequent tick, and not one schedule a sync, because a schedule is then a setting that is published like any other, a
moment that the clocks leave out is not lost, and a run that could not begin is noticed.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from feedback_bridge.aws.bus import announce
from feedback_bridge.aws.config_items import Published
from feedback_bridge.aws.sync_runs import Lock, Lost
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.errors import BridgeError
from feedback_bridge.feedback.facts import SyncRunFinished
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.observability import logger, told_of
from feedback_bridge.runtime.orgs import org
from feedback_bridge.runtime.reading import configs
from feedback_bridge.runtime.sync.engine import LEASE
from feedback_bridge.runtime.sync.page import tell
from feedback_bridge.runtime.sync.starting import begin, runs, send_for_worker
from feedback_bridge.sync.document import SyncDocument, parse_sync
from feedback_bridge.sync.due import cron_of, latest_due, zone
from feedback_bridge.sync.run import Direction

SILENCE = LEASE + timedelta(minutes=1)
MOST_REVIVALS = 10
QUEUED_AT_MOST = timedelta(minutes=16)
"""A message may wait in the queue for fifteen minutes."""


def tick(now: datetime | None = None) -> list[str]:
    """The syncs whose run was begun. One that has trouble does not keep the others waiting."""
    now = now or datetime.now(UTC)
    begun = []
    for published in configs().all_published("sync"):
        try:
            _revive(published.id, now)
            if published.enabled and _begin_if_due(published, now):
                begun.append(published.id)
        except (BridgeError, InvalidDocument) as error:
            problems = error.problems if isinstance(error, InvalidDocument) else []
            reason = "; ".join(f"{item.path} {item.message}" for item in problems) or str(error)
            logger.error("a sync could not be begun", extra={"sync": published.id, "reason": reason})
            _tell_not_begun(published.id, reason, now)
        except Exception as error:
            logger.error("unforeseen", extra={"sync": published.id, "error": told_of(error)})
            _tell_not_begun(published.id, "see the log of scheduled_sync", now)
    logger.info("ticked", extra={"begun": begun})
    return begun


def zone_of(sync: SyncDocument) -> ZoneInfo:
    """The sync's own, else its org's. Raises TransientError, PermanentError."""
    schedule = sync.schedule
    if schedule != "never" and schedule.timezone:
        return zone(schedule.timezone)
    return zone(org(sync.salesforce.org).traits().timezone)


def _begin_if_due(published: Published, now: datetime) -> bool:
    """The mark of what has been looked at is moved last: what could not be begun stays due."""
    sync = parse_sync(published.document)
    if sync.schedule == "never":
        return False
    seen = runs().checked(sync.id)
    due = latest_due(cron_of(sync.schedule, sync.id), zone_of(sync), seen, now) if seen else None
    begins = due is not None and not _begun_since(sync.id, due)
    if begins:
        direction: Direction = "both" if sync.push and sync.pull else "push" if sync.push else "pull"
        begin(published, direction, "schedule", now)
    runs().check(sync.id, seen, now)
    return begins


def _begun_since(sync: str, due: datetime) -> bool:
    """By a tick that came at the same time, or that died before it could say so."""
    return any(run.by == "schedule" and run.started_at >= due for run in runs().listed(sync, most=1))


def _revive(sync: str, now: datetime) -> None:
    lock = runs().lock(sync)
    if lock is None or now - lock.beat_at < (SILENCE if lock.revived == 0 else QUEUED_AT_MOST):
        return
    if lock.revived >= MOST_REVIVALS:
        _give_up(lock, now)
    elif runs().revive(lock, now):
        logger.warning("a run has fallen silent; a new worker is sent for", extra={"sync": sync, "run": lock.run})
        send_for_worker(sync, lock.run)


def _give_up(lock: Lock, now: datetime) -> None:
    run = runs().find(lock.sync, lock.run)
    if run is None:
        return
    run.status, run.ended_at = "failed", now
    run.reason = f"Its workers stopped without a word, {lock.revived} times. {run.reason or ''}".strip()
    tell(run)
    try:
        runs().finish(run, None, None)
    except Lost:
        logger.info("it has ended meanwhile", extra={"sync": lock.sync, "run": lock.run})


def _tell_not_begun(sync: str, reason: str, now: datetime) -> None:
    """Once for each time that was missed, and then once a day, however many ticks meet the same trouble.

    What is due stays so while it cannot be begun: until when it has been looked tells one trouble from the next.
    """
    try:
        seen = runs().checked(sync)
        trouble = f"{seen.isoformat()} {(now - seen).days}" if seen else f"never {now:%Y-%m-%d}"
        if runs().told_of(sync) == trouble:
            return
        announce(settings.event_bus(), [_not_begun(sync, reason, now)])
        runs().note_told(sync, trouble)
    except BridgeError:
        logger.error("it could not be told that a sync did not start", extra={"sync": sync})


def _not_begun(sync: str, reason: str, now: datetime) -> SyncRunFinished:
    return SyncRunFinished(
        sync=sync, run=None, direction=None, status="failed", reason=f"It did not start: {reason}", at=now
    )
