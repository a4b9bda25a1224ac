"""Jobs and where they are kept. A job's document has the keys of the real one, in their order."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.salesforce_org.clock import now_wire
from local.salesforce_org.errors import SalesforceError, not_found
from local.salesforce_org.http_types import RestRequest, RestResponse

if TYPE_CHECKING:
    from local.salesforce_org.sessions import Session

DELIMITERS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
TERMINAL = frozenset({"JobComplete", "Failed", "Aborted"})
JOB_PREFIX = "750"


@dataclass
class Job:
    """`lines` are finished CSV lines of each result file, without their line ending."""

    id: str
    kind: str
    operation: str
    object: str
    session: Session
    version: str
    delimiter: str
    line_ending: str
    external_id: str | None = None
    query: str | None = None
    state: str = "Open"
    created: str = field(default_factory=now_wire)
    content: bytes | None = None
    header: list[str] = field(default_factory=list)
    successful: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    unprocessed: list[str] = field(default_factory=list)
    processed: int = 0
    error: str | None = None
    milliseconds: int = 0
    touched: str = field(default_factory=now_wire)

    def head(self) -> dict[str, Any]:
        document: dict[str, Any] = {"id": self.id, "operation": self.operation, "object": self.object}
        document.update(createdById=self.session.user_id, createdDate=self.created, systemModstamp=self.touched)
        document["state"] = self.state
        if self.external_id:
            document["externalIdFieldName"] = self.external_id
        document.update(concurrencyMode="Parallel", contentType="CSV", apiVersion=float(self.version))
        return document

    def format_keys(self) -> dict[str, Any]:
        return {"lineEnding": self.line_ending, "columnDelimiter": self.delimiter}

    def progress(self) -> dict[str, Any]:
        document = {**self.head(), "jobType": "V2Ingest" if self.kind == "ingest" else "V2Query"}
        document.update(self.format_keys())
        document["numberRecordsProcessed"] = self.processed
        if self.kind == "ingest":
            document["numberRecordsFailed"] = len(self.failed)
        document.update(retries=0, totalProcessingTime=self.milliseconds)
        if self.kind == "ingest":
            document.update(apiActiveProcessingTime=self.milliseconds, apexProcessingTime=0)
        if self.error:
            document["errorMessage"] = self.error
        return document

    def move_to(self, state: str) -> None:
        self.state, self.touched = state, now_wire()


class Jobs:
    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def add(self, job: Job) -> None:
        with self._lock:
            self._jobs[job.id] = job

    def get(self, job_id: str, kind: str) -> Job:
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None or job.kind != kind:
            raise not_found()
        return job

    def remove(self, job: Job) -> None:
        with self._lock:
            self._jobs.pop(job.id, None)

    def all(self, kind: str) -> list[Job]:
        with self._lock:
            return [job for job in self._jobs.values() if job.kind == kind]


def jobs(request: RestRequest) -> Jobs:
    return request.org.part("jobs", Jobs)


def read_format(body: dict[str, Any]) -> tuple[str, str]:
    """Names of the delimiter and the line ending. Raises INVALIDJOB."""
    delimiter, ending = str(body.get("columnDelimiter") or "COMMA"), str(body.get("lineEnding") or "LF")
    if delimiter not in DELIMITERS or ending not in LINE_ENDINGS:
        raise invalid_job(f"Invalid columnDelimiter or lineEnding: {delimiter}, {ending}")
    if body.get("contentType", "CSV") != "CSV":
        raise invalid_job(f"Invalid contentType: {body['contentType']}")
    return delimiter, ending


def invalid_job(message: str) -> SalesforceError:
    return SalesforceError("INVALIDJOB", f"InvalidJob : {message}")


def invalid_state(message: str) -> SalesforceError:
    return SalesforceError("INVALIDJOBSTATE", message)


def listing(request: RestRequest, kind: str) -> RestResponse:
    name = "V2Ingest" if kind == "ingest" else "V2Query"
    records = [{**job.head(), "jobType": name} for job in jobs(request).all(kind)]
    return RestResponse(200, {"done": True, "records": records, "nextRecordsUrl": None})


def csv_response(text: str, headers: dict[str, str] | None = None) -> RestResponse:
    return RestResponse(200, text.encode("utf-8"), {"Content-Type": "text/csv", **(headers or {})})


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
