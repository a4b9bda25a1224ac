"""The reads of a batch in as few calls as fit: composites of five statements, however long.

A single statement goes the same way: in a URL its values would stand in the logs of whatever it passes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from feedback_bridge.delivery.outcome import Refused
from feedback_bridge.errors import TransientError
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.salesforce.refusals import refusal_of_all
from feedback_bridge.salesforce.session import Session, unreadable
from feedback_bridge.salesforce.soql import Statement, statements

QUERIES_A_COMPOSITE = 5


def find(session: Session, queries: Sequence[RecordQuery]) -> list[list[Row]]:
    """The records of each query, in the order of the queries. Raises Refused, TransientError."""
    found: list[list[Row]] = [[] for _ in queries]
    asked = statements(queries)
    for start in range(0, len(asked), QUERIES_A_COMPOSITE):
        group = asked[start : start + QUERIES_A_COMPOSITE]
        for statement, rows in zip(group, _composite(session, group), strict=True):
            _share(rows, statement, queries, found)
    return found


def _composite(session: Session, group: Sequence[Statement]) -> list[Iterable[Row]]:
    version = f"/services/data/v{session.sf_version}"
    requests = [
        {"method": "GET", "referenceId": f"q{number}", "url": f"{version}/query?q={quote(statement.text)}"}
        for number, statement in enumerate(group)
    ]
    reply = session.ask("POST", "composite", {"allOrNone": False, "compositeRequest": requests})
    try:
        answers = [(int(part["httpStatusCode"]), part["body"]) for part in reply["compositeResponse"]]
    except (TypeError, KeyError):
        raise unreadable() from None
    if len(answers) != len(group):
        raise unreadable()
    for status, body in answers:
        if status >= 500:
            raise TransientError("Salesforce failed to answer a query.")
        if status != 200:
            raise Refused(refusal_of_all(body), status)
    return [_pages(session, body) for _, body in answers]


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
    if "." not in name:
        return _key(row.get(name))
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if value else None
    return _key(value)


def _key(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return value.isoformat() if isinstance(value, date) else value
