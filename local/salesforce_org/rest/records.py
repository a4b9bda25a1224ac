"""/sobjects/X, /sobjects/X/{id} and /sobjects/X/{field}/{value}: one record at a time."""

from __future__ import annotations

import zlib
from typing import Any

from local.salesforce_org import ids
from local.salesforce_org.clock import http_date
from local.salesforce_org.errors import SalesforceError, method_not_allowed, no_external_id, no_such_column, not_found
from local.salesforce_org.http_types import RestRequest, RestResponse
from local.salesforce_org.rows.moments import parse_datetime
from local.salesforce_org.rows.statement import Write
from local.salesforce_org.rows.store import Row
from local.salesforce_org.rows.targets import checked_id, key_value
from local.salesforce_org.schema.model import Field, SObject
from local.salesforce_org.soql.shape import whole_record

from .describe import global_item
from .writing import locate, perform, visible_object


def basic_info(request: RestRequest, name: str) -> RestResponse:
    sobject = visible_object(request, name)
    return RestResponse(body={"objectDescribe": global_item(request, sobject), "recentItems": []})


def create(request: RestRequest, name: str) -> RestResponse:
    sobject = visible_object(request, name)
    write = Write("create", sobject, request.json_object())
    _carry_out(request, write)
    return _created(request, sobject, str(write.record_id))


def _created(request: RestRequest, sobject: SObject, record_id: str, **more: Any) -> RestResponse:
    location = f"{request.base}/sobjects/{sobject.name}/{record_id}"
    body = {"id": record_id, "success": True, "errors": [], **more}
    return RestResponse(201, body, {"Location": location})


def _carry_out(request: RestRequest, write: Write) -> None:
    perform(request, [write])
    if write.error is not None:
        raise locate(request, write.error)


def get(request: RestRequest, name: str, record_id: str) -> RestResponse:
    sobject = visible_object(request, name)
    key = _record_id(sobject, record_id)
    with request.org.mutex:
        row = request.org.store.table(sobject).get(key)
    if row is None:
        raise not_found()
    return _show(request, sobject, row)


def _record_id(sobject: SObject, text: str) -> str:
    """An id in a path: nonsense reads as an unknown external-id field, as it does in Salesforce."""
    if not ids.looks_like_id(text):
        raise no_external_id(text)
    return checked_id(sobject, text)


def _show(request: RestRequest, sobject: SObject, row: Row) -> RestResponse:
    readable = request.session.permissions.readable(sobject)
    names = [name for name in sobject.fields if name in readable]
    if "fields" in request.query:
        names = _asked_fields(sobject, readable, request.query["fields"])
    modified = parse_datetime(row["LastModifiedDate"]).timestamp() if "LastModifiedDate" in row else 0.0
    headers = {"Last-Modified": http_date(modified)}
    if sobject.name == "Account":  # the only one of the common objects whose records have a tag
        headers["ETag"] = f'"{zlib.crc32(row["LastModifiedDate"].encode()):08x}"'
    return RestResponse(200, whole_record(sobject, row, request.base, names), headers)


def _asked_fields(sobject: SObject, readable: frozenset[str], text: str) -> list[str]:
    names = []
    for part in text.split(","):
        field = sobject.find(part.strip())
        if field is None or field.name not in readable:
            raise no_such_column(part.strip(), sobject.name)
        names.append(field.name)
    return list(dict.fromkeys(["Id", *names])) if "Id" not in names else names


def update(request: RestRequest, name: str, record_id: str) -> RestResponse:
    sobject = visible_object(request, name)
    body = request.json_object()
    if any(key.lower() == "id" for key in body):
        raise SalesforceError("INVALID_FIELD", "The Id field should not be specified in the sobject data.")
    write = Write("update", sobject, body, record_id=_record_id(sobject, record_id))
    _existing_or_404(request, write)
    return RestResponse(204)


def delete(request: RestRequest, name: str, record_id: str) -> RestResponse:
    sobject = visible_object(request, name)
    write = Write("delete", sobject, record_id=_record_id(sobject, record_id))
    _existing_or_404(request, write)
    return RestResponse(204)


def _existing_or_404(request: RestRequest, write: Write) -> None:
    perform(request, [write])
    if write.error is None:
        return
    if write.error.code == "INVALID_CROSS_REFERENCE_KEY":
        raise not_found()
    raise locate(request, write.error)


def _key(request: RestRequest, sobject: SObject, field_name: str, value: str) -> tuple[Field, Any]:
    field = sobject.find(field_name)
    readable = request.session.permissions.readable(sobject)
    if field is None or not field.id_lookup or field.name not in readable:
        raise no_external_id(field_name)
    if field.name == "Id":
        return field, checked_id(sobject, value)
    return field, key_value(field, value)


def get_by_key(request: RestRequest, name: str, field_name: str, value: str) -> RestResponse:
    sobject = visible_object(request, name)
    key = _key(request, sobject, field_name, value)
    with request.org.mutex:
        table = request.org.store.table(sobject)
        found = table.find(*key) or []
        rows = [table.rows[each] for each in found]
    if not rows:
        raise not_found()
    if len(rows) > 1:
        return _several(request, sobject, found)
    return _show(request, sobject, rows[0])


def _several(request: RestRequest, sobject: SObject, found: list[str]) -> RestResponse:
    return RestResponse(300, [f"{request.base}/sobjects/{sobject.name}/{each}" for each in found])


def upsert(request: RestRequest, name: str, field_name: str, value: str) -> RestResponse:
    """201 created, 200 updated (204 before v46), 300 when several records have the value."""
    sobject = visible_object(request, name)
    field, key = _key(request, sobject, field_name, value)
    body = request.json_object()
    named = next((each for each in body if each.lower() == field.name.lower()), None)
    if named is not None:
        raise SalesforceError("INVALID_FIELD", f"The {field.name} field should not be specified in the sobject data.")
    with request.org.mutex:
        found = request.org.store.table(sobject).find(field, key) or []
    if len(found) > 1:
        return _several(request, sobject, found)
    if not found and request.flag("updateOnly"):
        raise not_found()
    write = Write("upsert", sobject, body, key=(field, key))
    _carry_out(request, write)
    flag = {"created": write.created} if float(request.version) >= 46 else {}
    if write.created:
        return _created(request, sobject, str(write.record_id), **flag)
    if not flag:
        return RestResponse(204)
    response = _created(request, sobject, str(write.record_id), **flag)
    response.status = 200
    return response


def delete_by_key(request: RestRequest, name: str, field_name: str, value: str) -> RestResponse:
    sobject = visible_object(request, name)
    field, key = _key(request, sobject, field_name, value)
    with request.org.mutex:
        found = request.org.store.table(sobject).find(field, key) or []
    if len(found) > 1:
        return _several(request, sobject, found)
    if not found:
        raise not_found()
    _existing_or_404(request, Write("delete", sobject, record_id=found[0]))
    return RestResponse(204)


def post_by_key(request: RestRequest, name: str, field_name: str, value: str) -> RestResponse:
    """POST /sobjects/X/Id with no value creates; anything else is refused."""
    if field_name.lower() == "id" and not value:
        return create(request, name)
    raise method_not_allowed("POST", ["DELETE", "GET", "HEAD", "PATCH"])
