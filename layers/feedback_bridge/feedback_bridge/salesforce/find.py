"""The reads of a batch in as few calls as fit: composites of five statements, however long.

A single statement goes the same way: in a URL its values would stand in the logs of whatever it passes.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from feedback_bridge.delivery.outcome import Meaning, Refusal, Refused
from feedback_bridge.errors import TransientError
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.salesforce.refusals import refusal_of_all
from feedback_bridge.salesforce.session import Session, unreadable
from feedback_bridge.salesforce.soql import Statement, statements

QUERIES_A_COMPOSITE = 5

MOST_FOUND = 20_000
"""Records of one statement: a batch that finds more looks by a field that tells nobody apart."""

_ENCODED = {byte: quote(bytes([byte]), safe="") for byte in range(256)}
"""What `quote` does, for text of a hundred thousand characters in one go."""

_TOO_MANY = "The search finds thousands of records: look for them by a field that tells them apart."


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
        {"method": "GET", "referenceId": f"q{number}", "url": f"{version}/query?q={_encoded(statement.text)}"}
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
            raise Refused(refusal_of_all(body if isinstance(body, list) else ()), status)
    if any(isinstance(body, dict) and body.get("totalSize", 0) > MOST_FOUND for _, body in answers):
        raise Refused(Refusal("TOO_MANY_FOUND", Meaning.RECORD, (), _TOO_MANY), 400)
    return [_pages(session, body) for _, body in answers]


def _encoded(text: str) -> str:
    return text.encode().decode("latin-1").translate(_ENCODED)


def _pages(session: Session, page: Any) -> Iterator[Row]:
    while True:
        try:
            rows, done = page["records"], page["done"]
            following = None if done else page["nextRecordsUrl"]
        except (TypeError, KeyError):
            raise unreadable() from None
        yield from rows
        if following is None:
            return
        page = session.query_more(following, identifier_is_url=True)


def _share(rows: Iterable[Row], statement: Statement, queries: Sequence[RecordQuery], found: list[list[Row]]) -> None:
    """Give every row to the queries it answers. Salesforce compares text without regard to case, and so do we."""
    shape = queries[statement.positions[0]]
    names = [name for name, _ in shape.where]
    if shape.mode == "any" and len(names) > 1:
        for row in rows:
            for position in statement.positions:
                if any(_same(row, name) == _key(value) for name, value in queries[position].where):
                    found[position].append(row)
        return
    waiting: dict[Any, list[int]] = {}
    for position in statement.positions:
        waiting.setdefault(_joint([_key(value) for _, value in queries[position].where]), []).append(position)
    for row in rows:
        for position in waiting.get(_joint([_same(row, name) for name in names]), ()):
            found[position].append(row)


def _joint(keys: list[Any]) -> Any:
    return keys[0] if len(keys) == 1 else tuple(keys)


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
