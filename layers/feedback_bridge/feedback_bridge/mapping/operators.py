"""The tests of a condition: what each operator asks of the value that a path finds.

A path that finds nothing satisfies `missing`, `empty`, `ne` and the operators that begin with `not_`
(but `not_empty`), and no other.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from feedback_bridge.mapping.field_types.choices import fold, read_boolean
from feedback_bridge.mapping.field_types.numbers import read_number
from feedback_bridge.mapping.field_types.text import as_text
from feedback_bridge.mapping.field_types.times import read_moment
from feedback_bridge.mapping.field_types.unfit import Unfit
from feedback_bridge.mapping.patterns import BadPattern, compile_pattern

Ask = Callable[[Any, datetime], bool]
"""What the path found (never None) and the present moment -> whether the test holds."""

ALONE = frozenset({"exists", "missing", "empty", "not_empty"})
NEGATED = {"ne": "eq", "not_in": "in", "not_contains": "contains", "not_matches": "matches", "not_empty": "empty"}
HOLDS_FOR_NOTHING = frozenset({"missing", "empty", "ne", "not_in", "not_contains", "not_matches"})
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "lt": lambda found, bound: found < bound,
    "le": lambda found, bound: found <= bound,
    "gt": lambda found, bound: found > bound,
    "ge": lambda found, bound: found >= bound,
    "before": lambda found, bound: found < bound,
    "after": lambda found, bound: found > bound,
}
_NO_TEXT = "\0"
_MOST_DAYS = 36_500


class BadOperand(ValueError):
    """The value is not one that this operator can compare with; the sentence says what it needs."""


def operator(name: str, operand: Any = None, *, ignore_case: bool = False, zone: tzinfo = UTC) -> Ask:
    """The test `name` with its operand; dates without a zone are in `zone`. Raises BadOperand."""
    if name in NEGATED:
        positive = operator(NEGATED[name], operand, ignore_case=ignore_case, zone=zone)
        return lambda found, now: not positive(found, now)
    if name in _ORDERS:
        return _order(name, operand, zone)
    build = _BUILDERS.get(name)
    return build(operand, zone) if build else _TEXT_BUILDERS[name](operand, ignore_case)


def _order(name: str, operand: Any, zone: tzinfo) -> Ask:
    holds = _ORDERS[name]
    read = _reader(operand, zone, dates=name in ("before", "after"))
    bound = read(operand)

    def ask(found: Any, now: datetime) -> bool:
        try:
            return holds(read(found), bound)
        except Unfit:
            return False

    return ask


def _reader(operand: Any, zone: tzinfo, *, dates: bool) -> Callable[[Any], Any]:
    """How values are read to be ordered: as numbers when the operand is one, else as dates."""
    for read in (() if dates else (read_number,)) + ((lambda value: read_moment(value, zone)),):
        try:
            read(operand)
        except Unfit:
            continue
        return read
    raise BadOperand(
        "must be a date, such as 2026-11-21" if dates else "must be a number or a date, such as 2026-11-21"
    )


def _between(operand: Any, zone: tzinfo) -> Ask:
    if not isinstance(operand, list) or len(operand) != 2:
        raise BadOperand("must be a list of two: the lowest and the highest")
    low, high = _order("ge", operand[0], zone), _order("le", operand[1], zone)
    if _reader(operand[0], zone, dates=False) is read_number and read_number(operand[0]) > read_number(operand[1]):
        raise BadOperand("must have the lower of the two first")
    return lambda found, now: low(found, now) and high(found, now)


def _window(inside: Callable[[timedelta, timedelta], bool]) -> Callable[[Any, tzinfo], Ask]:
    def build(operand: Any, zone: tzinfo) -> Ask:
        if isinstance(operand, bool) or not isinstance(operand, (int, float)) or not 0 <= operand <= _MOST_DAYS:
            raise BadOperand(f"must be a number of days from 0 to {_MOST_DAYS}")
        days = timedelta(days=operand)

        def ask(found: Any, now: datetime) -> bool:
            try:
                return inside(now - read_moment(found, zone), days)
            except (Unfit, OverflowError):
                return False

        return ask

    return build


def _equals(operand: Any, ignore_case: bool) -> Ask:
    same = _sameness(operand, ignore_case)
    return lambda found, now: same(found)


def _sameness(operand: Any, ignore_case: bool) -> Callable[[Any], bool]:
    """Equality by meaning: 9, 9.0 and "9" are one number, true and "はい" one tick, if the operand is of that kind."""
    if operand is None:
        return lambda found: found is None
    if isinstance(operand, bool):
        return lambda found: _read_or_none(read_boolean, found) is operand
    if isinstance(operand, (int, float)):
        return lambda found: found == operand if type(found) is int else _read_or_none(read_number, found) == operand
    if isinstance(operand, str):
        if ignore_case:
            folded = fold(operand)
            return lambda found: fold(_text(found)) == folded
        return lambda found: found == operand if type(found) is str else _text(found) == operand
    if isinstance(operand, list):
        each = [_sameness(item, ignore_case) for item in operand]
        return lambda found: (
            isinstance(found, list)
            and len(found) == len(each)
            and all(same(item) for same, item in zip(each, found, strict=True))
        )
    raise BadOperand("must be one value or a list of values, not an object")


def _read_or_none(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except Unfit:
        return None


def _text(value: Any) -> str:
    """A scalar as text; whatever has no text of its own (lists, objects, infinity) equals none."""
    if isinstance(value, str):
        return value
    text = _read_or_none(as_text, value) if isinstance(value, (int, float)) else None
    return text if isinstance(text, str) else _NO_TEXT


def _texts(operand: Any) -> list[Any]:
    if not isinstance(operand, list) or not operand:
        raise BadOperand("must be a list with at least one value")
    return operand


def _in(operand: Any, ignore_case: bool) -> Ask:
    wanted = _texts(operand)
    each = [_sameness(item, ignore_case) for item in wanted]
    if all(isinstance(item, str) for item in wanted) and not ignore_case:
        among = frozenset(wanted)
        return lambda found, now: found in among if type(found) is str else any(same(found) for same in each)
    return lambda found, now: any(same(found) for same in each)


def _contains_one(operand: Any, ignore_case: bool) -> Callable[[Any], bool]:
    if isinstance(operand, (list, dict)) or operand is None or operand == "":
        raise BadOperand("must be one value; contains_any and contains_all take a list")
    same = _sameness(operand, ignore_case)
    part = fold(as_text(operand)) if ignore_case else as_text(operand)

    def contains(found: Any) -> bool:
        if isinstance(found, list):
            return any(same(item) for item in found)
        return isinstance(found, str) and part in (fold(found) if ignore_case else found)

    return contains


def _contains(operand: Any, ignore_case: bool) -> Ask:
    contains = _contains_one(operand, ignore_case)
    return lambda found, now: contains(found)


def _contains_any(operand: Any, ignore_case: bool) -> Ask:
    each = [_contains_one(item, ignore_case) for item in _texts(operand)]
    return lambda found, now: any(contains(found) for contains in each)


def _contains_all(operand: Any, ignore_case: bool) -> Ask:
    each = [_contains_one(item, ignore_case) for item in _texts(operand)]
    return lambda found, now: all(contains(found) for contains in each)


def _edge(method: Callable[[str, str], bool]) -> Callable[[Any, bool], Ask]:
    def build(operand: Any, ignore_case: bool) -> Ask:
        if not isinstance(operand, str) or not operand:
            raise BadOperand("must be text")
        edge = fold(operand) if ignore_case else operand
        return lambda found, now: isinstance(found, str) and method(fold(found) if ignore_case else found, edge)

    return build


def _matches(operand: Any, ignore_case: bool) -> Ask:
    if not isinstance(operand, str) or not operand:
        raise BadOperand("must be a regular expression")
    try:
        search = compile_pattern(operand, ignore_case=ignore_case)
    except BadPattern as error:
        raise BadOperand(str(error)) from None

    def ask(found: Any, now: datetime) -> bool:
        texts = map(_text, found if isinstance(found, list) else [found])
        return any(text is not _NO_TEXT and search(text) is not None for text in texts)

    return ask


def _always(operand: Any, zone: tzinfo) -> Ask:
    return lambda found, now: True


def _never(operand: Any, zone: tzinfo) -> Ask:
    return lambda found, now: False


def _empty(operand: Any, zone: tzinfo) -> Ask:
    return lambda found, now: found in ("", [], {}) or (isinstance(found, str) and not found.strip())


_BUILDERS: dict[str, Callable[[Any, tzinfo], Ask]] = {
    "exists": _always,
    "missing": _never,
    "empty": _empty,
    "between": _between,
    "within_days": _window(lambda age, days: timedelta(0) <= age <= days),
    "older_than_days": _window(lambda age, days: age > days),
    "within_next_days": _window(lambda age, days: -days <= age <= timedelta(0)),
}
_TEXT_BUILDERS: dict[str, Callable[[Any, bool], Ask]] = {
    "eq": _equals,
    "in": _in,
    "contains": _contains,
    "contains_any": _contains_any,
    "contains_all": _contains_all,
    "starts_with": _edge(str.startswith),
    "ends_with": _edge(str.endswith),
    "matches": _matches,
}
