"""The end of a run: its troubles beside those of the last good one, and what the next run will compare with."""

from feedback_bridge.runtime.sync.events import tell_changes
from feedback_bridge.runtime.sync.work import Work
from feedback_bridge.sync.compare import Issue
from feedback_bridge.sync.run import LastGood, Run

_WITHOUT_PARTS = ("issues/refused-", "issues/unread-")
"""Troubles that `comparing` has not seen. They are few, or the guards would have objected."""


def report(work: Work) -> None:
    tell_changes(work)
    before = _identities(work, work.good.run) if work.good else set()
    now: set[str] = set()
    counts = work.run.counts
    for prefix in _WITHOUT_PARTS:
        for name in work.files.names(prefix, kept=True):
            rows = work.files.lines(name, kept=True)
            for row in rows:
                identity = _identity(row)
                now.add(identity)
                still = identity in before
                row[5] = "still" if still else "new"
                counts.still, counts.new = counts.still + still, counts.new + (not still)
            work.files.put_lines(name, rows, kept=True)
    counts.gone += len(before - now)
    work.run.status = "succeeded"


def good_of(run: Run, before: LastGood | None) -> LastGood | None:
    """None: what the next run compares with stays as it is. A page that was pulled is never pulled again."""
    cursor = run.pulling or (before.pull_cursor if before else None)
    if run.dry_run:
        return None
    if run.status == "succeeded" and run.direction != "pull":
        return LastGood(run=run.id, rows=run.counts.read, parts=run.parts, pull_cursor=cursor)
    if before is None:
        return LastGood(run=run.id, pull_cursor=cursor) if cursor else None
    return before.model_copy(update={"pull_cursor": cursor})


def _identities(work: Work, run: str) -> set[str]:
    return {
        _identity(row)
        for prefix in _WITHOUT_PARTS
        for name in work.files.names(prefix, kept=True, run=run)
        for row in work.files.lines(name, kept=True, run=run)
    }


def _identity(row: list[str]) -> str:
    trouble, key, record_id, field, reason = row[:5]
    return Issue(trouble, key, reason, record_id, field).identity  # type: ignore[arg-type]
