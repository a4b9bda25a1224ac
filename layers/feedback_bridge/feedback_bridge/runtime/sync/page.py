"""The batch of sync_page: each message is one run that wants some work done on it."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from feedback_bridge.aws.bus import announce
from feedback_bridge.aws.sync_files import SyncFiles
from feedback_bridge.errors import BridgeError
from feedback_bridge.feedback.facts import SyncRunFinished
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.messages import failures
from feedback_bridge.runtime.observability import logger, told_of
from feedback_bridge.runtime.orgs import org
from feedback_bridge.runtime.sync.engine import Engine
from feedback_bridge.runtime.sync.starting import runs, send_for_worker
from feedback_bridge.runtime.sync.tools import tool_of
from feedback_bridge.sync.run import Run

KEPT_BACK_MS = 45_000
"""Of the function's time: no piece of work is begun that might not be finished."""


def work_through(records: Sequence[Mapping[str, Any]], milliseconds_left: Callable[[], int]) -> dict[str, Any]:
    failed = []
    for record in records:
        try:
            message = json.loads(record["body"])
            sync, run = str(message["sync"]), str(message["run"])
        except (ValueError, KeyError, TypeError):
            logger.error("a message names no run", extra={"message_id": record["messageId"]})
            failed.append(record["messageId"])
            continue
        try:
            wait = engine().go_on(sync, run, record["messageId"], lambda: milliseconds_left() > KEPT_BACK_MS)
            logger.info("worked", extra={"sync": sync, "run": run, "again_in": wait})
            if wait is not None:
                send_for_worker(sync, run, delay=wait)
        except BridgeError as error:
            logger.warning("later", extra={"sync": sync, "run": run, "reason": str(error)})
            failed.append(record["messageId"])
        except Exception as error:
            logger.error("unforeseen", extra={"sync": sync, "run": run, "error": told_of(error)})
            failed.append(record["messageId"])
    return failures(failed)


def engine() -> Engine:
    return Engine(
        runs=runs(),
        files=lambda run: SyncFiles(settings.archive_bucket(), run.sync, run.id),
        org=org,
        tool=tool_of,
        announce=tell,
        clock=lambda: datetime.now(UTC),
        pause=time.sleep,
    )


def tell(run: Run) -> None:
    """Raises TransientError: a run has not ended before that was said. Trouble is said once, also where a worker that
    follows has to end the run again."""
    if runs().told_of(run.sync) == run.id:
        return
    fact = SyncRunFinished(
        sync=run.sync,
        run=run.id,
        direction=run.direction,
        status=run.status,
        reason=run.reason,
        dry_run=run.dry_run,
        counts=run.counts.model_dump(),
        at=run.ended_at or run.started_at,
    )
    announce(settings.event_bus(), [fact])
    if run.status in ("failed", "stopped"):
        runs().note_told(run.sync, run.id)
