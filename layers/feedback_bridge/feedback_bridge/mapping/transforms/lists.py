"""Steps that make a list, or make one value of a list."""

from collections.abc import Callable
from typing import Any

from feedback_bridge.mapping.field_types.text import as_text

Step = Callable[[Any], Any]


def items_of(value: Any) -> list[Any]:
    """A list as it is without its nulls; one value as a list of one."""
    return [item for item in value if item is not None] if isinstance(value, list) else [value]


def split(separator: str, index: int | None) -> Step:
    """The parts of a text, trimmed and without empty ones; only one of them with an index (-1 is the last)."""

    def step(value: Any) -> Any:
        parts = [part.strip() for part in as_text(value).split(separator)]
        parts = [part for part in parts if part]
        return parts if index is None else at(parts, index)

    return step


def at(items: list[Any], index: int) -> Any:
    return items[index] if -len(items) <= index < len(items) else None


def take(index: int) -> Step:
    return lambda value: at(items_of(value), index)


def join(separator: str) -> Step:
    return lambda value: separator.join(as_text(item) for item in items_of(value)) or None


def count(value: Any) -> int:
    return len(items_of(value))


def unique(value: Any) -> list[Any]:
    """Without repetitions, in the order of first appearance."""
    seen: dict[str, Any] = {}
    for item in items_of(value):
        seen.setdefault(as_text(item), item)
    return list(seen.values())
