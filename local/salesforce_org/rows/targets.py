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
)
from local.salesforce_org.schema.model import Field, SObject

from .store import index_key
from .values import converter

if TYPE_CHECKING:
    from local.salesforce_org.org import Org

    from .statement import Statement, Write


def refuse_repeated(writes: list[Write]) -> None:
    """The same row twice in one statement: the second and later ones fail."""
    seen: set[Any] = set()
    for write in writes:
        if write.operation == "upsert" and write.key is not None and write.key[1] is not None:
            field, value = write.key
            key: Any = (write.sobject.name, field.name, index_key(field, value))
            message = f"Duplicate external id specified: {value}"
        elif write.record_id is not None and write.operation == "update":
            key, message = write.record_id, f"Duplicate id in list: {write.record_id}"
        else:
            continue
        if key in seen:
            write.error = SalesforceError("DUPLICATE_VALUE", message, [])
        seen.add(key)


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
        if "c" not in sobject.verbs:
            raise SalesforceError("INVALID_TYPE_FOR_OPERATION", f"entity type cannot be inserted: {sobject.label}", [])
        if not access.create:
            message = f"entity type cannot be inserted: {sobject.label}"
            raise SalesforceError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, [])
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
