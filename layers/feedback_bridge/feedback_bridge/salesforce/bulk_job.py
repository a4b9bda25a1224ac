"""One job of Bulk API 2.0, through simple-salesforce's client and our session.

The client as it is never refreshes a session, has no time-outs and takes a file as one text; its requests go through
`Session` here, files go up as they are on disk, and result files come down row by row.
"""

import csv
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO, Any, Literal, Self

import requests
from simple_salesforce.bulk2 import Operation, _Bulk2Client

from feedback_bridge.delivery.outcome import Meaning, Refused
from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.salesforce.session import Session, unreadable
from feedback_bridge.sync.lines import lines, whole_lines

FIRST_WAIT, LONGEST_WAIT, WAIT_GROWS = 0.1, 15.0, 1.6
"""Seconds between two looks at a job; each look is an API call."""

READS = 3
"""Times that a result file is asked for when its connection breaks."""

PAGE = 25_000
"""Rows of a query's result that are asked for at once."""

BLOCK_BYTES = 256 * 1024
"""In which a result comes in."""

ENDED = frozenset({"JobComplete", "Failed", "Aborted"})

csv.field_size_limit(1_000_000)


def _client(session: Session, sobject: str = "") -> _Bulk2Client:
    return _Bulk2Client(sobject, session.bulk2_url, {}, _Through(session))  # type: ignore[arg-type]


class _Through:
    """Stands where the client expects a `requests` session. Raises as `Session.ask` does."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def request(self, method: str, url: str, headers: Mapping[str, str], **options: Any) -> requests.Response:
        reply = self.session._call_salesforce(method, url, headers=dict(headers), **options)
        job = self.session.parse_result_to_json(reply)
        if not isinstance(job, dict) or not {"id", "state"} <= job.keys():
            raise unreadable()
        return reply


@dataclass(frozen=True, slots=True)
class JobState:
    """`processed` and `failed` count rows; of a query that is done, `processed` are all that there are."""

    state: Literal["open", "working", "done"]
    processed: int
    failed: int


class BulkJob:
    """One that was begun here, or by a worker that is no more. Every method raises Refused and TransientError."""

    def __init__(self, session: Session, job_id: str, *, query: bool = False) -> None:
        self._session, self.id, self._query = session, job_id, query
        self._client = _client(session)
        self._url = self._client._construct_request_url(job_id, query)

    @classmethod
    def begin(cls, session: Session, operation: str, sobject: str, *, key: str | None = None) -> Self:
        """An empty job for writing. `key` is the External Id of an upsert."""
        made = _client(session, sobject).create_job(Operation(operation), external_id_field=key)
        return cls(session, str(made["id"]))

    @classmethod
    def ask(cls, session: Session, soql: str) -> Self:
        return cls(session, str(_client(session).create_job(Operation.query, soql)["id"]), query=True)

    def upload(self, rows: IO[bytes] | bytes) -> None:
        """Nothing is done with them before the job is closed. A job takes them once."""
        if not isinstance(rows, bytes):
            rows.seek(0)
        self._session._call_salesforce(
            "PUT", f"{self._url}/batches", data=rows, headers={"Content-Type": "text/csv; charset=UTF-8"}
        )

    def close(self) -> None:
        self._client.close_job(self.id)

    def abort(self) -> None:
        self._client.abort_job(self.id, self._query)

    def state(self) -> JobState:
        """One look. Raises PermanentError for a job that failed as a whole, with Salesforce's reason."""
        told = self._client.get_job(self.id, self._query)
        if told["state"] in ("Failed", "Aborted"):
            raise PermanentError(f"Salesforce could not carry out a job: {told.get('errorMessage') or told['state']}")
        states: dict[str, Literal["open", "done"]] = {"Open": "open", "JobComplete": "done"}
        counts = (int(told.get(f"numberRecords{which}") or 0) for which in ("Processed", "Failed"))
        return JobState(states.get(told["state"], "working"), *counts)

    def ended(self, patience: float, pause: Callable[[float], None]) -> dict[str, Any]:
        """The job as it ended; within `patience` seconds, or aborted then, so that nothing is done behind our back.

        Empty when Salesforce does not answer that either.
        """
        wait, until = FIRST_WAIT, time.monotonic() + patience
        while True:
            late = time.monotonic() >= until
            job = self._looked_at(late)
            if late or job.get("state") in ENDED:
                return job
            pause(wait)
            wait = min(wait * WAIT_GROWS, LONGEST_WAIT)

    def _looked_at(self, late: bool) -> dict[str, Any]:
        """A look that is not answered is no news. An upload is closed here, however often that takes."""
        try:
            job = self._client.get_job(self.id, self._query)
            if late and job["state"] not in ENDED:
                with _unless_it_has_moved_on():
                    return dict(self._client.abort_job(self.id, self._query))
                job = self._client.get_job(self.id, self._query)
            elif job["state"] == "Open":
                with _unless_it_has_moved_on():
                    self._client.close_job(self.id)
            return dict(job)
        except TransientError:
            return {}

    def rows(self, file: str) -> Iterator[dict[str, str]]:
        """A result file, row by row. It does not change: after a broken connection it is read on from where it was."""
        terms: dict[str, Any] = {"maxRecords": PAGE} if self._query else {}
        while True:
            given = 0
            for left in reversed(range(READS)):
                try:
                    with closing(self._get(file, terms)) as reply:
                        for row in islice(_table(reply), given, None):
                            given += 1
                            yield row
                    break
                except TransientError:
                    if not left:
                        raise
            terms["locator"] = reply.headers.get("Sforce-Locator", "null")
            if terms["locator"] in ("", "null"):
                return

    @contextmanager
    def page(self, locator: str | None, most: int) -> Iterator[tuple[Iterator[list[str]], str | None]]:
        """A page of a query's rows, without their header, as they come in, and where the next begins (None: nowhere).

        The locator is the word "null" on the last page.
        """
        reply = self._get("results", {"maxRecords": most, **({"locator": locator} if locator else {})})
        following = reply.headers.get("Sforce-Locator", "null")
        with closing(reply):
            rows = csv.reader(lines_of(reply))
            next(rows, None)
            yield rows, None if following == "null" else following

    def _get(self, file: str, terms: Mapping[str, Any]) -> requests.Response:
        headers = {"Accept": "text/csv"}
        return self._session._call_salesforce("GET", f"{self._url}/{file}", params=terms, headers=headers, stream=True)


@contextmanager
def _unless_it_has_moved_on() -> Iterator[None]:
    """A job that has gone to another state since it was looked at cannot be closed or aborted any more."""
    try:
        yield
    except Refused as error:
        if error.refusal.meaning is not Meaning.RETRY:
            raise


def _table(reply: requests.Response) -> Iterator[dict[str, str]]:
    rows = csv.reader(lines_of(reply))
    try:
        header = next(rows, [])
        for row in rows:
            yield dict(zip(header, row, strict=False))
    except csv.Error:
        raise unreadable() from None


def lines_of(reply: requests.Response) -> Iterator[str]:
    """Lines with their ends, as the csv module wants them: a line break in a cell is part of its text.

    Raises TransientError when the connection breaks.
    """
    return chain.from_iterable(lines(block.decode(errors="replace")) for block in whole_lines(_blocks(reply)))


def _blocks(reply: requests.Response) -> Iterator[bytes]:
    try:
        yield from reply.iter_content(BLOCK_BYTES)
    except requests.RequestException as error:
        raise TransientError(f"A result of Salesforce broke off ({type(error).__name__}).") from None
