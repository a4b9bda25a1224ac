"""/ui-api/records: the one resource with an idempotency key. The same key again gets the stored answer.

Source: User Interface API Developer Guide, Make Idempotent Record Writes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from local.salesforce_org import ids
from local.salesforce_org.errors import SalesforceError, not_found
from local.salesforce_org.http_types import RestRequest, RestResponse, as_object
from local.salesforce_org.rows.statement import Write
from local.salesforce_org.rows.store import Row
from local.salesforce_org.rows.targets import checked_id
from local.salesforce_org.schema.model import SObject
from local.salesforce_org.soql.binding import getter_of

from .writing import perform, visible_object

TRY_AGAIN = "An error occurred while trying to update the record. Please try again."


class StoredAnswers:
    """Answers by user and key; two calls with one key run one after the other."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], RestResponse] = {}
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._guard = threading.Lock()

    def once(self, user_id: str, key: str, write: Callable[[], RestResponse]) -> RestResponse:
        with self._guard:
            lock = self._locks.setdefault((user_id, key), threading.Lock())
        with lock:
            if (user_id, key) not in self._answers:
                self._answers[user_id, key] = write()
            return self._answers[user_id, key]


def _once(request: RestRequest, write: Callable[[], RestResponse]) -> RestResponse:
    key = request.header("Idempotency-Key")
    if not key:
        return write()
    return request.org.part("idempotency", StoredAnswers).once(request.session.user_id, key, write)


def create(request: RestRequest) -> RestResponse:
    body = request.json_object()
    sobject = visible_object(request, str(body.get("apiName") or ""))
    fields = as_object(body.get("fields"))
    return _once(request, lambda: _write(request, Write("create", sobject, fields), 201))


def update(request: RestRequest, record_id: str) -> RestResponse:
    sobject, key = _target(request, record_id)
    fields = as_object(request.json_object().get("fields"))
    return _once(request, lambda: _write(request, Write("update", sobject, fields, record_id=key), 200))


def delete(request: RestRequest, record_id: str) -> RestResponse:
    sobject, key = _target(request, record_id)
    return _once(request, lambda: _write(request, Write("delete", sobject, record_id=key), 204))


def get(request: RestRequest, record_id: str) -> RestResponse:
    sobject, key = _target(request, record_id)
    with request.org.mutex:
        row = request.org.store.table(sobject).get(key)
    if row is None:
        raise not_found()
    return RestResponse(200, _representation(request, sobject, row))


def _target(request: RestRequest, text: str) -> tuple[SObject, str]:
    sobject = request.org.schema.by_prefix(text) if ids.looks_like_id(text) else None
    if sobject is None:
        raise not_found()
    visible_object(request, sobject.name)
    return sobject, checked_id(sobject, text)


def _write(request: RestRequest, write: Write, status: int) -> RestResponse:
    perform(request, [write])
    if write.error is not None:
        return _record_error(write.sobject, write.error)
    if status == 204:
        return RestResponse(204)
    with request.org.mutex:
        row = request.org.store.table(write.sobject).rows[str(write.record_id)]
    return RestResponse(status, _representation(request, write.sobject, row))


def _record_error(sobject: SObject, problem: SalesforceError) -> RestResponse:
    """The enhanced shape: the error by field where there is one."""
    field_errors: dict[str, list[dict[str, Any]]] = {}
    errors: list[dict[str, Any]] = []
    names: list[str | None] = [*(problem.fields or [])] or [None]
    for name in names:
        field = sobject.fields.get(name or "")
        error = {
            "constituentField": None,
            "duplicateRecordError": problem.extra.get("duplicateResut"),
            "errorCode": problem.code,
            "field": name,
            "fieldLabel": field.label if field else None,
            "message": problem.message,
        }
        if name:
            field_errors.setdefault(name, []).append(error)
        else:
            errors.append(error)
    document = {
        "enhancedErrorType": "RecordError",
        "message": TRY_AGAIN,
        "statusCode": problem.status,
        "output": {"errors": errors, "fieldErrors": field_errors},
    }
    return RestResponse(problem.status, [document])


def _representation(request: RestRequest, sobject: SObject, row: Row) -> dict[str, Any]:
    readable = request.session.permissions.readable(sobject)
    fields = {
        field.name: {"displayValue": None, "value": getter_of(field)(row)}
        for field in sobject.fields.values()
        if field.name in readable and field.type != "address" and (field.name in row or field.name_field)
    }
    return {
        "apiName": sobject.name,
        "childRelationships": {},
        "eTag": f"{abs(hash(tuple(sorted(row.items())))):032x}",
        "fields": fields,
        "id": row["Id"],
        "lastModifiedById": row.get("LastModifiedById"),
        "lastModifiedDate": row.get("LastModifiedDate"),
        "recordTypeId": "012000000000000AAA",
        "recordTypeInfo": None,
        "systemModstamp": row.get("SystemModstamp"),
        "weakEtag": 0,
    }
