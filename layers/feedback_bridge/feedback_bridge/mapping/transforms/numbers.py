"""Steps on numbers."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from feedback_bridge.mapping.field_types.numbers import read_number
from feedback_bridge.mapping.field_types.text import half_width
from feedback_bridge.mapping.field_types.unfit import Unfit

Step = Callable[[Any], Any]
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_AROUND = re.compile(r"^[^0-9.,+\-−▲△]+|[^0-9.,]+$")
_LARGEST = Decimal(10) ** 40


def number(value: Any) -> int | float:
    """The number in a text, whatever stands around it (`約1,200円`, `85 %`)."""
    return _plain(_exact(_undressed(value)))


def decimal_mark(mark: str) -> Step:
    """The number in a text that is written with this decimal mark; the other one groups its digits."""
    group = "." if mark == "," else ","

    def step(value: Any) -> int | float:
        if isinstance(value, str):
            value = _undressed(value).replace(" ", "").replace(group, "").replace(mark, ".")
        return _plain(_exact(value))

    return step


def round_to(places: int) -> Step:
    """Half up, as Salesforce rounds what it shows."""
    return lambda value: _plain(_EXACT.quantize(_exact(value), Decimal(1).scaleb(-places)))


def multiply(factor: float) -> Step:
    exact = Decimal(repr(factor))
    return lambda value: _plain(_EXACT.multiply(_exact(value), exact))


def _undressed(value: Any) -> Any:
    return _AROUND.sub("", half_width(value)) if isinstance(value, str) else value


def _exact(value: Any) -> Decimal:
    found = read_number(value)
    exact = found if isinstance(found, Decimal) else Decimal(repr(found))
    if abs(exact) >= _LARGEST:
        raise Unfit("is too large a number")
    return exact


def _plain(exact: Decimal) -> int | float:
    return int(exact) if exact == exact.to_integral_value() else float(exact)
