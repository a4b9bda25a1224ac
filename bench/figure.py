"""One measured figure, and the promise it is held to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`limit` is the highest value promised, or None where there is no promise; `holds` tells whether it is kept."""

    name: str
    value: float
    limit: float | None
    holds: bool


def at_most(name: str, value: float, limit: float) -> Figure:
    return Figure(name, value, limit, value <= limit)


def without_limit(name: str, value: float) -> Figure:
    return Figure(name, value, None, True)
