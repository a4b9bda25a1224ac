"""/jobs/ingest: create a job, upload its CSV once, close it, watch it, fetch what became of each row."""

from __future__ import annotations

import threading

from local.salesforce_org.errors import SalesforceError, not_found
from local.salesforce_org.http_types import RestRequest, RestResponse
from local.salesforce_org.rest.writing import visible_object

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
    read_format,
)
from .processing import process

OPERATIONS = ("insert", "update", "upsert", "delete")
MAX_BYTES = 150_000_000


def create(request: RestRequest) -> RestResponse:
    body = request.json_object()
    operation = str(body.get("operation") or "")
    if operation not in OPERATIONS:
        raise invalid_job(f"Unsupported operation: {operation}")
    try:
        sobject = visible_object(request, str(body.get("object") or ""))
    except SalesforceError as problem:
        raise invalid_job(f"Unable to find object: {body.get('object')}") from problem
    external_id = body.get("externalIdFieldName")
    if operation == "upsert":
        field = sobject.find(str(external_id or ""))
        if field is None or not field.id_lookup:
            raise invalid_job("Field name provided in externalIdFieldName is not an external id")
        external_id = field.name
    delimiter, ending = read_format(body)
    job = Job(
        id=request.org.ids.new(JOB_PREFIX),
        kind="ingest",
        operation=operation,
        object=sobject.name,
        session=request.session,
        version=request.version,
        delimiter=delimiter,
        line_ending=ending,
        external_id=external_id if operation == "upsert" else None,
    )
    jobs(request).add(job)
    address = f"services/data/v{request.version}/jobs/ingest/{job.id}/batches"
    return RestResponse(200, {**job.head(), "contentUrl": address, **job.format_keys()})


def list_all(request: RestRequest) -> RestResponse:
    return listing(request, "ingest")


def show(request: RestRequest, job_id: str) -> RestResponse:
    return RestResponse(200, jobs(request).get(job_id, "ingest").progress())


def upload(request: RestRequest, job_id: str) -> RestResponse:
    job = jobs(request).get(job_id, "ingest")
    if job.state != "Open":
        raise invalid_state(f"Job {job.id} is {job.state}, it takes no more data")
    if job.content is not None:
        message = f"Found multiple contents for job: <{job.id}>, only one PUT is allowed on a given job"
        raise SalesforceError("CLIENTINPUTERROR", message)
    if len(request.body) > MAX_BYTES:
        raise SalesforceError("REQUEST_ENTITY_TOO_LARGE", "The file is larger than 150 MB", status=413)
    job.content = request.body
    return RestResponse(201)


def change_state(request: RestRequest, job_id: str) -> RestResponse:
    job = jobs(request).get(job_id, "ingest")
    state = request.json_object().get("state")
    if state == "Aborted" and job.state not in TERMINAL:
        job.move_to("Aborted")
    elif state == "UploadComplete" and job.state == "Open":
        job.move_to("UploadComplete")
        threading.Thread(target=process, args=(request.org, job), name=f"bulk-{job.id}", daemon=True).start()
    else:
        raise invalid_state(f"Invalid job state transition from {job.state} to {state}")
    return RestResponse(200, job.head())


def remove(request: RestRequest, job_id: str) -> RestResponse:
    job = jobs(request).get(job_id, "ingest")
    if job.state not in TERMINAL:
        raise invalid_state(f"Job {job.id} is {job.state}, abort it before deleting it")
    jobs(request).remove(job)
    return RestResponse(204)


def results(request: RestRequest, job_id: str, file: str) -> RestResponse:
    job = jobs(request).get(job_id, "ingest")
    ending, delimiter = LINE_ENDINGS[job.line_ending], DELIMITERS[job.delimiter]
    if file not in ("successfulResults", "failedResults", "unprocessedrecords"):
        raise not_found()
    if job.state not in TERMINAL:
        raise invalid_state(f"Job {job.id} is {job.state}, its results are not ready")
    own = delimiter.join(job.header)
    if file == "successfulResults":
        header, lines = delimiter.join(['"sf__Id"', '"sf__Created"', own]), job.successful
    elif file == "failedResults":
        header, lines = delimiter.join(['"sf__Id"', '"sf__Error"', own]), job.failed
    else:
        header, lines = own, job.unprocessed
    return csv_response(ending.join([header, *lines]) + ending)
