"""Saves one row: references, derived fields, rules, uniqueness, system fields; and deletes with what hangs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.salesforce_org.behaviour import after_save, before_save
from local.salesforce_org.clock import now_wire
from local.salesforce_org.errors import duplicate_value, entity_is_deleted, malformed_id, no_access_to_reference
from local.salesforce_org.rules import assignment, duplicates, validation
from local.salesforce_org.schema.model import SObject

from .deleting import delete_tree
from .store import Row

if TYPE_CHECKING:
    from .statement import Statement, Write


def save(statement: Statement, write: Write) -> None:
    org, sobject = statement.org, write.sobject
    table = org.store.table(sobject)
    old: Row = {}
    if write.record_id is not None:
        current = table.get(write.record_id)
        if current is None:
            raise entity_is_deleted()
        old = current
    _check_references(statement, write, old)
    row = {**old, **write.values}
    if write.is_create:
        _fill_defaults(statement, sobject, row, write)
        assignment.apply(statement, sobject, row)
    before_save(statement, sobject, old, row)
    validation.check(org, sobject, row)
    duplicates.check(statement, sobject, old, row)
    _check_unique(statement, write)
    _stamp(statement, row, write.is_create)
    for name in [name for name, value in row.items() if value is None]:
        del row[name]
    if write.is_create:
        write.record_id = row["Id"] = org.ids.new(sobject.prefix)
    statement.transaction.undo.put(table, row)
    after_save(statement, sobject, old, row)


def delete(statement: Statement, write: Write) -> None:
    record_id = str(write.record_id)
    if statement.org.store.table(write.sobject).get(record_id) is None:
        raise entity_is_deleted()
    delete_tree(statement.org, statement.transaction.undo, write.sobject, record_id)


def _check_references(statement: Statement, write: Write, old: Row) -> None:
    org, fields = statement.org, write.sobject.fields
    for name, value in write.values.items():
        field = fields[name]
        if not field.reference_to or value is None or old.get(name) == value:
            continue
        target = org.schema.by_prefix(value)
        if target is None or target.name not in field.reference_to:
            raise malformed_id(field.label, value, name)
        if value not in org.store.table(target).rows:
            raise no_access_to_reference(value)


def _fill_defaults(statement: Statement, sobject: SObject, row: Row, write: Write) -> None:
    """Defaults apply where the caller said nothing; a field that may not be empty takes its default for null too."""
    for field in sobject.defaulted_fields:
        said = field.name in write.values and (row[field.name] is not None or field.nillable)
        if not said:
            row[field.name] = field.default_value
    if "OwnerId" in sobject.fields and not row.get("OwnerId"):
        row["OwnerId"] = statement.session.user_id
    number_field = sobject.auto_number_field
    if number_field is not None:
        table = statement.org.store.table(sobject)
        row[number_field.name] = _auto_number(number_field.auto_number or "{0}", table.next_number)
        table.next_number += 1


def _auto_number(shape: str, number: int) -> str:
    """`SR-{0000}` and 7 give SR-0007."""
    head, _, rest = shape.partition("{")
    zeros, _, tail = rest.partition("}")
    return f"{head}{number:0{len(zeros)}d}{tail}"


def _check_unique(statement: Statement, write: Write) -> None:
    fields = write.sobject.fields
    for name, value in write.values.items():
        if value is None or not fields[name].unique:
            continue
        found = statement.org.store.table(write.sobject).find(fields[name], value) or []
        other = next((each for each in found if each != write.record_id), None)
        if other is not None:
            raise duplicate_value(name, other)


def _stamp(statement: Statement, row: Row, create: bool) -> None:
    moment, user = now_wire(), statement.session.user_id
    if create:
        row["CreatedDate"], row["CreatedById"] = moment, user
    row["LastModifiedDate"], row["LastModifiedById"], row["SystemModstamp"] = moment, user, moment
