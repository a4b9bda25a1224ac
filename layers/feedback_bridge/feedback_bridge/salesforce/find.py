"""The reads of a batch in as few calls as fit: a GET where one statement fits its URI, else composites of five."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from feedback_bridge.delivery.outcome import Refused
from feedback_bridge.errors import TransientError
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.salesforce.errors import refusal_of_all
from feedback_bridge.salesforce.session import Session
from feedback_bridge.salesforce.soql import Statement, statements

LONGEST_URI = 8_000
"""Bytes of an encoded query in a GET. Salesforce takes 16,384 with the headers, of which a token may be 2,000."""

QUERIES_A_COMPOSITE = 5


def find(session: Session, queries: Sequence[RecordQuery]) -> list[list[Row]]:
    """The records of each query, in the order of the queries. Raises Refused, TransientError."""
    found: list[list[Row]] = [[] for _ in queries]
    asked = statements(queries)
    if len(asked) == 1 and len(quote(asked[0].text)) <= LONGEST_URI:
        _share(session.query_all_iter(asked[0].text), asked[0], queries, found)
        return found
    for start in range(0, len(asked), QUERIES_A_COMPOSITE):
        group = asked[start : start + QUERIES_A_COMPOSITE]
        for statement, rows in zip(group, _composite(session, group), strict=True):
            _share(rows, statement, queries, found)
    return found


def _composite(session: Session, group: Sequence[Statement]) -> Iterator[Iterable[Row]]:
    version = f"/services/data/v{session.sf_version}"
    requests = [
        {"method": "GET", "referenceId": f"q{number}", "url": f"{version}/query?q={quote(statement.text)}"}
        for number, statement in enumerate(group)
    ]
    reply = session.restful("composite", method="POST", json={"allOrNone": False, "compositeRequest": requests})
    for part in (reply or {})["compositeResponse"]:
        if part["httpStatusCode"] >= 500:
            raise TransientError("Salesforce failed to answer a query.")
        if part["httpStatusCode"] != 200:
            raise Refused(refusal_of_all(part["body"]), part["httpStatusCode"])
        yield _pages(session, part["body"])


def _pages(session: Session, page: Mapping[str, Any]) -> Iterator[Row]:
    yield from page["records"]
    while not page["done"]:
        page = session.query_more(page["nextRecordsUrl"], identifier_is_url=True)
        yield from page["records"]


def _share(rows: Iterable[Row], statement: Statement, queries: Sequence[RecordQuery], found: list[list[Row]]) -> None:
    """Give every row to the queries it answers. Salesforce compares text without regard to case, and so do we."""
    shape = queries[statement.positions[0]]
    fields = [name for name, _ in shape.where]
    if shape.mode == "any" and len(fields) > 1:
        for row in rows:
            for position in statement.positions:
                if any(_same(row, name) == _key(value) for name, value in queries[position].where):
                    found[position].append(row)
        return
    waiting: dict[tuple[Any, ...], list[int]] = {}
    for position in statement.positions:
        waiting.setdefault(tuple(_key(value) for _, value in queries[position].where), []).append(position)
    for row in rows:
        for position in waiting.get(tuple(_same(row, name) for name in fields), ()):
            found[position].append(row)


def _same(row: Row, name: str) -> Any:
    """A field's value to compare by; dotted names go up through the parents."""
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return _key(value)


def _key(value: Any) -> Any:
    match value:
        case bool():
            return value
        case int() | float():
            return float(value)
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        case date():
            return value.isoformat()
        case str():
            return value.strip().casefold()
        case _:
            return value
