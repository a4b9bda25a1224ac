"""Which row a write means: by id, by external id, or none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.salesforce_org import ids
from local.salesforce_org.errors import (
    SalesforceError,
    entity_is_deleted,
    insufficient_access,
    invalid_cross_reference,
    malformed_id,
    not_insertable,
)
from local.salesforce_org.schema.model import Field, SObject

from .store import index_key
from .values import converter

if TYPE_CHECKING:
    from local.salesforce_org.org import Org

    from .statement import Statement, Write


def refuse_repeated(writes: list[Write]) -> None:
    """An external id named by several rows of one statement fails every one of them; an id named twice, the second."""
    keys: dict[Any, list[Write]] = {}
    updated: set[str] = set()
    for write in writes:
        if write.key is not None and write.key[1] is not None:
            field, value = write.key
            keys.setdefault((write.sobject.name, field.name, index_key(field, value)), []).append(write)
        elif write.record_id is not None and write.operation == "update":
            if write.record_id in updated:
                write.error = SalesforceError("DUPLICATE_VALUE", f"Duplicate id in list: {write.record_id}", [])
            updated.add(write.record_id)
    for key, sharing in keys.items():
        if len(sharing) > 1:
            for write in sharing:
                message = f"Duplicate external id specified: {key[2]}"
                write.error = SalesforceError("DUPLICATE_VALUE", message, [])


def find(statement: Statement, write: Write) -> None:
    """Fills in `record_id`, `old` and `created`, and checks the user's object permission."""
    org = statement.org
    if write.key is not None:
        _find_by_key(org, write, *write.key)
    if write.record_id is not None:
        write.old = _existing(org, write.sobject, write.record_id)
    check_access(statement, write)


def check_access(statement: Statement, write: Write) -> None:
    sobject = write.sobject
    access = statement.session.permissions.object(sobject)
    if write.is_create:
        if "c" not in sobject.verbs or not access.create:
            raise not_insertable(sobject.label)
        return
    verb, allowed = ("d", access.delete) if write.operation == "delete" else ("u", access.edit)
    if verb not in sobject.verbs:
        word = "deleted" if verb == "d" else "updated"
        raise SalesforceError("INVALID_TYPE_FOR_OPERATION", f"entity type cannot be {word}: {sobject.label}", [])
    if not allowed:
        raise insufficient_access()


def _existing(org: Org, sobject: SObject, record_id: str) -> dict[str, Any]:
    table = org.store.table(sobject)
    row = table.get(record_id)
    if row is None:
        raise entity_is_deleted() if record_id in table.deleted else invalid_cross_reference()
    return row


def _find_by_key(org: Org, write: Write, field: Field, value: Any) -> None:
    if field.name == "Id":
        if value is None:
            write.created = True
            return
        write.record_id = checked_id(write.sobject, str(value))
        return
    if value is None:
        raise SalesforceError("MISSING_ARGUMENT", f"{field.name} not specified", [field.name])
    found = org.store.table(write.sobject).find(field, value) or []
    if len(found) > 1:
        listed = ", ".join(found)
        message = f"{field.label}: more than one record found for external id field: [{listed}]"
        raise SalesforceError("DUPLICATE_EXTERNAL_ID", message, [field.name])
    write.record_id = found[0] if found else None
    write.created = not found


def checked_id(sobject: SObject, text: str) -> str:
    """The 18-character id of a row of this object; refuses anything else as MALFORMED_ID."""
    record_id = ids.normalise(text)
    if record_id is None or record_id[:3] != sobject.prefix:
        raise malformed_id("Record ID", text, "Id")
    return record_id


def key_value(field: Field, raw: Any) -> Any:
    """An external id as the row keeps it, from a JSON value or from the text of a URL."""
    return None if raw is None or raw == "" else converter(field)(raw)
