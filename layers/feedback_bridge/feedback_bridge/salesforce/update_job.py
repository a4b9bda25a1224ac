"""Bulk API 2.0 ingest jobs that update records, one step at a time, so that a job outlives the worker that began it.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0_ingest.htm
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from feedback_bridge.delivery.outcome import Refusal
from feedback_bridge.errors import PermanentError
from feedback_bridge.salesforce.bulk_rows import cell_of, line_of
from feedback_bridge.salesforce.refusals import refusal_of_row, unprocessed
from feedback_bridge.salesforce.session import Session

State = Literal["open", "working", "done"]


@dataclass(frozen=True, slots=True)
class JobState:
    state: State
    processed: int
    failed: int


def begin(session: Session, sobject: str) -> str:
    """The id of a new, empty job. Raises Refused, TransientError."""
    body = {"object": sobject, "operation": "update", "contentType": "CSV", "lineEnding": "LF"}
    return str((session.restful("jobs/ingest", method="POST", json=body) or {})["id"])


def upload(session: Session, job: str, csv_text: bytes) -> None:
    """All rows at once, as Salesforce wants it, and the word that this was all."""
    session._call_salesforce(
        "PUT",
        f"{session.base_url}jobs/ingest/{job}/batches",
        data=csv_text,
        headers={"Content-Type": "text/csv; charset=UTF-8"},
    )
    session.restful(f"jobs/ingest/{job}", method="PATCH", json={"state": "UploadComplete"})


def abort(session: Session, job: str) -> None:
    """For one that was begun and whose rows may or may not have arrived: nothing of it was written."""
    session.restful(f"jobs/ingest/{job}", method="PATCH", json={"state": "Aborted"})


def state_of(session: Session, job: str) -> JobState:
    """Raises PermanentError for a job that failed as a whole, with Salesforce's reason."""
    reply: dict[str, Any] = dict(session.restful(f"jobs/ingest/{job}") or {})
    told = str(reply["state"])
    if told in ("Failed", "Aborted"):
        raise PermanentError(f"Salesforce could not run the update: {reply.get('errorMessage') or told}")
    states: dict[str, State] = {"Open": "open", "JobComplete": "done"}
    processed, failed = int(reply.get("numberRecordsProcessed") or 0), int(reply.get("numberRecordsFailed") or 0)
    return JobState(states.get(told, "working"), processed, failed)


def failures(session: Session, job: str) -> Iterator[tuple[str, Refusal]]:
    """Record id and refusal of each row that was not written, those that Salesforce left undone included."""
    for row in _rows(session, job, "failedResults"):
        yield row["Id"], refusal_of_row(row)
    for row in _rows(session, job, "unprocessedrecords"):
        yield row["Id"], unprocessed()


def csv_of(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> bytes:
    """Record id and fields of each; a field that a row does not have is an empty cell."""
    names = sorted({name for _, fields in rows for name in fields})
    lines = [
        [record_id, *(cell_of(fields[name]) if name in fields else "" for name in names)] for record_id, fields in rows
    ]
    return b"".join(map(line_of, [["Id", *names], *lines]))


def _rows(session: Session, job: str, which: str) -> Iterator[dict[str, str]]:
    url = f"{session.base_url}jobs/ingest/{job}/{which}"
    reply = session._call_salesforce("GET", url, headers={"Accept": "text/csv"})
    yield from csv.DictReader(io.StringIO(reply.content.decode("utf-8"), newline=""))
