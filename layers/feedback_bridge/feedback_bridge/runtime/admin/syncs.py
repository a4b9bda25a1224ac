"""Runs of syncs: begun, watched, cancelled, and the rows that were not written."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from feedback_bridge.aws.sync_files import SyncFiles
from feedback_bridge.aws.sync_runs import Busy
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.admin.bodies import object_in
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, Wrong, unfit
from feedback_bridge.runtime.admin.cursor import cursor_of, name_in
from feedback_bridge.runtime.reading import configs
from feedback_bridge.runtime.sync.starting import begin, runs
from feedback_bridge.sync.compare import TROUBLES
from feedback_bridge.sync.document import parse_sync
from feedback_bridge.sync.report import COLUMNS, csv_cells
from feedback_bridge.sync.run import Run

CSV_BYTES = 4_000_000
"""Of one answer: Lambda gives at most 6 MB, a third of which base64 takes."""

_RUN_ID = re.compile(r"[0-9TZ]{16}-[0-9a-f]{8}")


def start(call: Call, sync_id: str) -> Reply:
    """`{"direction": "push" | "pull" | "both", "dry_run": false, "force": false}`; all of it optional."""
    published = configs().published("sync", sync_id)
    if published is None:
        raise Wrong(404, f"There is no published sync named {sync_id}.")
    asked = object_in(call, optional=True)
    sync = parse_sync(published.document)
    can = [name for name, part in (("push", sync.push), ("pull", sync.pull)) if part is not None]
    direction = asked.get("direction", "both" if len(can) == 2 else can[0])
    if direction not in ("push", "pull", "both"):
        raise unfit("direction", "must be push, pull or both")
    if any(part not in can for part in (("push", "pull") if direction == "both" else (direction,))):
        raise unfit("direction", f"the sync has {' and '.join(can)} only")
    try:
        run = begin(
            published, direction, call.by, call.now, dry_run=_flag(asked, "dry_run"), force=_flag(asked, "force")
        )
    except Busy as error:
        raise Wrong(409, str(error)) from None
    return Reply(202, told(run))


def list_runs(call: Call, sync_id: str) -> Reply:
    before = name_in(call.query.get("cursor"))
    most = call.limit()
    found = runs().listed(sync_id, most=most + 1, before=before)
    following = found[most - 1].id if len(found) > most else None
    return Reply(200, {"items": [told(run) for run in found[:most]], "next": cursor_of(following)})


def show(call: Call, sync_id: str, run_id: str) -> Reply:
    """With the first rows that were not written; `…/rows` and `…/rows.csv` have all of them."""
    run = _run(sync_id, run_id)
    rows, following = _rows(call, run, most=USUAL_ROWS)
    return Reply(200, {**told(run), "rows": rows, "more_rows": following is not None})


def list_rows(call: Call, sync_id: str, run_id: str) -> Reply:
    """`?trouble=unmatched|ambiguous|invalid|refused`."""
    rows, following = _rows(call, _run(sync_id, run_id), most=call.limit())
    return Reply(200, {"items": rows, "next": cursor_of(following)})


def rows_csv(call: Call, sync_id: str, run_id: str) -> Reply:
    """A page of CSV; while there is more, the header `X-Next-Cursor` says where it goes on."""
    rows, following = _rows(call, _run(sync_id, run_id), most=CSV_BYTES // 200)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if call.query.get("cursor") is None:
        writer.writerow(COLUMNS)
    writer.writerows(map(csv_cells, rows))
    headers = {"Content-Type": "text/csv; charset=utf-8"}
    headers["Content-Disposition"] = f'attachment; filename="{sync_id}-{run_id}.csv"'
    cursor = cursor_of(following)
    return Reply(200, text.getvalue(), {**headers, **({"X-Next-Cursor": cursor} if cursor else {})})


def cancel(call: Call, sync_id: str, run_id: str) -> Reply:
    """It ends after the piece of work that it is at. What has been written stays written."""
    run = _run(sync_id, run_id)
    if not runs().cancel(sync_id, run_id):
        raise Wrong(409, f"The run has ended already: {run.status}.")
    return Reply(202, told(run))


def told(run: Run) -> dict[str, Any]:
    """The JSON of a run: what every program sees of it."""
    done, total = run.progress()
    ended = run.ended_at
    return {
        "id": run.id,
        "sync": run.sync,
        "version": run.version,
        "direction": run.direction,
        "dry_run": run.dry_run,
        "by": run.by,
        "status": run.status,
        "reason": run.reason,
        "phase": run.phase if run.status == "running" else None,
        "progress": {"done": done, "total": total} if run.status == "running" else None,
        "counts": run.counts.model_dump(),
        "started_at": run.started_at.isoformat(),
        "ended_at": ended.isoformat() if ended else None,
        "seconds": round((ended - run.started_at).total_seconds(), 1) if ended else None,
    }


USUAL_ROWS = 50


def _rows(call: Call, run: Run, *, most: int) -> tuple[list[dict[str, str]], str | None]:
    """Rows from the cursor on, and where the rest begins."""
    wanted = call.query.get("trouble")
    if wanted is not None and wanted not in TROUBLES:
        raise unfit("trouble", f"must be one of {', '.join(TROUBLES)}")
    name, _, row = (name_in(call.query.get("cursor")) or " 0").partition(" ")
    if not re.fullmatch("[0-9]{1,9}", row):
        raise unfit("cursor", "does not belong to this list")
    found: list[dict[str, str]] = []
    for place, at, item in _issues(run, name, int(row)):
        if wanted is None or item[0] == wanted:
            if len(found) == most:
                return found, f"{place} {at}"
            found.append(dict(zip(COLUMNS, item, strict=True)))
    return found, None


def _issues(run: Run, name: str, row: int) -> Iterator[tuple[str, int, list[str]]]:
    files = SyncFiles(settings.archive_bucket(), run.sync, run.id)
    for place in files.names("issues/", kept=True):
        if place < name:
            continue
        for at, item in enumerate(files.lines(place, kept=True)):
            if place > name or at >= row:
                yield place, at, item


def _flag(asked: dict[str, Any], name: str) -> bool:
    value = asked.get(name, False)
    if not isinstance(value, bool):
        raise unfit(name, "must be true or false")
    return value


def _run(sync_id: str, run_id: str) -> Run:
    run = runs().find(sync_id, run_id) if _RUN_ID.fullmatch(run_id) else None
    if run is None:
        raise Wrong(404, f"The sync {sync_id} has no such run.")
    return run


_ONE = "/admin/syncs/<sync_id>/runs"

ENDPOINTS = (
    Endpoint("POST", _ONE, "operator", start),
    Endpoint("GET", _ONE, "viewer", list_runs),
    Endpoint("GET", f"{_ONE}/<run_id>", "viewer", show),
    Endpoint("GET", f"{_ONE}/<run_id>/rows", "viewer", list_rows),
    Endpoint("GET", f"{_ONE}/<run_id>/rows.csv", "viewer", rows_csv),
    Endpoint("POST", f"{_ONE}/<run_id>/cancel", "operator", cancel),
)
