"""One pushed field: what the tool's text would become, and whether Salesforce holds that already.

Salesforce's side is text as Bulk API 2.0 gives it: numbers as `12.0`, datetimes as `…Z`, an empty cell for null.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from feedback_bridge.mapping.coercion import Terms, coercer
from feedback_bridge.mapping.field_types.unfit import Coerce, Unfit
from feedback_bridge.mapping.schema import FieldSchema
from feedback_bridge.sync.document import PushedField

SAME = object()
"""Nothing is to be written."""

NOT_AVAILABLE = "#N/A"
"""Bulk API would take it for null."""

_NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
_MOST_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 64


@dataclass
class Values:
    """`change` remembers what it found out of short texts: usage figures repeat."""

    name: str
    clears: bool
    _coerce: Coerce
    _equal: Callable[[Any, str], bool]
    _factor: Decimal | None = None
    _epoch: Decimal | None = None
    _remembered: dict[tuple[str, str], Any] = field(default_factory=dict)

    def change(self, told: str, held: str) -> Any:
        """What to write where Salesforce holds `held`: None to clear, SAME for nothing. Raises Unfit."""
        pair = (told, held)
        found = self._remembered.get(pair, self)
        if found is not self:
            return found
        found = self._change(told, held)
        if len(told) + len(held) <= _LONGEST_REMEMBERED:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[pair] = found
        return found

    def _change(self, told: str, held: str) -> Any:
        if told.strip() == NOT_AVAILABLE:
            raise Unfit("is #N/A, which spreadsheets write for an error")
        value = self._coerce(self._multiplied(told), []) if told.strip() else None
        if value is None:
            return None if self.clears and held else SAME
        return SAME if self._equal(value, held) else value

    def _multiplied(self, told: str) -> Any:
        if self._factor is None and self._epoch is None:
            return told
        try:
            number = Decimal(told.strip())
            if self._epoch is not None:
                return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(number / self._epoch))
            return str(number * (self._factor or 1))
        except OverflowError:
            raise Unfit("is no time of the calendar") from None
        except InvalidOperation:
            raise Unfit("is no number") from None


def values_of(schema: FieldSchema, rule: PushedField, *, clears: bool, zone: tzinfo) -> Values:
    """Raises NotWritable for a field of a type that takes no values."""
    coerce = coercer(schema, Terms(zone, truncate=rule.too_long == "truncate"))
    factor = Decimal(repr(rule.multiply)) if rule.multiply is not None else None
    epoch = {"seconds": Decimal(1), "milliseconds": Decimal(1000)}.get(rule.epoch or "")
    return Values(schema.name, clears and schema.nillable, coerce, _equality(schema.type.lower()), factor, epoch)


def _equality(field_type: str) -> Callable[[Any, str], bool]:
    if field_type in _NUMBERS:
        return _same_number
    return {
        "boolean": lambda value, held: held.lower() == str(value).lower(),
        "datetime": lambda value, held: _moment(value) == _moment(held),
        "time": lambda value, held: _moment(value) == _moment(held),
        "multipicklist": lambda value, held: set(value.split(";")) == set(held.split(";")),
        "textarea": lambda value, held: _lines(value) == _lines(held),
    }.get(field_type, _same_text)


def _same_text(value: Any, held: str) -> bool:
    return bool(value == held)


def _same_number(value: Any, held: str) -> bool:
    try:
        return bool(held) and Decimal(str(value)) == Decimal(held)
    except InvalidOperation:
        return False


def _moment(text: str) -> str:
    """Both sides are in UTC with milliseconds; only the word for UTC differs."""
    return text.removesuffix("Z").removesuffix("+0000")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip()
