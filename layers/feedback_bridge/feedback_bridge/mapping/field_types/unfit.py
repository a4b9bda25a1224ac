"""What the rules of every type have in common."""

from collections.abc import Callable
from typing import Any

Coerce = Callable[[Any, list[str]], Any]
"""Value and notes -> what is sent, or None where the value is blank.

What the admin should know although the value was taken is appended to the notes. Raises Unfit.
"""


class Unfit(ValueError):
    """The value cannot go where it was meant to. The sentence says why and never repeats the value."""


OBJECT = "is an object with several parts, not one value"


def no_value(value: object) -> Unfit:
    """Why a value of a kind that no rule knows is refused."""
    return Unfit(OBJECT if isinstance(value, dict) else "is a list of lists, not one value")
