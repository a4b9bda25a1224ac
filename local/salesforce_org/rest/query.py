"""/query and /queryAll: the first page, and the pages behind `nextRecordsUrl`."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.salesforce_org.errors import SalesforceError
from local.salesforce_org.http_types import RestRequest, RestResponse
from local.salesforce_org.soql.execute import Result, run

MIN_PAGE, MAX_PAGE, OPEN_CURSORS = 200, 2000, 10
LOCATOR = re.compile(r"(0r8[A-Za-z0-9]{15})-(\d+)")


@dataclass
class Cursor:
    """The rest of an answer; rows are never changed in place, so it stays as it was at the time of the query."""

    user_id: str
    total: int
    rows: list[Any]
    build: Callable[[Any], dict[str, Any]]
    page: int


class Cursors:
    """Open cursors, ten to a user: one more closes the oldest."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Cursor] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, locator: str, cursor: Cursor) -> None:
        with self._lock:
            self._open[locator] = cursor
            own = [key for key, each in self._open.items() if each.user_id == cursor.user_id]
            for key in own[:-OPEN_CURSORS]:
                del self._open[key]

    def get(self, locator: str, user_id: str) -> Cursor:
        with self._lock:
            cursor = self._open.get(locator)
        if cursor is None or cursor.user_id != user_id:
            raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
        return cursor


def query(request: RestRequest) -> RestResponse:
    return _first_page(request, with_deleted=False)


def query_all(request: RestRequest) -> RestResponse:
    return _first_page(request, with_deleted=True)


def _first_page(request: RestRequest, *, with_deleted: bool) -> RestResponse:
    text = request.query.get("q")
    if text is None:
        raise SalesforceError("MALFORMED_QUERY", "A query string has to be specified")
    with request.org.mutex:
        result = run(request.org, request.session.permissions, text, request.base, with_deleted=with_deleted)
        cursor = Cursor(request.session.user_id, result.total, result.rows, result.build, _page_size(request, result))
        if len(result.rows) <= cursor.page:
            return _page(request, cursor, 0, "", "query")
    locator = request.org.ids.new("0r8")
    request.org.part("cursors", Cursors).add(locator, cursor)
    return _page(request, cursor, 0, locator, "queryAll" if with_deleted else "query")


def _page_size(request: RestRequest, result: Result) -> int:
    """The server's choice; `Sforce-Query-Options: batchSize=n` is a wish between 200 and 2000."""
    settings = request.org.settings
    size = settings.wide_page_size if result.is_wide else settings.page_size
    wish = re.search(r"batchSize\s*=\s*(\d+)", request.header("Sforce-Query-Options") or "")
    if wish:
        size = min(size, max(MIN_PAGE, int(wish.group(1))))
    return min(size, MAX_PAGE)


def next_page(request: RestRequest, locator: str) -> RestResponse:
    match = LOCATOR.fullmatch(locator)
    if match is None:
        raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
    cursor = request.org.part("cursors", Cursors).get(match.group(1), request.session.user_id)
    resource = "queryAll" if "/queryAll" in request.path else "query"
    return _page(request, cursor, int(match.group(2)), match.group(1), resource)


def _page(request: RestRequest, cursor: Cursor, start: int, locator: str, resource: str) -> RestResponse:
    end = start + cursor.page
    with request.org.mutex:
        records = [cursor.build(row) for row in cursor.rows[start:end]]
    done = end >= len(cursor.rows)
    body: dict[str, Any] = {"totalSize": cursor.total, "done": done}
    if not done:
        body["nextRecordsUrl"] = f"{request.base}/{resource}/{locator}-{end}"
    body["records"] = records
    return RestResponse(200, body)
