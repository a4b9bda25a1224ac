"""One pushed field: what the tool's text would become, and whether Salesforce holds that already.

Salesforce's side is text as Bulk API 2.0 gives it: numbers as `12.0`, datetimes as `…Z`, an empty cell for null.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
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
    """What it found out of short texts is remembered: usage figures repeat."""

    name: str
    clears: bool
    _coerce: Coerce
    _equal: Callable[[Any, str], bool]
    _factor: Decimal | None = None
    _epoch: Decimal | None = None

    def __post_init__(self) -> None:
        self._remembered = _Remembered(self._told)

    def changes(self, told: Iterable[str], held: Iterable[str]) -> Iterator[Any]:
        """What to write where Salesforce holds `held`: None to clear, SAME for nothing, Unfit where it cannot be."""
        return map(self._remembered.__getitem__, zip(told, held, strict=True))

    def change(self, told: str, held: str) -> Any:
        """Of one. Raises Unfit."""
        found = self._remembered[told, held]
        if isinstance(found, Unfit):
            raise found
        return found

    def _told(self, told: str, held: str) -> Any:
        if told == held and self._factor is None and self._epoch is None:
            return SAME
        try:
            return self._change(told, held)
        except Unfit as error:
            return Unfit(str(error))  # Without its traceback, which would keep a frame for every value.

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


class _Remembered(dict[tuple[str, str], Any]):
    """Bounded: it begins anew when it is full, and keeps nothing of long texts."""

    def __init__(self, find: Callable[[str, str], Any]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, pair: tuple[str, str]) -> Any:
        told, held = pair
        found = self._find(told, held)
        if len(told) + len(held) <= _LONGEST_REMEMBERED:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[pair] = found
        return found


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
