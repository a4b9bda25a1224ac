"""Writing records 200 to a call: sObject Collections, whose answer is HTTP 200 with one result a record, in order.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import quote

from feedback_bridge.delivery.outcome import Outcome, Written
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.errors import refusal_of_all
from feedback_bridge.salesforce.session import Session

MOST_RECORDS = 200
MOST_OBJECTS = 10
"""Runs of one object in a call; records are sorted by object, so this many objects."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and the positions of the writes in it, in the order of its records."""

    method: str
    path: str
    positions: tuple[int, ...]


def calls(writes: Sequence[Write]) -> list[Call]:
    """As few calls as the API allows. Inserts, updates and deletes may mix objects; an upsert names its object."""
    order = sorted(range(len(writes)), key=lambda position: _place(writes[position]))
    grouped = groupby(order, key=lambda position: _group(writes[position]))
    return [
        Call(*_request(writes[cut[0]]), tuple(cut)) for _, positions in grouped for cut in _cut(writes, list(positions))
    ]


def send(session: Session, call: Call, writes: Sequence[Write]) -> list[Outcome]:
    """One outcome a position of the call. Raises Refused for a request refused whole, TransientError for no answer."""
    own = [writes[position] for position in call.positions]
    headers = _headers(own[0])
    if call.method == "DELETE":
        ids = ",".join(str(write.record_id) for write in own)
        reply = session.restful(call.path, method="DELETE", params={"ids": ids, "allOrNone": "false"}, headers=headers)
    else:
        body = {"allOrNone": False, "records": [_record(write) for write in own]}
        reply = session.restful(call.path, method=call.method, json=body, headers=headers)
    return [_outcome(result, write) for result, write in zip(reply or (), own, strict=True)]


def _group(write: Write) -> tuple[str, ...]:
    """Writes with equal groups can share a call."""
    headers = " ".join(_headers(write))
    if write.operation == "upsert" and write.external_id:
        return "upsert", write.object, write.external_id[0], headers
    return write.operation, "", "", headers


def _place(write: Write) -> tuple[str, ...]:
    """Objects together, so that a call has few runs; records of one parent too, so that calls do not share locks."""
    return *_group(write), write.object, *write.parents, write.record_id or ""


def _request(write: Write) -> tuple[str, str]:
    match write.operation:
        case "insert" | "chatter_post":
            return "POST", "composite/sobjects"
        case "update":
            return "PATCH", "composite/sobjects"
        case "delete":
            return "DELETE", "composite/sobjects"
        case "upsert":
            field = write.external_id[0] if write.external_id else "Id"
            return "PATCH", f"composite/sobjects/{quote(write.object)}/{quote(field)}"


def _cut(writes: Sequence[Write], positions: Sequence[int]) -> Iterator[list[int]]:
    cut: list[int] = []
    objects: set[str] = set()
    for position in positions:
        name = writes[position].object
        if len(cut) == MOST_RECORDS or (name not in objects and len(objects) == MOST_OBJECTS):
            yield cut
            cut, objects = [], set()
        cut.append(position)
        objects.add(name)
    yield cut


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
    return refusal_of_all(result["errors"])
