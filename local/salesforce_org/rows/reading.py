"""Reads a payload into values: every name known and writable, every value of its type.

How each object's fields are read for one user and one operation is worked out once and kept (`Plan`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.salesforce_org.errors import SalesforceError, no_such_column, not_writable, required_missing
from local.salesforce_org.schema.model import Field, SObject

from .moments import Converter
from .unreadable import Unreadable
from .values import converter

if TYPE_CHECKING:
    from local.salesforce_org.org import Org
    from local.salesforce_org.permissions import Permissions

    from .statement import Statement, Write

NOT_A_FOREIGN_KEY = "Nested object for polymorphic foreign key must have an attributes field before any other fields."


@dataclass(slots=True)
class Entry:
    field: Field
    convert: Converter
    writable: bool


Plan = dict[str, Entry]


class Plans:
    """Plans by object, user and operation; forgotten when the schema or the permissions change."""

    def __init__(self) -> None:
        self._plans: dict[tuple[str, int, bool], Plan] = {}

    def forget(self) -> None:
        self._plans = {}

    def get(self, sobject: SObject, permissions: Permissions, create: bool) -> Plan:
        key = (sobject.name, id(permissions), create)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = _plan(sobject, permissions, create)
        return plan


def _plan(sobject: SObject, permissions: Permissions, create: bool) -> Plan:
    readable, editable = permissions.readable(sobject), permissions.editable(sobject)
    plan: Plan = {}
    for field in sobject.fields.values():
        if field.name in readable:
            allowed = (field.createable if create else field.updateable) and field.name in editable
            plan[field.name] = Entry(field, converter(field), allowed)
    plan.update({name.lower(): entry for name, entry in list(plan.items())})
    return plan


def read(statement: Statement, write: Write) -> None:
    """Fills `write.values`; None in it means that the field is to be empty."""
    org, sobject = statement.org, write.sobject
    plan = org.plans.get(sobject, statement.session.permissions, write.is_create)
    values = write.values
    forbidden: list[str] = []
    problem: SalesforceError | None = None
    for name, value in write.payload.items():
        entry = plan.get(name) or plan.get(name.lower())
        if entry is None:
            _read_special(statement, write, name, value)
        elif not entry.writable:
            _refuse_or_skip(write, entry.field, forbidden)
        elif value is None:
            _check_may_be_empty(entry.field)
            values[entry.field.name] = None
        else:
            try:
                values[entry.field.name] = entry.convert(value)
            except Unreadable:
                raise
            except SalesforceError as refusal:
                problem = problem or refusal
    if forbidden:
        raise not_writable(forbidden)
    if write.key is not None and write.created and write.key[0].name != "Id":
        values[write.key[0].name] = write.key[1]
    _check_required(write)
    if problem is not None:
        raise problem


def _refuse_or_skip(write: Write, field: Field, forbidden: list[str]) -> None:
    """An upsert names its key in the record, and an update may name its id."""
    is_key = write.key is not None and write.key[0] is field
    if field.name == "Id":
        if write.operation == "create":
            raise SalesforceError("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"])
        return
    if not is_key or write.is_create:
        forbidden.append(field.name)


def _check_may_be_empty(field: Field) -> None:
    if field.type == "boolean":
        message = f"{field.label}: value not of required type: null"
        raise SalesforceError("INVALID_TYPE_ON_FIELD_IN_RECORD", message, [field.name])


def _check_required(write: Write) -> None:
    values = write.values
    if write.is_create:
        missing = [f.name for f in write.sobject.required_fields if values.get(f.name) is None]
    else:
        fields = write.sobject.fields
        missing = [name for name, value in values.items() if value is None and not fields[name].nillable]
    if missing:
        raise required_missing(missing)


def _read_special(statement: Statement, write: Write, name: str, value: Any) -> None:
    """`attributes`, or a parent named by its own external id: {"Account": {"Number__c": "7"}}."""
    if name == "attributes":
        return
    sobject = write.sobject
    field = sobject.by_relationship.get(name.lower())
    readable = statement.session.permissions.readable(sobject)
    if field is None or field.name not in readable:
        raise no_such_column(name, sobject.name)
    if value is None:
        write.values[field.name] = None
        return
    if not isinstance(value, dict):
        raise Unreadable(field, value)
    if not (field.createable if write.is_create else field.updateable):
        raise not_writable([field.name])
    write.values[field.name] = _foreign_key(statement.org, field, value)


def _foreign_key(org: Org, field: Field, value: dict[str, Any]) -> str:
    attributes = value.get("attributes")
    named = attributes.get("type") if isinstance(attributes, dict) else None
    if named is None and len(field.reference_to) > 1:
        raise SalesforceError("JSON_PARSER_ERROR", NOT_A_FOREIGN_KEY, [])
    target = org.schema.find(str(named or field.reference_to[0]))
    keys = [(name, key) for name, key in value.items() if name != "attributes"]
    if target is None or target.name not in field.reference_to or len(keys) != 1:
        message = (
            f"The relationship field {field.relationship} must hold exactly one external id of {field.reference_to}"
        )
        raise SalesforceError("INVALID_FIELD", message, [])
    name, key = keys[0]
    key_field = target.find(name)
    if key_field is None or not key_field.id_lookup:
        message = f"Field name provided, {name} is not an External ID or indexed field for {target.name}"
        raise SalesforceError("INVALID_FIELD", message, [])
    found = org.store.table(target).find(key_field, converter(key_field)(key)) or []
    if len(found) != 1:
        problem = "not found" if not found else "is not unique"
        message = f"Foreign key external ID: {key} {problem} for field {name} in entity {target.name}"
        raise SalesforceError("INVALID_FIELD", message, [])
    return found[0]
