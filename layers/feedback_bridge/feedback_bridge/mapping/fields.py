"""Fields made ready: a function for each that gives the final value, or says to leave the field alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from feedback_bridge.mapping.coercion import NotWritable, Terms, coercer, rule_of
from feedback_bridge.mapping.field_types.unfit import Coerce, Unfit
from feedback_bridge.mapping.finders import check_records
from feedback_bridge.mapping.language.values import Default, FieldValue
from feedback_bridge.mapping.lookups import Found, LookupField, RecordField, check_record_path, compile_lookup
from feedback_bridge.mapping.operands import compile_operand
from feedback_bridge.mapping.outcome import ABSENT, Stop
from feedback_bridge.mapping.paths import Get
from feedback_bridge.mapping.predicates import compile_condition
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.scope import Scope
from feedback_bridge.mapping.suggestions import did_you_mean

Fill = Callable[[Mapping[str, Any], datetime, list[str]], Any]
"""Feedback, present moment, notes -> the value to send, None to clear, or ABSENT. Raises Unfit or Stop."""


@dataclass
class FieldPlan:
    """The fields of one write, by how much work they are."""

    constants: dict[str, Any] = field(default_factory=dict)
    plain: list[tuple[str, Get, Coerce]] = field(default_factory=list)
    special: list[tuple[str, Fill]] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    only_if_empty: list[str] = field(default_factory=list)
    insert_only: set[str] = field(default_factory=set)
    update_only: set[str] = field(default_factory=set)


def compile_field(scope: Scope, path: str, schema: ObjectSchema, name: str, rule: FieldValue, into: FieldPlan) -> None:
    """Adds the field to `into`, or reports why it cannot be written."""
    target = scope.field(schema, name, path)
    if target is None:
        return
    try:
        coerce = coercer(target, Terms(scope.zone, truncate=rule.too_long == "truncate"))
    except NotWritable as error:
        scope.report(path, f"{target.label} {error}")
        return
    if rule.only_if_empty:
        into.only_if_empty.append(target.name)
    if rule.only_on:
        (into.insert_only if rule.only_on == "insert" else into.update_only).add(target.name)
    if rule.record is None or scope.parent is None:
        check_records(scope, path, rule)
    absent = _when_absent(scope, path, target, rule, coerce)
    _check_table(scope, path, target, rule, coerce)
    if rule.lookup is not None or rule.record not in (None, "Id"):
        _compile_found(scope, path, target, rule, coerce, absent, into)
    elif "value" in rule.model_fields_set and rule.map is None and rule.transform is None:
        _compile_constant(scope, path, target, rule, coerce, into)
    else:
        _compile_read(scope, target, rule, coerce, absent, into)


def _compile_constant(
    scope: Scope, path: str, target: FieldSchema, rule: FieldValue, coerce: Coerce, into: FieldPlan
) -> None:
    value = _checked(scope, f"{path}.value", target, rule.value, coerce)
    if rule.when is None:
        into.constants[target.name] = value
    else:
        into.special.append((target.name, _conditional(scope, rule, lambda feedback, now, notes: value)))


def _compile_read(
    scope: Scope, target: FieldSchema, rule: FieldValue, coerce: Coerce, absent: Callable[[], Any], into: FieldPlan
) -> None:
    read = compile_operand(rule, scope.zone)
    if rule.when is None and rule.if_absent == "omit":
        into.plain.append((target.name, read, coerce))
        return

    def fill(feedback: Mapping[str, Any], now: datetime, notes: list[str]) -> Any:
        value = read(feedback)
        if value is not None:
            value = coerce(value, notes)
        return absent() if value is None else value

    into.special.append((target.name, _conditional(scope, rule, fill)))


def _compile_found(
    scope: Scope,
    path: str,
    target: FieldSchema,
    rule: FieldValue,
    coerce: Coerce,
    absent: Callable[[], Any],
    into: FieldPlan,
) -> None:
    applies = compile_condition(rule.when, scope.zone) if rule.when is not None else None
    if rule.lookup is not None:
        lookup = compile_lookup(scope, f"{path}.lookup", rule.lookup, target)
        if lookup is not None:
            _check_clearing(scope, path, target, rule.lookup.on_none == "null")
            into.found.append(LookupField(target, lookup, coerce, absent, applies))
    elif rule.record is not None and scope.parent is not None:
        check_record_path(scope, f"{path}.record", scope.parent, rule.record)
        into.found.append(RecordField(target, scope.parent.name, rule.record, coerce, absent, applies))


def _conditional(scope: Scope, rule: FieldValue, fill: Fill) -> Fill:
    if rule.when is None:
        return fill
    applies = compile_condition(rule.when, scope.zone)
    return lambda feedback, now, notes: fill(feedback, now, notes) if applies(feedback, now) else ABSENT


def _when_absent(scope: Scope, path: str, target: FieldSchema, rule: FieldValue, coerce: Coerce) -> Callable[[], Any]:
    match rule.if_absent:
        case None | "null":
            _check_clearing(scope, path, target, True)
            return lambda: None
        case "skip":
            return _stops(f"the feedback has no value for {target.name}")
        case "fail":
            return _fails
        case Default():
            value = _checked(scope, f"{path}.if_absent.default", target, rule.if_absent.default, coerce)
            return lambda: value
        case _:
            return lambda: ABSENT


def _stops(reason: str) -> Callable[[], Any]:
    def stop() -> Any:
        raise Stop(reason)

    return stop


def _fails() -> Any:
    raise Unfit("has no value in the feedback")


def _checked(scope: Scope, path: str, target: FieldSchema, value: Any, coerce: Coerce) -> Any:
    """A value of the document, already as it will be sent."""
    try:
        sent = None if value is None else coerce(value, [])
    except Unfit as error:
        near = did_you_mean(value, target.values) if isinstance(value, str) and target.values else ""
        scope.report(path, f"{error} ({target.label}){near}")
        return None
    _check_clearing(scope, path, target, sent is None)
    return sent


def _check_table(scope: Scope, path: str, target: FieldSchema, rule: FieldValue, coerce: Coerce) -> None:
    for key, value in (rule.map or {}).items():
        if value is not None:
            _checked(scope, f"{path}.map.{key}", target, value, coerce)
    if rule.default is not None:
        _checked(scope, f"{path}.default", target, rule.default, coerce)


def _check_clearing(scope: Scope, path: str, target: FieldSchema, cleared: bool) -> None:
    if cleared and not rule_of(target).clearable:
        scope.report(path, f"{target.label} is a checkbox, which cannot be empty; write false instead")
    elif cleared and not target.nillable:
        scope.report(path, f"{target.label} cannot be empty in Salesforce")
