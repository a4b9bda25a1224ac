"""Checks a literal against the field it is compared with, and makes it comparable to stored values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from local.salesforce_org import clock, ids
from local.salesforce_org.clock import to_wire
from local.salesforce_org.rows.moments import parse_datetime
from local.salesforce_org.rows.store import index_key
from local.salesforce_org.schema.model import NUMERIC_TYPES, Field

from .model import Literal
from .periods import period
from .refusals import SoqlRefusal

NAMES = {"datetime": "dateTime", "reference": "reference", "id": "id"}


class Period:
    """A range of stored text: from `start` up to, but without, `end`.

    `later` is where "greater than" begins: after the range, but for LAST_N_DAYS:n, which reaches up to this moment,
    n days ago.
    """

    __slots__ = ("end", "later", "start")

    def __init__(self, start: str, end: str, *, reaches_now: bool = False) -> None:
        self.start, self.end = start, end
        self.later = start if reaches_now else end


def comparable(field: Field, literal: Literal) -> Any:
    """None, a plain value as the index keeps it, or a `Period`. Raises SoqlRefusal."""
    if literal.kind == "null":
        return None
    if literal.kind == "period":
        return _period(field, literal)
    if field.type in ("id", "reference"):
        return _record_id(field, literal)
    if field.type in NUMERIC_TYPES:
        return _expect(field, literal, "number")
    if field.type == "boolean":
        return _expect(field, literal, "boolean")
    if field.type == "date":
        return _expect(field, literal, "date")
    if field.type == "datetime":
        text = _expect(field, literal, "datetime")
        return to_wire(parse_datetime(text))
    if literal.kind != "string":
        message = (
            f"value of filter criterion for field '{field.name}' must be of type {NAMES.get(field.type, 'string')} "
            "and should be enclosed in quotes"
        )
        raise SoqlRefusal("INVALID_FIELD", message, literal.position)
    return index_key(field, literal.value)


def _expect(field: Field, literal: Literal, kind: str) -> Any:
    if literal.kind != kind:
        wanted = NAMES.get(field.type, field.type)
        message = (
            f"value of filter criterion for field '{field.name}' must be of type {wanted} "
            "and should not be enclosed in quotes"
        )
        raise SoqlRefusal("INVALID_FIELD", message, literal.position)
    return literal.value


def _record_id(field: Field, literal: Literal) -> str:
    if literal.kind != "string":
        return str(_expect(field, literal, "string"))
    if literal.value == "":
        return ""
    record_id = ids.normalise(literal.value)
    if record_id is None:
        raise SoqlRefusal("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {literal.value}", literal.position)
    return record_id


def _period(field: Field, literal: Literal) -> Period:
    name, count = literal.value
    found = period(name, count, clock.now().date())
    if found is None:
        raise SoqlRefusal("MALFORMED_QUERY", f"unexpected token: '{name}'", literal.position)
    if field.type not in ("date", "datetime"):
        message = f"value of filter criterion for field '{field.name}' must be of type {field.type}"
        raise SoqlRefusal("INVALID_FIELD", message, literal.position)
    start, end = (_text(field, day) for day in found)
    return Period(start, end, reaches_now=name == "LAST_N_DAYS")


def _text(field: Field, day: date) -> str:
    if field.type == "date":
        return day.isoformat()
    return to_wire(datetime(day.year, day.month, day.day, tzinfo=UTC))
