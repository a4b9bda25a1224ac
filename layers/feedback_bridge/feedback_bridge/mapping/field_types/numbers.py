"""Numbers: int, long, double, currency, percent, and the degrees of a geolocation."""

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from feedback_bridge.mapping.field_types.text import half_width
from feedback_bridge.mapping.field_types.unfit import Coerce, Unfit, no_value
from feedback_bridge.mapping.schema import FieldSchema

Number = int | float
_PLAIN = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?")
_MINUS = str.maketrans({"−": "-", "‐": "-", "▲": "-", "△": "-"})
_MONEY = re.compile(r"^([+-]?)\s*[¥$€£]\s*|\s*(?:円|yen|JPY|USD|EUR|[¥$€£])$", re.IGNORECASE)
_PERCENT = re.compile(r"\s*%$()")
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_LONGEST = 40


def read_number(value: Any) -> Number | Decimal:
    """The number that a value means, full-width digits and thousands commas included. Raises Unfit."""
    if isinstance(value, bool):
        raise Unfit("is true or false, not a number")
    if isinstance(value, (int, Decimal)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unfit("is not a finite number")
        return value
    if isinstance(value, str):
        return _read(half_width(value).translate(_MINUS))
    if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], list):
        return read_number(value[0])
    raise Unfit("is several values, not one number") if isinstance(value, list) else no_value(value)


def _read(text: str) -> Decimal:
    if len(text) > _LONGEST or not _PLAIN.fullmatch(text):
        raise Unfit("is not a number")
    return Decimal(text.replace(",", ""))


def integer(field: FieldSchema) -> Coerce:
    """Salesforce's int is 32 bits wide; `digits` of the describe may be narrower."""
    high = min(10**field.digits, 2**31) if field.digits else 2**31
    low = -high if high < 2**31 else -high - 1
    return _number(field, scale=0, low=low, high=high, outside=f"is not between {low + 1} and {high - 1}")


def long(field: FieldSchema) -> Coerce:
    return _number(field, scale=0, low=-(2**63) - 1, high=2**63, outside="is too large a number")


def double(field: FieldSchema, *, dressed: re.Pattern[str] | None = None) -> Coerce:
    """`precision` digits in all, `scale` of them after the point; more decimals are rounded half up, with a note.

    `dressed` matches what is written around such a number and does not count.
    """
    degrees = _degrees(field.name.lower())
    if degrees:
        low, high = math.nextafter(-degrees, -math.inf), math.nextafter(degrees, math.inf)
        return _number(
            field, scale=field.scale, low=low, high=high, outside=f"is not between -{degrees} and {degrees} degrees"
        )
    if not field.precision:
        return _number(
            field, scale=None, low=-math.inf, high=math.inf, outside="is too large a number", dressed=dressed
        )
    digits = field.precision - field.scale
    outside = f"has more than {digits} digits before the decimal point"
    return _number(field, scale=field.scale, low=-(10**digits), high=10**digits, outside=outside, dressed=dressed)


def currency(field: FieldSchema) -> Coerce:
    """¥1,200 and 1200円 are numbers here."""
    return double(field, dressed=_MONEY)


def percent(field: FieldSchema) -> Coerce:
    """85% is 85, as Salesforce keeps it."""
    return double(field, dressed=_PERCENT)


def _degrees(name: str) -> int | None:
    if name.endswith(("__latitude__s", "latitude")):
        return 90
    return 180 if name.endswith(("__longitude__s", "longitude")) else None


def _number(
    field: FieldSchema,
    *,
    scale: int | None,
    low: float,
    high: float,
    outside: str,
    dressed: re.Pattern[str] | None = None,
) -> Coerce:
    """Numbers strictly between `low` and `high` with at most `scale` decimals."""

    def coerce(value: Any, notes: list[str]) -> Number | None:
        if type(value) is int:
            if low < value < high:
                return value
            raise Unfit(outside)
        if isinstance(value, str):
            if not value.strip():
                return None
            if dressed:
                value = dressed.sub(r"\1", half_width(value).translate(_MINUS), count=2)
        elif value == []:
            return None
        number = _rounded(read_number(value), scale, field, notes)
        if low < number < high:
            return number
        raise Unfit(outside)

    return coerce


def _rounded(number: Number | Decimal, scale: int | None, field: FieldSchema, notes: list[str]) -> Number:
    if isinstance(number, int):
        return number
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    if exact == exact.to_integral_value():
        return int(exact) if abs(exact) < 10**_LONGEST else float(exact)
    if scale is None or -int(exact.as_tuple().exponent) <= scale:
        return float(exact)
    notes.append(f"{field.name}: rounded to {scale} decimals")
    rounded = _EXACT.quantize(exact, Decimal(1).scaleb(-scale))
    return float(rounded) if scale else int(rounded)
