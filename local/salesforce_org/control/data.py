"""Rows in and out without API calls, and the conversion of a lead."""

from __future__ import annotations

from typing import Any

from local.salesforce_org import ids
from local.salesforce_org.leads import Conversion, convert
from local.salesforce_org.org import ADMIN_USERNAME
from local.salesforce_org.rows.statement import Options, Write, run_alone
from local.salesforce_org.sessions import Session
from local.salesforce_org.soql.binding import getter_of

from .answers import ControlError, ControlRequest


def dump(request: ControlRequest, name: str) -> Any:
    """Every row with every field; `?deleted=true` shows the recycle bin instead."""
    sobject = request.object(name)
    getters = [(field.name, getter_of(field)) for field in sobject.fields.values()]
    with request.org.mutex:
        table = request.org.store.table(sobject)
        rows = table.deleted if request.query.get("deleted") == "true" else table.rows
        return [{each: get(row) for each, get in getters} for row in rows.values()]


def count(request: ControlRequest, name: str) -> Any:
    with request.org.mutex:
        table = request.org.store.table(request.object(name))
        return {"live": len(table.rows), "deleted": len(table.deleted)}


def admin_session(request: ControlRequest) -> Session:
    return Session("", request.org.logins[ADMIN_USERNAME], "", 0.0)


def load(request: ControlRequest, name: str) -> Any:
    """Body: a list of records. Creates them as the admin; answers their ids, or the first refusal."""
    sobject = request.object(name)
    writes = [Write("create", sobject, record) for record in request.body]
    run_alone(request.org, admin_session(request), Options(allow_duplicates=True), writes)
    for write in writes:
        if write.error is not None:
            raise ControlError(str(write.error))
    return [write.record_id for write in writes]


def convert_lead(request: ControlRequest, record_id: str) -> Any:
    """Body: {"status", "account_id", "contact_id", "opportunity_name"}, all optional."""
    lead_id = ids.normalise(record_id)
    if lead_id is None:
        raise ControlError(f"no lead {record_id}", 404)
    return convert(request.org, admin_session(request), lead_id, Conversion(**request.body))
