"""From a JSON value to a stored one: what each field type accepts, and the words in which it refuses.

Two kinds of refusal, and the first goes before the second: a value that cannot be read at all (JSON_PARSER_ERROR)
and a value that can be read but not kept (too long, out of range, off the list).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from local.salesforce_org import ids
from local.salesforce_org.errors import SalesforceError, malformed_id
from local.salesforce_org.schema.model import Field

from .moments import Converter, date_converter, datetime_converter, time_converter
from .unreadable import Unreadable, as_text

EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*)(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
INT_DIGITS_MAX = 2**31 - 1


def converter(field: Field) -> Converter:
    """The function that turns a JSON value (never null) into what the row keeps; None stands for an empty value."""
    return _BUILDERS[field.type](field)


def _string(field: Field, *, strip: bool = True) -> Converter:
    length, label, name = field.length, field.label, field.name

    def convert(value: Any) -> str | None:
        if type(value) is not str:
            value = _scalar_as_text(field, value)
        text: str = value.strip() if strip else value
        if length and len(text) > length:
            raise SalesforceError(
                "STRING_TOO_LONG", f"{label}: data value too large: {text} (max length={length})", [name]
            )
        return text or None

    return convert


def _scalar_as_text(field: Field, value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise Unreadable(field, value)
    return as_text(value)


def _textarea(field: Field) -> Converter:
    return _string(field, strip=False)


def _email(field: Field) -> Converter:
    check = _string(field)

    def convert(value: Any) -> str | None:
        text = check(value)
        if text is None:
            return None
        if not EMAIL.fullmatch(text):
            message = f"{field.label}: invalid email address: {text}"
            raise SalesforceError("INVALID_EMAIL_ADDRESS", message, [field.name])
        return str(text).lower()  # Salesforce keeps every e-mail field in lower case.

    return convert


def _picklist(field: Field) -> Converter:
    check = _string(field)
    if not field.restricted:
        return check
    allowed = {item.value for item in field.values if item.active}

    def convert(value: Any) -> str | None:
        text: str | None = check(value)
        if text is not None and text not in allowed:
            raise _off_list(field, text)
        return text

    return convert


def _off_list(field: Field, text: str) -> SalesforceError:
    message = f"{field.label}: bad value for restricted picklist field: {text}"
    return SalesforceError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [field.name])


def _multipicklist(field: Field) -> Converter:
    allowed = {item.value for item in field.values if item.active}

    def convert(value: Any) -> str | None:
        if not isinstance(value, str):
            raise Unreadable(field, value)
        chosen = list(dict.fromkeys(part.strip() for part in value.split(";") if part.strip()))
        if field.restricted:
            for part in chosen:
                if part not in allowed:
                    raise _off_list(field, part)
        return ";".join(chosen) or None

    return convert


def _boolean(field: Field) -> Converter:
    def convert(value: Any) -> bool:
        if value is True or value is False:
            return value
        raise Unreadable(field, value)

    return convert


def _number(field: Field, value: Any) -> Decimal:
    if type(value) is int or type(value) is float:
        return Decimal(str(value))
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    raise Unreadable(field, value)


def _out_of_range(field: Field, value: Any) -> SalesforceError:
    message = f"{field.label}: value outside of valid range on numeric field: {value}"
    return SalesforceError("NUMBER_OUTSIDE_VALID_RANGE", message, [field.name])


def _double(field: Field) -> Converter:
    limit = 10 ** (field.precision - field.scale)
    step = Decimal(1).scaleb(-field.scale)

    def convert(value: Any) -> float | None:
        if type(value) is int and -limit < value < limit:
            return float(value)
        if isinstance(value, str) and not value.strip():
            return None
        number = _number(field, value)
        if abs(number) >= limit:
            raise _out_of_range(field, value)
        return float(number.quantize(step, ROUND_HALF_UP))

    return convert


def _int(field: Field) -> Converter:
    limit = min(10**field.digits, INT_DIGITS_MAX) if field.digits else INT_DIGITS_MAX

    def convert(value: Any) -> int | None:
        if isinstance(value, str) and not value.strip():
            return None
        number = _number(field, value)
        if number != number.to_integral_value():
            raise Unreadable(field, value)
        if abs(number) >= limit:
            raise _out_of_range(field, value)
        return int(number)

    return convert


def _reference(field: Field) -> Converter:
    def convert(value: Any) -> str | None:
        if isinstance(value, (dict, list, bool, int, float)):
            raise Unreadable(field, value)
        if not value:
            return None
        record_id = ids.normalise(value)
        if record_id is None:
            raise malformed_id(field.label, value, field.name)
        return record_id

    return convert


def _unwritable(field: Field) -> Converter:
    def convert(value: Any) -> Any:
        raise Unreadable(field, value)

    return convert


_BUILDERS: dict[str, Callable[[Field], Converter]] = {
    "string": _string,
    "phone": _string,
    "url": _string,
    "combobox": _string,
    "encryptedstring": _string,
    "textarea": _textarea,
    "email": _email,
    "picklist": _picklist,
    "multipicklist": _multipicklist,
    "boolean": _boolean,
    "double": _double,
    "currency": _double,
    "percent": _double,
    "int": _int,
    "long": _int,
    "date": date_converter,
    "datetime": datetime_converter,
    "time": time_converter,
    "reference": _reference,
    "id": _reference,
    "address": _unwritable,
}
