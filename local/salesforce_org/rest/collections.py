"""/composite/sobjects: up to 200 records a call, each with a result of its own.

Source: REST API Developer Guide, sObject Collections; chunks are runs of records of one type, at most ten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from local.salesforce_org import ids
from local.salesforce_org.errors import (
    ROLLED_BACK,
    SalesforceError,
    json_parser_error,
    no_external_id,
    no_such_column,
)
from local.salesforce_org.http_types import RestRequest, RestResponse, as_list
from local.salesforce_org.rows.statement import Write
from local.salesforce_org.rows.targets import checked_id, key_value
from local.salesforce_org.schema.model import SObject
from local.salesforce_org.soql.shape import whole_record

from .writing import locate, perform, visible_object

MAX_RECORDS, MAX_RETRIEVED, MAX_CHUNKS = 200, 2000, 10
NO_ATTRIBUTES = "Nested object for polymorphic foreign key must have an attributes field before any other fields."
TOO_MANY_CHUNKS = "Cannot have more than 10 chunks in a single operation. Please rearrange the data to reduce chunking."
Slot = Write | SalesforceError


def create(request: RestRequest) -> RestResponse:
    return _write_all(request, lambda sobject, record: Write("create", sobject, record))


def update(request: RestRequest) -> RestResponse:
    return _write_all(request, _update_of)


def _update_of(sobject: SObject, record: dict[str, Any]) -> Write:
    record_id = next((record[name] for name in record if name.lower() == "id"), None)
    if not record_id:
        raise SalesforceError("MISSING_ARGUMENT", "Id not specified in an update call", [])
    return Write("update", sobject, record, record_id=checked_id(sobject, str(record_id)))


def upsert(request: RestRequest, name: str, field_name: str) -> RestResponse:
    sobject = visible_object(request, name)
    field = sobject.find(field_name)
    if field is None or not field.id_lookup or field.name not in request.session.permissions.readable(sobject):
        raise no_external_id(field_name)

    def build(own: SObject, record: dict[str, Any]) -> Write:
        if own is not sobject:
            message = f"All records must be of the type {sobject.name}"
            raise SalesforceError("INVALID_TYPE", message, [])
        raw = next((record[each] for each in record if each.lower() == field.name.lower()), None)
        value = raw if field.name == "Id" else key_value(field, raw)
        return Write("upsert", sobject, record, key=(field, value or None))

    return _write_all(request, build, show_created=True)


def _write_all(
    request: RestRequest, build: Callable[[SObject, dict[str, Any]], Write], *, show_created: bool = False
) -> RestResponse:
    body = request.json_object()
    records = body.get("records")
    if not isinstance(records, list) or not records:
        raise SalesforceError("REQUIRED_FIELD_MISSING", "At least 1 record is required")
    if len(records) > MAX_RECORDS:
        message = f"record limit reached. cannot submit more than {MAX_RECORDS} records into this call"
        raise SalesforceError("EXCEEDED_ID_LIMIT", message)
    slots = [_slot(request, record, build) for record in records]
    _check_chunks(records)
    all_or_none = body.get("allOrNone") is True
    _perform(request, slots, all_or_none)
    return RestResponse(200, [_result(request, slot, at, show_created) for at, slot in enumerate(slots)])


def _slot(request: RestRequest, record: Any, build: Callable[[SObject, dict[str, Any]], Write]) -> Slot:
    try:
        if not isinstance(record, dict):
            raise json_parser_error("Cannot deserialize instance of complexvalue [line:1, column:1]")
        attributes = record.get("attributes")
        name = attributes.get("type") if isinstance(attributes, dict) else None
        if not isinstance(name, str):
            raise json_parser_error(NO_ATTRIBUTES, [])
        sobject = request.org.schema.find(name)
        if sobject is None or not request.session.permissions.object(sobject).read:
            raise SalesforceError("INVALID_TYPE", f"sObject type '{name}' is not supported.", [])
        return build(sobject, record)
    except SalesforceError as problem:
        return problem


def _check_chunks(records: list[Any]) -> None:
    last, chunks = None, 0
    for record in records:
        attributes = record.get("attributes") if isinstance(record, dict) else None
        name = attributes.get("type") if isinstance(attributes, dict) else None
        if name != last:
            last, chunks = name, chunks + 1
    if chunks > MAX_CHUNKS:
        raise SalesforceError("INVALID_BATCH_OPERATION", TOO_MANY_CHUNKS)


def _perform(request: RestRequest, slots: list[Slot], all_or_none: bool) -> None:
    writes = [slot for slot in slots if isinstance(slot, Write)]
    if all_or_none and len(writes) < len(slots):
        for write in writes:
            write.error = SalesforceError("ALL_OR_NONE_OPERATION_ROLLED_BACK", ROLLED_BACK, [])
        return
    if writes:
        perform(request, writes, all_or_none=all_or_none)


def _result(request: RestRequest, slot: Slot, at: int, show_created: bool) -> dict[str, Any]:
    problem = slot if isinstance(slot, SalesforceError) else slot.error
    if isinstance(slot, SalesforceError) or problem is not None:
        problem = cast(SalesforceError, problem)
        result = {"success": False, "errors": [locate(request, problem, at).as_row()]}
        return {**result, "created": False} if show_created else result
    result = {"id": slot.record_id, "success": True, "errors": []}
    return {**result, "created": slot.created} if show_created else result


def delete(request: RestRequest) -> RestResponse:
    listed = [each.strip() for each in request.query.get("ids", "").split(",") if each.strip()]
    if not listed:
        raise SalesforceError("REQUIRED_FIELD_MISSING", "At least 1 record is required")
    if len(listed) > MAX_RECORDS:
        message = f"record limit reached. cannot submit more than {MAX_RECORDS} records into this call"
        raise SalesforceError("EXCEEDED_ID_LIMIT", message)
    slots = [_delete_slot(request, text) for text in listed]
    _perform(request, slots, request.flag("allOrNone"))
    return RestResponse(200, [_result(request, slot, at, False) for at, slot in enumerate(slots)])


def _delete_slot(request: RestRequest, text: str) -> Slot:
    record_id = ids.normalise(text)
    sobject = request.org.schema.by_prefix(record_id) if record_id else None
    if record_id is None or sobject is None:
        return SalesforceError("MALFORMED_ID", f"malformed id {text}", [])
    return Write("delete", sobject, record_id=record_id)


def retrieve(request: RestRequest, name: str) -> RestResponse:
    """GET with `ids` and `fields` in the query, or POST with them in the body; null for what is not there."""
    sobject = visible_object(request, name)
    if request.method == "POST":
        body = request.json_object()
        wanted, fields = as_list(body.get("ids")), as_list(body.get("fields"))
    else:
        wanted = [each.strip() for each in request.query.get("ids", "").split(",") if each.strip()]
        fields = [each.strip() for each in request.query.get("fields", "").split(",") if each.strip()]
    if not wanted:
        raise SalesforceError("REQUIRED_FIELD_MISSING", "At least 1 record is required")
    if len(wanted) > MAX_RETRIEVED:
        message = f"record limit reached. cannot submit more than {MAX_RETRIEVED} records into this call"
        raise SalesforceError("EXCEEDED_ID_LIMIT", message)
    names = _columns(request, sobject, fields)
    with request.org.mutex:
        rows = [request.org.store.table(sobject).get(checked_id(sobject, str(each))) for each in wanted]
        body_out = [row and whole_record(sobject, row, request.base, names) for row in rows]
    return RestResponse(200, body_out)


def _columns(request: RestRequest, sobject: SObject, asked: list[str]) -> list[str]:
    readable = request.session.permissions.readable(sobject)
    names = []
    for each in asked:
        field = sobject.find(str(each))
        if field is None or field.name not in readable:
            raise no_such_column(str(each), sobject.name)
        names.append(field.name)
    return list(dict.fromkeys([*names, "Id"]))
