"""Writing records 200 to a call: sObject Collections, whose answer is HTTP 200 with one result a record, in order.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import quote

from feedback_bridge.delivery.outcome import Outcome, Written
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.refusals import Sent, refusal_of_all
from feedback_bridge.salesforce.session import Session, unreadable

MOST_RECORDS = 200
MOST_OBJECTS = 10
"""Runs of one object in a call; records are sorted by object, so this many objects."""

_PATH = "composite/sobjects"
_METHODS = {"insert": "POST", "update": "PATCH", "delete": "DELETE", "upsert": "PATCH"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and the positions of the writes in it, in the order of its records."""

    method: str
    path: str
    positions: tuple[int, ...]


def calls(writes: Sequence[Write], most: int = MOST_RECORDS) -> list[Call]:
    """As few calls as the API allows. Inserts, updates and deletes may mix objects; an upsert names its object."""
    groups = [_group(write) for write in writes]
    order = sorted(range(len(writes)), key=lambda position: (groups[position], *_place(writes[position])))
    return [
        Call(_METHODS[group[0]], _path(group), cut)
        for group, positions in groupby(order, key=groups.__getitem__)
        for cut in _cut(writes, positions, most)
    ]


def send(session: Session, call: Call, writes: Sequence[Write]) -> list[Outcome]:
    """One outcome a position of the call. Raises Refused for a request refused whole, TransientError for no answer."""
    own = [writes[position] for position in call.positions]
    headers = _headers(own[0])
    if call.method == "DELETE":
        ids = ",".join(quote(str(write.record_id), safe="") for write in own)
        results = session.ask("DELETE", f"{call.path}?ids={ids}&allOrNone=false", headers=headers)
    else:
        body = {"allOrNone": False, "records": [_record(write) for write in own]}
        results = session.ask(call.method, call.path, body, headers=headers)
    try:
        return [_outcome(result, write) for result, write in zip(results, own, strict=True)]
    except (TypeError, ValueError, KeyError, AttributeError):
        raise unreadable() from None


def _group(write: Write) -> tuple[str, str, str, bool, bool]:
    """Writes with equal groups can share a call: one operation, for an upsert one object, the same headers."""
    headers = write.duplicates == "allow", write.assign
    if write.operation == "upsert":
        return "upsert", write.object, write.external_id[0] if write.external_id else "Id", *headers
    return "insert" if write.operation == "chatter_post" else write.operation, "", "", *headers


def _place(write: Write) -> tuple[str, tuple[str, ...], str]:
    """Objects together, so that a call has few runs; records of one parent too, so that calls do not share locks."""
    return write.object, write.parents, write.record_id or ""


def _path(group: tuple[str, str, str, bool, bool]) -> str:
    _, sobject, field, *_ = group
    return f"{_PATH}/{quote(sobject, safe='')}/{quote(field, safe='')}" if sobject else _PATH


def _cut(writes: Sequence[Write], positions: Iterable[int], most: int) -> Iterator[tuple[int, ...]]:
    """A second write to a record waits for a later call: Salesforce refuses both in one."""
    cut: list[int] = []
    objects: set[str] = set()
    records: set[str] = set()
    later: list[int] = []
    for position in positions:
        write = writes[position]
        if len(cut) == most or (write.object not in objects and len(objects) == MOST_OBJECTS):
            yield tuple(cut)
            cut, objects, records = [], set(), set()
        record = write.record_id or (write.external_id[1].casefold() if write.external_id else "")
        if record in records:
            later.append(position)
            continue
        cut.append(position)
        objects.add(write.object)
        if record:
            records.add(record)
    yield tuple(cut)
    if later:
        yield from _cut(writes, later, most)


def _record(write: Write) -> dict[str, Any]:
    record: dict[str, Any] = {"attributes": {"type": write.object}, **write.fields}
    if write.operation == "upsert" and write.external_id:
        record[write.external_id[0]] = write.external_id[1]
    elif write.record_id:
        record["Id"] = write.record_id
    return record


def _headers(write: Write) -> dict[str, str]:
    """Only what the mapping asks for is sent: Salesforce runs assignment rules and minds duplicate rules by itself."""
    headers: dict[str, str] = {}
    if write.duplicates == "allow":
        headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
    if not write.assign:
        headers["Sforce-Auto-Assign"] = "FALSE"
    return headers


def _outcome(result: Mapping[str, Any], write: Write) -> Outcome:
    if result["success"]:
        return Written(str(result.get("id") or write.record_id), result.get("created"))
    external_id = write.external_id or (None, None)
    values = (*write.fields.values(), external_id[1])
    return refusal_of_all(result["errors"], Sent(values, external_id[0], write.operation == "delete", write.object))
