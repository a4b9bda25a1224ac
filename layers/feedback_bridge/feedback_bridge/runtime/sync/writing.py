"""Writing the changes: 200 to a call at once, or jobs of many. Both are updates by id, so repeating one is harmless."""

from collections.abc import Iterable
from typing import Any

from feedback_bridge.delivery.outcome import Meaning, Refusal, Refused
from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.mapping.write import Write
from feedback_bridge.runtime.sync.work import Work, done
from feedback_bridge.salesforce.bulk import not_updated
from feedback_bridge.salesforce.bulk_job import BulkJob
from feedback_bridge.salesforce.bulk_rows import updates
from feedback_bridge.sync.compare import Issue

ROWS_A_CALL = 200
ROWS_A_JOB = 50_000
MOST_CHARACTERS = 25_000_000
"""Of one job: a few bytes each, and Salesforce takes 100 MB of CSV."""

MOST_RETRIES = 5

Place = tuple[int, int]
ChangeRow = tuple[str, str, dict[str, Any]]
"""Record id, the tool's key, fields."""

_RETRIED = frozenset({Meaning.RETRY, Meaning.SLOW_DOWN})


def write(work: Work) -> None:
    """One call's or one job's worth of changes."""
    writing = work.run.writing
    if writing.bulk:
        _bulk(work)
    else:
        _collection(work)
    if not writing.job and writing.part >= work.run.parts:
        work.run.phase = "pull" if work.run.direction == "both" else "report"


def _collection(work: Work) -> None:
    changes, end = _next(work, ROWS_A_CALL)
    _finish(work, changes, _sent(work, changes, list(range(len(changes)))), end)


def _sent(work: Work, changes: list[ChangeRow], waiting: list[int]) -> dict[int, Refusal]:
    """Those of the rows that Salesforce would not take, also not after some waiting."""
    refused: dict[int, Refusal] = {}
    for attempt in range(MOST_RETRIES):
        writes = [Write(work.schema.name, "update", changes[at][2], changes[at][0], assign=False) for at in waiting]
        outcomes = dict(zip(waiting, work.org.write(writes), strict=True))
        told = {at: outcome for at, outcome in outcomes.items() if isinstance(outcome, Refusal)}
        _end_for_all(told.values())
        refused = {at: outcome for at, outcome in refused.items() if at not in outcomes} | told
        waiting = [at for at, outcome in told.items() if outcome.meaning in _RETRIED]
        if not waiting:
            break
        work.pause(0.5 * 2**attempt)
    return refused


def _bulk(work: Work) -> None:
    """A job's id is kept before its rows are sent, so that a worker that follows knows of it."""
    writing, session = work.run.writing, work.org.session()
    if not writing.job:
        writing.job = BulkJob.begin(session, "update", work.schema.name).id
        return
    changes, end = _next(work, ROWS_A_JOB)
    job = BulkJob(session, writing.job)
    if job.state().state == "open" and not _send(job, changes):
        writing.job = ""
        return
    state = done(work, job)
    told = dict(not_updated(job)) if state.failed or state.processed < len(changes) else {}
    refused = {at: told[row[0]] for at, row in enumerate(changes) if row[0] in told}
    again = [at for at, refusal in refused.items() if refusal.meaning in _RETRIED]
    for start in range(0, len(again), ROWS_A_CALL):
        some = again[start : start + ROWS_A_CALL]
        refused = {at: refusal for at, refusal in refused.items() if at not in some} | _sent(work, changes, some)
    writing.job = ""
    _finish(work, changes, refused, end)


def _send(job: BulkJob, changes: list[ChangeRow]) -> bool:
    """Whether the job has its rows. It takes them once: one that may have them already is given up for a new one."""
    try:
        job.upload(updates([(row[0], row[2]) for row in changes]))
    except Refused as error:
        if error.refusal.code != "CLIENTINPUTERROR":
            raise
        job.abort()
        return False
    job.close()
    return True


def _finish(work: Work, changes: list[ChangeRow], refused: dict[int, Refusal], end: Place) -> None:
    issues = [
        Issue("refused", changes[at][1], told.reason, changes[at][0], ", ".join(told.fields))
        for at, told in sorted(refused.items())
    ]
    writing = work.run.writing
    work.issue(f"refused-{writing.part:04}-{writing.row:06}", issues)
    work.run.counts.written += len(changes) - len(issues)
    writing.part, writing.row = end


def _end_for_all(refusals: Iterable[Refusal]) -> None:
    """What concerns every record ends the piece of work: it waits, or a person must do something."""
    for refusal in refusals:
        if refusal.meaning is Meaning.PARK:
            raise TransientError(refusal.reason)
        if refusal.meaning is Meaning.MAPPING:
            raise PermanentError(refusal.reason)


def _next(work: Work, most: int) -> tuple[list[ChangeRow], Place]:
    """The changes from where writing stands, and where it will stand then. The same whenever it is asked again."""
    part, row = work.run.writing.part, work.run.writing.row
    changes: list[ChangeRow] = []
    size = 0
    while part < work.run.parts:
        lines = work.files.lines(f"changes/{part:04}")
        for record_id, key, fields in lines[row:]:
            size += sum(len(str(value)) for value in fields.values())
            if len(changes) == most or (changes and size > MOST_CHARACTERS):
                return changes, (part, row)
            changes.append((record_id, key, fields))
            row += 1
        part, row = part + 1, 0
    return changes, (part, row)
