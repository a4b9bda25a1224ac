"""Conditions made ready: `when` becomes a function from feedback and the present moment to yes or no."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from feedback_bridge.mapping.language.conditions import AllOf, AnyOf, Comparison, Condition, NoneOf
from feedback_bridge.mapping.operators import ALONE, HOLDS_FOR_NOTHING, BadOperand, operator
from feedback_bridge.mapping.paths import getter

_LONGEST_SHOWN = 80
Holds = Callable[[Mapping[str, Any], datetime], bool]
Explain = Callable[[Mapping[str, Any], datetime], str]


def compile_condition(condition: Condition, zone: tzinfo) -> Holds:
    """Dates without a zone, in the condition or the feedback, are in `zone`."""
    match condition:
        case AllOf():
            return _all([compile_condition(item, zone) for item in condition.all])
        case AnyOf():
            return _any([compile_condition(item, zone) for item in condition.any])
        case NoneOf():
            inner = compile_condition(condition.not_, zone)
            return lambda feedback, now: not inner(feedback, now)
        case _:
            return _comparison(condition, zone)


def _all(items: list[Holds]) -> Holds:
    if len(items) == 2:
        first, second = items
        return lambda feedback, now: first(feedback, now) and second(feedback, now)

    def holds(feedback: Mapping[str, Any], now: datetime) -> bool:
        for item in items:  # noqa: SIM110 - all() with a generator costs three times as much
            if not item(feedback, now):
                return False
        return True

    return holds


def _any(items: list[Holds]) -> Holds:
    def holds(feedback: Mapping[str, Any], now: datetime) -> bool:
        for item in items:  # noqa: SIM110 - as above
            if item(feedback, now):
                return True
        return False

    return holds


def _comparison(test: Comparison, zone: tzinfo) -> Holds:
    get, otherwise = getter(test.path), test.op in HOLDS_FOR_NOTHING
    if test.op == "exists":
        return lambda feedback, now: get(feedback) is not None
    if test.op == "missing":
        return lambda feedback, now: get(feedback) is None
    if test.value_path is not None:
        return _between_paths(test, zone)
    ask = operator(test.op, test.value, ignore_case=test.ignore_case, zone=zone)

    def holds(feedback: Mapping[str, Any], now: datetime) -> bool:
        found = get(feedback)
        return otherwise if found is None else ask(found, now)

    return holds


def _between_paths(test: Comparison, zone: tzinfo) -> Holds:
    """Both sides come from the feedback; if the other is absent or of no use, the test is as for nothing found."""
    get, other = getter(test.path), getter(test.value_path or "")
    otherwise = test.op in HOLDS_FOR_NOTHING

    def holds(feedback: Mapping[str, Any], now: datetime) -> bool:
        found, operand = get(feedback), other(feedback)
        if found is None or operand is None:
            return otherwise
        try:
            return operator(test.op, operand, ignore_case=test.ignore_case, zone=zone)(found, now)
        except BadOperand:
            return otherwise

    return holds


def compile_explanation(condition: Condition, zone: tzinfo, path: str = "when") -> Explain:
    """A function for feedback that the condition does not hold for: which part does not, in words and by its path.

    It repeats no value of the feedback.
    """
    match condition:
        case AllOf():
            return _first_failure(condition, zone, path)
        case AnyOf():
            return _constantly(f"{path}.any: none of its conditions holds")
        case NoneOf():
            return _constantly(f"{path}.not: its condition holds")
        case _:
            return _constantly(f"{path}: {_words(condition)} does not hold")


def _first_failure(condition: AllOf, zone: tzinfo, path: str) -> Explain:
    parts = [
        (compile_condition(item, zone), compile_explanation(item, zone, f"{path}.all[{index}]"))
        for index, item in enumerate(condition.all)
    ]

    def explain(feedback: Mapping[str, Any], now: datetime) -> str:
        return next((why(feedback, now) for holds, why in parts if not holds(feedback, now)), f"{path} does not hold")

    return explain


def _constantly(reason: str) -> Explain:
    return lambda feedback, now: reason


def _words(test: Comparison) -> str:
    if test.op in ALONE:
        return f"{test.path} {test.op}"
    value = test.value_path if test.value_path is not None else json.dumps(test.value, ensure_ascii=False)
    return f"{test.path} {test.op} {value if len(value) <= _LONGEST_SHOWN else value[:_LONGEST_SHOWN] + '…'}"
