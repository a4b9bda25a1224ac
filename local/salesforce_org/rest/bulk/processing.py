"""Carries out an ingest job on a thread of its own: 200 rows to a statement, batches of 10,000 counted."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from local.salesforce_org import ids
from local.salesforce_org.errors import SalesforceError, malformed_id
from local.salesforce_org.rows.statement import Options, Write, run_alone
from local.salesforce_org.rows.targets import key_value
from local.salesforce_org.schema.model import SObject

from .csv_rows import Column, InvalidBatch, as_bulk_error, columns, error_cell, payload, read_rows
from .jobs import DELIMITERS, Job, quoted

if TYPE_CHECKING:
    from local.salesforce_org.org import Org

ROWS_PER_STATEMENT = 200
LOCK_ATTEMPTS = 10


def process(org: Org, job: Job) -> None:
    """Leaves the job JobComplete, Failed or Aborted, with a line for every row."""
    started = time.monotonic()
    time.sleep(org.settings.bulk_delay_ms / 1000)
    if job.state == "UploadComplete":
        job.move_to("InProgress")
        try:
            _process_rows(org, job)
        except InvalidBatch as problem:
            job.error = str(problem)
            job.move_to("Failed")
    job.content = None
    job.milliseconds = int((time.monotonic() - started) * 1000)
    if job.state == "InProgress":
        job.move_to("JobComplete")


def _process_rows(org: Org, job: Job) -> None:
    sobject = org.schema.objects[job.object]
    try:
        text = (job.content or b"").decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InvalidBatch("InvalidBatch : Failed to parse CSV. The file is not UTF-8") from problem
    if not text:
        return
    job.header, rows = read_rows(job, text)
    found = columns(sobject, job.header, job.session.permissions.readable(sobject))
    for chunk in _chunks(rows):
        if job.state != "InProgress" or _stopped(org, job):
            job.unprocessed += [_line(job, row) for row in chunk]
            continue
        if job.processed % org.settings.bulk_batch_rows == 0:
            org.limits.bulk_batches_used += 1
        _process_chunk(org, job, sobject, found, chunk)
    if job.unprocessed and job.state == "InProgress":
        raise InvalidBatch("InternalServerError : the batch was not processed")


def _stopped(org: Org, job: Job) -> bool:
    return 0 < org.settings.bulk_stop_after_rows <= job.processed


def _chunks(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while chunk := list(itertools.islice(rows, ROWS_PER_STATEMENT)):
        yield chunk


def _process_chunk(org: Org, job: Job, sobject: SObject, found: list[Column], chunk: list[list[str]]) -> None:
    outcomes: list[Write | SalesforceError] = [_write(job, sobject, found, row) for row in chunk]
    writes = [each for each in outcomes if isinstance(each, Write)]
    _run_with_retries(org, job, writes)
    for row, outcome in zip(chunk, outcomes, strict=True):
        problem = outcome if isinstance(outcome, SalesforceError) else outcome.error
        if problem is not None:
            cell = error_cell(as_bulk_error(problem, found, row))
            known = outcome.record_id if isinstance(outcome, Write) else None
            job.failed.append(_line(job, [known or "", cell, *row]))
        elif isinstance(outcome, Write):
            created = "true" if outcome.is_create else "false"
            job.successful.append(_line(job, [str(outcome.record_id), created, *row]))
    job.processed += len(chunk)


def _run_with_retries(org: Org, job: Job, writes: list[Write]) -> None:
    """Bulk tries locked rows again by itself, ten times over."""
    pending = writes
    for _ in range(LOCK_ATTEMPTS):
        if not pending:
            return
        run_alone(org, job.session, Options(), pending)
        pending = [each for each in pending if each.error and each.error.code == "UNABLE_TO_LOCK_ROW"]
        for write in pending:
            write.error, write.values = None, {}
    if pending:
        run_alone(org, job.session, Options(), pending)


def _write(job: Job, sobject: SObject, found: list[Column], row: list[str]) -> Write | SalesforceError:
    try:
        values = payload(found, row)
        if job.operation == "insert":
            return Write("create", sobject, values)
        if job.operation == "upsert":
            field = sobject.fields[str(job.external_id)]
            raw = values.get(field.name)
            value = raw if field.name == "Id" else key_value(field, raw)
            return Write("upsert", sobject, values, key=(field, value))
        return Write(job.operation, sobject, values, record_id=_row_id(sobject, values.get("Id")))
    except SalesforceError as problem:
        return problem


def _row_id(sobject: SObject, text: str | None) -> str:
    if not text:
        raise SalesforceError("MISSING_ARGUMENT", "Id not specified in an update call", [])
    record_id = ids.normalise(text)
    if record_id is None or record_id[:3] != sobject.prefix:
        raise malformed_id("Record ID", text, "Id")
    return record_id


def _line(job: Job, cells: list[str]) -> str:
    return DELIMITERS[job.delimiter].join(quoted(cell) for cell in cells)
