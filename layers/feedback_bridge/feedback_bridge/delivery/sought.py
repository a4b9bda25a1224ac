"""By what an insert is looked for that got no answer: what was sent then, whatever would be sent today."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.write import Write

MOST_FIELDS = 10
_ASKED = frozenset({"string", "email", "phone", "url", "picklist", "combobox", "reference", "id", "boolean", "date"})
_NUMBERS = frozenset({"double", "currency", "percent", "int"})
_LOOKED_AT = _NUMBERS | {"textarea"}
"""SOQL cannot filter by long text, nor surely by fractions: these are compared in the records found."""


@dataclass(frozen=True, slots=True)
class Sought:
    """One insert as it was sent. `effect` names it within its delivery. Dates are text; of long text it is a digest."""

    effect: str
    object: str
    fields: Mapping[str, Any]


def sought(effect: str, write: Write, schema: ObjectSchema | None) -> Sought:
    """As little of it as tells it from others: it is kept until the doubt has ended."""
    told: dict[str, Any] = {}
    for kinds in (_ASKED, _LOOKED_AT):
        comparable = [
            name for name, value in write.fields.items() if value is not None and _kind(schema, name) in kinds
        ]
        told.update({name: _kept(write.fields[name], _kind(schema, name)) for name in comparable[:MOST_FIELDS]})
    return Sought(effect, write.object, told)


def query(lost: Sought, schema: ObjectSchema | None, user_id: str, since: datetime) -> RecordQuery:
    """Our own records only: one that a colleague has made with the same values is none of ours."""
    kinds = {name: _kind(schema, name) for name in lost.fields}
    where = [(name, _typed(lost.fields[name], kind)) for name, kind in kinds.items() if kind in _ASKED]
    select = tuple(name for name, kind in kinds.items() if kind in _LOOKED_AT)
    return RecordQuery(lost.object, (("CreatedById", user_id), *where), select=select, created_since=since)


def is_it(lost: Sought, row: Row, schema: ObjectSchema | None) -> bool:
    """Whether what could not be asked for is the same, too."""
    return all(
        _same(row.get(name), value, item)
        for name, value in lost.fields.items()
        if _kind(schema, name) in _LOOKED_AT and schema and (item := schema.field(name))
    )


def _kind(schema: ObjectSchema | None, name: str) -> str | None:
    """None for what Salesforce may give back in another form than it was sent in."""
    item = schema.field(name) if schema else None
    return None if item is None or item.html else item.type


def _kept(value: Any, kind: str | None) -> Any:
    return _digest(value) if kind == "textarea" else value


def _digest(text: Any) -> str:
    """Of its words: Salesforce trims text, and changes line ends."""
    return hashlib.sha256(" ".join(str(text or "").split()).encode()).hexdigest()


def _typed(value: Any, kind: str | None) -> Any:
    return date.fromisoformat(value) if kind == "date" and isinstance(value, str) else value


def _same(found: Any, sent: Any, item: FieldSchema) -> bool:
    if item.type in _NUMBERS:
        # Salesforce rounds to the field's decimal places.
        return found is not None and math.isclose(float(found), float(sent), abs_tol=0.51 * 10.0**-item.scale)
    return bool(_digest(found) == sent)
