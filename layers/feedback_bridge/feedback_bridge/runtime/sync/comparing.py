"""The second half's beginning: the parts are compared one by one, and the guards look at the whole."""

from feedback_bridge.runtime.sync.tools import Stopped
from feedback_bridge.runtime.sync.work import Work
from feedback_bridge.sync.compare import Issue, compare
from feedback_bridge.sync.guards import Found, objections
from feedback_bridge.sync.partitions import part_of, same_keys, unpacked

BULK_ABOVE = 2000
"""Rows. Below, sObject Collections take 200 a call and answer at once; above, one job takes them all."""


def compare_part(work: Work) -> None:
    run = work.run
    part = run.compared
    rows = unpacked(work.files.part("rows", run.tool.chunks, part), work.width)
    records = unpacked(work.files.part("records", run.salesforce.chunks, part), work.width)
    found = compare(rows, records, work.columns)
    _keep_issues(work, part, found.issues)
    work.files.put_lines(f"changes/{part:04}", [[item.record_id, item.key, item.fields] for item in found.changes])
    run.counts.matched += found.matched
    run.counts.changed += len(found.changes)
    for name, cleared in found.cleared.items():
        run.cleared[name] = run.cleared.get(name, 0) + cleared
    for name, held in found.held.items():
        run.held[name] = run.held.get(name, 0) + held
    run.compared += 1
    if run.compared == run.parts:
        run.phase = "guard"


def _keep_issues(work: Work, part: int, issues: list[Issue]) -> None:
    """Each beside the last good run's: new, still there, or gone since."""
    before = _issues_before(work, part)
    marked = [
        Issue(item.trouble, item.key, item.reason, item.record_id, item.field, "still")
        if item.identity in before
        else item
        for item in issues
    ]
    now = {item.identity for item in marked}
    counts = work.run.counts
    counts.still += sum(item.since == "still" for item in marked)
    counts.new += sum(item.since == "new" for item in marked)
    counts.gone += len(before - now)
    work.issue(f"part-{part:04}", marked)


def _issues_before(work: Work, part: int) -> set[str]:
    if work.good is None or not work.good.parts:
        return set()
    found = set()
    for earlier in same_keys(part, work.run.parts, work.good.parts):
        for trouble, key, record_id, field, reason, since in work.files.lines(
            f"issues/part-{earlier:04}", kept=True, run=work.good.run
        ):
            item = Issue(trouble, key, reason, record_id, field, since)
            if work.good.parts <= work.run.parts and not _in_part(work, item, part):
                continue
            found.add(item.identity)
    return found


def _in_part(work: Work, issue: Issue, part: int) -> bool:
    from feedback_bridge.sync.keys import normaliser

    key = normaliser(work.run.key_kind)(issue.key)
    return key is not None and part_of(key, work.run.parts) == part


def guard(work: Work) -> None:
    """Nothing has been written so far. Raises Stopped."""
    run = work.run
    found = Found(run.counts.read, run.counts.changed, run.counts.ambiguous, run.cleared, run.held)
    told = objections(work.sync.guards, found, work.good.rows if work.good else None)
    if told and not run.force:
        raise Stopped(" ".join([*told, "Nothing was written. Run it with force if this is as it should be."]))
    run.writing.bulk = run.counts.changed > BULK_ABOVE
    run.phase = "report" if run.dry_run else "write"
