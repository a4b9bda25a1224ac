"""/composite/tree/X: records with their children, all or none."""

from __future__ import annotations

from typing import Any

from local.salesforce_org.errors import SalesforceError, json_parser_error
from local.salesforce_org.http_types import RestRequest, RestResponse, as_list
from local.salesforce_org.rows.statement import Transaction, Write
from local.salesforce_org.schema.model import SObject

from .writing import perform, visible_object

MAX_RECORDS = 200
Result = dict[str, Any]


def create(request: RestRequest, name: str) -> RestResponse:
    sobject = visible_object(request, name)
    records = request.json_object().get("records")
    if not isinstance(records, list) or not records:
        raise SalesforceError("REQUIRED_FIELD_MISSING", "At least 1 record is required")
    request.transaction = Transaction(request.org)
    done: list[Result] = []
    failed: list[Result] = []
    try:
        _create_level(request, sobject, records, {}, done, failed)
    except BaseException:
        request.transaction.rollback()
        raise
    if failed:
        request.transaction.rollback()
        return RestResponse(400, {"hasErrors": True, "results": failed})
    request.transaction.commit()
    return RestResponse(201, {"hasErrors": False, "results": done})


def _create_level(
    request: RestRequest,
    sobject: SObject,
    records: list[Any],
    parent: dict[str, str],
    done: list[Result],
    failed: list[Result],
) -> None:
    """Creates the records of one level, then the children of each."""
    split = [_split(request, sobject, record) for record in records]
    writes = [Write("create", sobject, {**fields, **parent}) for _, fields, _ in split]
    if len(done) + len(writes) > MAX_RECORDS:
        message = f"record limit reached. cannot submit more than {MAX_RECORDS} records into this call"
        raise SalesforceError("EXCEEDED_ID_LIMIT", message)
    perform(request, writes)
    for (reference, _, _), write in zip(split, writes, strict=True):
        if write.error is not None:
            failed.append({"referenceId": reference, "errors": [write.error.as_row()]})
        else:
            done.append({"referenceId": reference, "id": write.record_id})
    if failed:
        return
    for (_, _, children), write in zip(split, writes, strict=True):
        for target, field, below in children:
            _create_level(request, target, below, {field: str(write.record_id)}, done, failed)


def _split(
    request: RestRequest, sobject: SObject, record: Any
) -> tuple[str, dict[str, Any], list[tuple[SObject, str, list[Any]]]]:
    """Reference id, own fields, and the child records by object and look-up field."""
    attributes = record.get("attributes") if isinstance(record, dict) else None
    if not isinstance(attributes, dict) or not attributes.get("referenceId"):
        raise json_parser_error("Include a reference ID for each record in the request.")
    fields: dict[str, Any] = {}
    children: list[tuple[SObject, str, list[Any]]] = []
    relationships = {each.name: each for each in request.org.schema.children_of(sobject.name) if each.name}
    for name, value in record.items():
        child = relationships.get(name)
        if child is not None and isinstance(value, dict) and "records" in value:
            children.append((request.org.schema.objects[child.child], child.field, as_list(value["records"])))
        elif name != "attributes":
            fields[name] = value
    return str(attributes["referenceId"]), fields, children
