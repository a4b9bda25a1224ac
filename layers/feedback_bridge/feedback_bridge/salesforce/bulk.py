"""Thousands of records in a few calls: Bulk API 2.0, with every row of its results brought back to its write.

Result files are not in the order of what was sent and show only its columns, so each row is recognised by its key: the
External Id of an upsert, the Id of an update or delete, and for an insert by all that it says. Inserts that say the
same are interchangeable, so each is given one of their results. What no result tells of is reported as unknown.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0.htm
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from feedback_bridge.delivery.outcome import Meaning, Outcome, Refusal, Refused, Written, no_answer
from feedback_bridge.errors import TransientError
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.bulk_job import ENDED, BulkJob
from feedback_bridge.salesforce.bulk_rows import Row, Sheet, fits_bulk, row_of
from feedback_bridge.salesforce.refusals import refusal_of_job, refusal_of_row, unprocessed
from feedback_bridge.salesforce.session import Session, unreadable

MOST_ROWS, MOST_BYTES = 100_000, 90_000_000
"""Of the jobs that are prepared together. Salesforce takes 100 MB a job; the rest bounds our memory."""

FEW = 200
"""So many rows with the same columns fit one call of a collection; a job takes six or more calls."""

MOST_SHEETS, MOST_HELD = 20, 2_000
"""Sets of columns that get a file of their own, and writes that are held for collections because they get none."""


class _Load:
    """What is prepared together: a file for each set of columns, and what goes through collections instead."""

    def __init__(self) -> None:
        self.by_columns: dict[tuple[str, ...], Sheet] = {}
        self.misfits = Sheet((), MOST_HELD)
        self.rows = self.size = 0

    @property
    def sheets(self) -> list[Sheet]:
        return [self.misfits, *self.by_columns.values()]

    def add(self, position: int, write: Write) -> bool:
        """False when the load has to be carried out first: it is full, or holds another write to the same record."""
        row = row_of(write)
        home = self._home(write, row)
        for sheet in self.sheets if write.operation != "insert" else ():
            if known := sheet.places.get(row.key):
                if sheet is not home or known[0] != row.print:
                    return False
                known.append(position)
                return True
        if self.rows >= MOST_ROWS or self.size >= MOST_BYTES or len(self.misfits.held) >= MOST_HELD:
            return False
        if home is not self.misfits:
            self.by_columns[row.columns] = home
        self.rows += 1
        self.size += home.add(position, write, row)
        return True

    def _home(self, write: Write, row: Row) -> Sheet:
        known = self.by_columns.get(row.columns)
        if not fits_bulk(write) or (known is None and len(self.by_columns) >= MOST_SHEETS):
            return self.misfits
        return known or Sheet(row.columns, FEW)


@dataclass(frozen=True)
class Bulk:
    """`by_call` sends what is not worth a job, or does not fit one; `admit` is asked before a job is begun.

    `patience` says how many seconds the next job may take.
    """

    session: Session
    by_call: Callable[[Sequence[Write]], list[Outcome]]
    admit: Callable[[], None]
    pause: Callable[[float], None]
    patience: Callable[[], float]

    def write(self, writes: Iterable[Write]) -> Iterator[tuple[int, Outcome]]:
        """The position of each write with its outcome, in any order.

        `writes` are of one object, operation and External Id. Two that differ and go to one record are carried out one
        after the other, which takes a job each: to be coalesced before. A job that has not ended in time is aborted, so
        that nothing is written behind our back; the records that it does not tell of are then unknown.
        """
        load = _Load()
        for position, write in enumerate(writes):
            if not load.add(position, write):
                yield from self._carried_out(load, write)
                load = _Load()
                load.add(position, write)
            sample = write
        if any(sheet.places for sheet in load.sheets):
            yield from self._carried_out(load, sample)

    def _carried_out(self, load: _Load, sample: Write) -> Iterator[tuple[int, Outcome]]:
        insert = sample.operation == "insert"
        held = [(sheet, row, write) for sheet in load.sheets for row, write in sheet.held]
        outcomes = self.by_call([write for *_, write in held])
        for (sheet, row, _), outcome in zip(held, outcomes, strict=True):
            yield from ((position, outcome) for position in sheet.take_key(row.key, insert=insert))
        for sheet in load.by_columns.values():
            if sheet.file is not None:
                with sheet.file as file:
                    yield from self._job(sheet, file, sample)

    def _job(self, sheet: Sheet, file: IO[bytes], sample: Write) -> Iterator[tuple[int, Outcome]]:
        key = sample.external_id[0] if sample.external_id else None
        try:
            if self.patience() <= 0:
                raise TransientError("There was no time left for another bulk job.")
            self.admit()
            job = BulkJob.begin(self.session, sample.operation, sample.object, key=key)
            job.upload(file)
        except Refused as error:
            rest = unprocessed() if error.refusal.meaning is Meaning.RECORD else error.refusal
        except TransientError as error:
            rest = Refusal("NOT_SENT", Meaning.RETRY, (), str(error))
        else:
            try:
                ended = job.ended(self.patience(), self.pause)
                told = 0
                for row, outcome in _results(job, ended, sample):
                    positions = sheet.take(row, insert=sample.operation == "insert")
                    told += "sf__Id" in row
                    yield from ((position, outcome) for position in positions)
                rest = _untold(ended, told)
            except (Refused, TransientError) as error:
                rest = no_answer(str(error))
        yield from ((position, rest) for position in sheet.rest())


def _results(job: BulkJob, ended: Mapping[str, Any], sample: Write) -> Iterator[tuple[dict[str, str], Outcome]]:
    """Nothing of a job that may still be running. Raises TransientError for results that cannot be had or read."""
    if ended.get("state") not in ENDED:
        return
    key, deleting = sample.external_id[0] if sample.external_id else None, sample.operation == "delete"
    try:
        for row in job.rows("successfulResults"):
            created = row["sf__Created"] == "true" if sample.operation == "upsert" else None
            yield row, Written(row["sf__Id"], created)
        for row in job.rows("failedResults"):
            yield row, refusal_of_row(row, key, deleting=deleting)
    except KeyError:
        raise unreadable() from None
    if ended["state"] == "Failed":
        refusal = refusal_of_job(str(ended.get("errorMessage") or ""))
        for row in job.rows("unprocessedrecords"):
            yield row, refusal


def not_updated(job: BulkJob) -> Iterator[tuple[str, Refusal]]:
    """Of an update that is done: id and refusal of each record that was not written, those left undone included."""
    for row in job.rows("failedResults"):
        yield row["Id"], refusal_of_row(row)
    for row in job.rows("unprocessedrecords"):
        yield row["Id"], unprocessed()


def _untold(ended: Mapping[str, Any], told: int) -> Refusal:
    """For the records that no result tells of: not written where a job failed and told of all that it processed.

    An aborted job may have been at work on some of them.
    """
    if ended.get("state") == "Failed" and told == ended.get("numberRecordsProcessed"):
        return refusal_of_job(str(ended.get("errorMessage") or ""))
    late = ended.get("state") != "JobComplete"
    return no_answer("The bulk job had not ended in time." if late else "The bulk job's results do not tell of it.")


def bulk_query(
    session: Session, soql: str, patience: float, pause: Callable[[float], None]
) -> Iterator[dict[str, str]]:
    """The rows that a query finds, however many: as text, an empty one for null, in the names of the query.

    Aggregates and subqueries are not for Bulk API. Raises Refused, TransientError, also between two rows.
    """
    job = BulkJob.ask(session, soql)
    ended = job.ended(patience, pause)
    if ended.get("state") == "Failed":
        raise Refused(refusal_of_job(str(ended.get("errorMessage") or "")), 400)
    if ended.get("state") != "JobComplete":
        raise TransientError("The bulk query took too long.")
    yield from job.rows("results")
