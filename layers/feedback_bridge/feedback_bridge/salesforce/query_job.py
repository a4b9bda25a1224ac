"""Bulk API 2.0 query jobs, one step at a time, so that a job outlives the worker that asked for it.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_create_job.htm
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from feedback_bridge.errors import PermanentError
from feedback_bridge.salesforce.bulk_job import lines_of
from feedback_bridge.salesforce.session import Session
from feedback_bridge.salesforce.soql import checked


@dataclass(frozen=True, slots=True)
class JobState:
    """`rows` is how many there are once it is complete."""

    complete: bool
    rows: int


def ask(session: Session, sobject: str, fields: Sequence[str], where: str = "") -> str:
    """The id of a new job that reads these fields of all records. `where` must be made of checked names and literals.

    Raises Refused, TransientError.
    """
    names = ", ".join(checked(name) for name in dict.fromkeys(fields))
    query = f"SELECT {names} FROM {checked(sobject)}{where}"  # noqa: S608 - names only, and checked
    reply = session.restful("jobs/query", method="POST", json={"operation": "query", "query": query})
    return str((reply or {})["id"])


def state_of(session: Session, job: str) -> JobState:
    """Raises PermanentError for a job that failed, with Salesforce's reason."""
    reply: dict[str, Any] = dict(session.restful(f"jobs/query/{job}") or {})
    if reply["state"] in ("Failed", "Aborted"):
        told = reply.get("errorMessage") or reply["state"]
        raise PermanentError(f"Salesforce could not run the query: {told}")
    return JobState(reply["state"] == "JobComplete", int(reply.get("numberRecordsProcessed") or 0))


@contextmanager
def page(
    session: Session, job: str, locator: str | None, most: int
) -> Iterator[tuple[Iterator[list[str]], str | None]]:
    """The rows of one page, without their header, as they come in, and where the next page begins (None: nowhere).

    The locator is the word "null" on the last page. Raises TransientError when the connection breaks.
    """
    params: dict[str, str | int] = {"maxRecords": most, **({"locator": locator} if locator else {})}
    url = f"{session.base_url}jobs/query/{job}/results"
    reply = session._call_salesforce("GET", url, params=params, stream=True, headers={"Accept": "text/csv"})
    following = reply.headers.get("Sforce-Locator", "null")
    with closing(reply):
        rows = csv.reader(lines_of(reply))
        next(rows, None)
        yield rows, None if following == "null" else following
