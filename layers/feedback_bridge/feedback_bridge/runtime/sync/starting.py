"""Beginning a run: for a schedule or for a person."""

import json
import secrets
from datetime import datetime

from feedback_bridge.aws.config_items import Published
from feedback_bridge.aws.queues import Postponed, postpone
from feedback_bridge.aws.sync_runs import SyncRuns
from feedback_bridge.errors import TransientError
from feedback_bridge.runtime import settings
from feedback_bridge.sync.run import Direction, Run


def runs() -> SyncRuns:
    return SyncRuns(settings.sync_table(), settings.retention_days())


def begin(
    published: Published, direction: Direction, by: str, now: datetime, *, dry_run: bool = False, force: bool = False
) -> Run:
    """Raises Busy, TransientError. A run whose message the queue did not take is sent for by the next tick."""
    run = Run(
        sync=published.id,
        id=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
        document=published.document,
        version=published.version,
        direction=direction,
        dry_run=dry_run,
        force=force,
        by=by,
        started_at=now,
    )
    runs().begin(run, now)
    send_for_worker(run.sync, run.id)
    return run


def send_for_worker(sync: str, run: str, *, delay: float = 0) -> None:
    body = json.dumps({"sync": sync, "run": run})
    if postpone(settings.sync_queue_url(), [Postponed(body, 1, delay)]):
        raise TransientError("The queue did not take the run.")
