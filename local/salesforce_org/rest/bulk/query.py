"""/jobs/query: a SOQL query run to completion, its rows fetched as CSV, page by locator."""

from __future__ import annotations

import base64
import binascii
import threading
import time
from collections.abc import Callable
from typing import Any

from local.salesforce_org.errors import SalesforceError
from local.salesforce_org.http_types import RestRequest, RestResponse
from local.salesforce_org.org import Org
from local.salesforce_org.soql import aggregates
from local.salesforce_org.soql.execute import Result, run
from local.salesforce_org.soql.model import FieldRef
from local.salesforce_org.soql.model import Query as ParsedQuery
from local.salesforce_org.soql.parser import parse

from .jobs import (
    DELIMITERS,
    JOB_PREFIX,
    LINE_ENDINGS,
    TERMINAL,
    Job,
    csv_response,
    invalid_job,
    invalid_state,
    jobs,
    listing,
    quoted,
    read_format,
)

DEFAULT_PAGE = 50_000


def create(request: RestRequest) -> RestResponse:
    body = request.json_object()
    operation, text = str(body.get("operation") or ""), str(body.get("query") or "")
    if operation not in ("query", "queryAll"):
        raise invalid_job(f"Unsupported operation: {operation}")
    parsed = parse(text)
    _check_supported(parsed)
    delimiter, ending = read_format(body)
    job = Job(
        id=request.org.ids.new(JOB_PREFIX),
        kind="query",
        operation=operation,
        object=parsed.source,
        session=request.session,
        version=request.version,
        delimiter=delimiter,
        line_ending=ending,
        query=text,
        state="UploadComplete",
    )
    with request.org.mutex:  # refuses now what the query would refuse later
        run(request.org, request.session.permissions, text, request.base)
    request.org.limits.bulk_query_jobs_used += 1
    jobs(request).add(job)
    threading.Thread(target=_run, args=(request.org, job, request.base), daemon=True).start()
    return RestResponse(200, {**job.head(), **job.format_keys()})


def _check_supported(query: ParsedQuery) -> None:
    plain = all(isinstance(item.expression, FieldRef) for item in query.select)
    if aggregates.is_grouped(query) or not plain:
        raise invalid_job("Aggregate functions and nested queries are not supported in Bulk Query")


def _run(org: Org, job: Job, base: str) -> None:
    time.sleep(org.settings.bulk_delay_ms / 1000)
    if job.state != "UploadComplete":
        return
    job.move_to("InProgress")
    try:
        with org.mutex:
            deleted = job.operation == "queryAll"
            result = run(org, job.session.permissions, str(job.query), base, with_deleted=deleted)
            paths = [str(getattr(item.expression, "path", "")) for item in parse(str(job.query)).select]
            job.header = [quoted(_heading(result, path)) for path in paths]
            job.successful = [_line(job, result.build(row), paths) for row in result.rows]
    except SalesforceError as problem:
        job.error = problem.message
        job.move_to("Failed")
        return
    job.processed = len(job.successful)
    job.move_to("JobComplete")


def _heading(result: Result, path: str) -> str:
    """The name as the schema spells it, where a row shows it; otherwise as it was asked for."""
    if not result.rows:
        return path
    record: Any = result.build(result.rows[0])
    steps = []
    for part in path.split("."):
        spelt = next((name for name in record or {} if name.lower() == part.lower()), part)
        steps.append(spelt)
        record = (record or {}).get(spelt)
    return ".".join(steps)


def _line(job: Job, record: dict[str, Any], paths: list[str]) -> str:
    return DELIMITERS[job.delimiter].join(quoted(_cell(record, path)) for path in paths)


def _cell(record: Any, path: str) -> str:
    for part in path.split("."):
        if not isinstance(record, dict):
            return ""
        record = next((value for name, value in record.items() if name.lower() == part.lower()), None)
    if isinstance(record, bool):
        return "true" if record else "false"
    return "" if record is None else str(record)


def list_all(request: RestRequest) -> RestResponse:
    return listing(request, "query")


def show(request: RestRequest, job_id: str) -> RestResponse:
    return RestResponse(200, jobs(request).get(job_id, "query").progress())


def change_state(request: RestRequest, job_id: str) -> RestResponse:
    job = jobs(request).get(job_id, "query")
    if request.json_object().get("state") != "Aborted" or job.state in TERMINAL:
        raise invalid_state(f"Invalid job state transition from {job.state}")
    job.move_to("Aborted")
    return RestResponse(200, job.head())


def remove(request: RestRequest, job_id: str) -> RestResponse:
    job = jobs(request).get(job_id, "query")
    if job.state not in TERMINAL:
        raise invalid_state(f"Job {job.id} is {job.state}, abort it before deleting it")
    jobs(request).remove(job)
    return RestResponse(204)


def results(request: RestRequest, job_id: str) -> RestResponse:
    """`Sforce-Locator` names the next page, and is the word "null" on the last one."""
    job = jobs(request).get(job_id, "query")
    if job.version != request.version:
        raise SalesforceError("API_VERSION_MISMATCH", "Use the API version the job was created with", status=409)
    if job.state != "JobComplete":
        raise invalid_state(f"Job {job.id} is {job.state}, its results are not ready")
    start = _offset(request.query.get("locator"))
    size = _whole(request.query.get("maxRecords"), DEFAULT_PAGE)
    page = job.successful[start : start + size]
    ending, delimiter = LINE_ENDINGS[job.line_ending], DELIMITERS[job.delimiter]
    text = ending.join([delimiter.join(job.header), *page]) + ending
    locator = _locator(start + size) if start + size < len(job.successful) else "null"
    return csv_response(text, {"Sforce-Locator": locator, "Sforce-NumberOfRecords": str(len(page))})


def _whole(text: str | None, default: int) -> int:
    return _checked(lambda: int(text)) if text else default


def _offset(locator: str | None) -> int:
    if not locator or locator == "null":
        return 0
    padded = locator + "=" * (-len(locator) % 4)
    return _checked(lambda: int(base64.urlsafe_b64decode(padded)))


def _checked(read: Callable[[], int]) -> int:
    try:
        return read()
    except (ValueError, binascii.Error) as problem:
        raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator") from problem


def _locator(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode().rstrip("=")
