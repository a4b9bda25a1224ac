"""COUNT, SUM, AVG, MIN, MAX with GROUP BY and HAVING: rows of `AggregateResult`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.salesforce_org.rows.store import Row, index_key
from local.salesforce_org.schema.model import NUMERIC_TYPES

from .binding import AGGREGATES, Scope, is_aggregate
from .model import And, Call, Comparison, Condition, FieldRef, Literal, Not, Operand, Or, Query
from .refusals import SoqlRefusal, malformed

Rows = list[Row]
Reader = Callable[[Rows], Any]
MAX_GROUPS = 2000


def is_grouped(query: Query) -> bool:
    return bool(query.group_by) or any(is_aggregate(item.expression) for item in query.select)


def run(scope: Scope, query: Query, rows: Rows) -> list[dict[str, Any]]:
    keys = [scope.bind(operand) for operand in query.group_by]
    groups: dict[tuple[Any, ...], Rows] = {}
    for row in rows:
        found = tuple(index_key(key.field, key.get(row)) for key in keys)
        groups.setdefault(found, []).append(row)
    if not keys:
        groups.setdefault((), [])
    columns = _columns(scope, query)
    keep = _having(scope, query.having) if query.having else None
    members = [group for group in groups.values() if keep is None or keep(group)]
    for item in reversed(query.order_by):
        read = _reader(scope, item.operand)
        keyed = [(_sortable(read(group)), group) for group in members]
        keyed.sort(key=lambda pair: pair[0], reverse=item.descending)
        members = [group for _, group in keyed]
    results = [_result(columns, group) for group in members]
    results = results[query.offset :]
    if query.limit is not None:
        results = results[: query.limit]
    if len(results) > MAX_GROUPS:
        raise malformed(
            "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
        )
    return results


def _result(columns: list[tuple[str, Reader]], group: Rows) -> dict[str, Any]:
    record: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
    for name, read in columns:
        record[name] = read(group)
    return record


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value.lower() if isinstance(value, str) else value if value is not None else 0)


def _columns(scope: Scope, query: Query) -> list[tuple[str, Reader]]:
    grouped = {scope.bind(operand).path for operand in query.group_by if isinstance(operand, FieldRef)}
    columns: list[tuple[str, Reader]] = []
    unnamed = 0
    for item in query.select:
        expression = item.expression
        if isinstance(expression, Query):
            raise malformed("Grouped query cannot use child relationships in the SELECT list")
        name = item.alias
        if isinstance(expression, FieldRef):
            bound = scope.bind(expression)
            if bound.path not in grouped:
                message = f"Field must be grouped or aggregated: {expression.path}"
                raise SoqlRefusal("MALFORMED_QUERY", message, expression.position)
            name = name or bound.field.name
        elif name is None:
            name, unnamed = f"expr{unnamed}", unnamed + 1
        columns.append((name, _reader(scope, expression)))
    return columns


def _reader(scope: Scope, operand: Operand) -> Reader:
    if not isinstance(operand, Call) or operand.name not in AGGREGATES:
        get = scope.bind(operand).get
        return lambda group: get(group[0]) if group else None
    if operand.argument is None:
        return len
    bound = scope.bind(operand.argument)
    if not bound.field.aggregatable or (operand.name in ("SUM", "AVG") and bound.field.type not in NUMERIC_TYPES):
        message = f"field {bound.field.name} does not support aggregate operator {operand.name}"
        raise SoqlRefusal("MALFORMED_QUERY", message, operand.position)
    get, calculate = bound.get, _FUNCTIONS[operand.name]
    return lambda group: calculate([value for row in group if (value := get(row)) is not None])


_FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "COUNT": len,
    "COUNT_DISTINCT": lambda values: len(set(values)),
    "SUM": lambda values: sum(values) if values else None,
    "AVG": lambda values: sum(values) / len(values) if values else None,
    "MIN": lambda values: min(values, default=None),
    "MAX": lambda values: max(values, default=None),
}


def _having(scope: Scope, condition: Condition) -> Callable[[Rows], bool]:
    if isinstance(condition, (And, Or)):
        parts = [_having(scope, part) for part in condition.parts]
        combine = all if isinstance(condition, And) else any
        return lambda group: combine(part(group) for part in parts)
    if isinstance(condition, Not):
        inner = _having(scope, condition.part)
        return lambda group: not inner(group)
    return _compare(scope, condition)


def _compare(scope: Scope, condition: Comparison) -> Callable[[Rows], bool]:
    read = _reader(scope, condition.operand)
    if not isinstance(condition.value, Literal):
        raise malformed("HAVING compares with one value")
    value, sign = condition.value.value, condition.operator
    tests: dict[str, Callable[[Any], bool]] = {
        "=": lambda found: found == value,
        "!=": lambda found: found != value,
        "<": lambda found: found is not None and found < value,
        "<=": lambda found: found is not None and found <= value,
        ">": lambda found: found is not None and found > value,
        ">=": lambda found: found is not None and found >= value,
    }
    if sign not in tests:
        raise malformed(f"HAVING does not know {sign}")
    return lambda group: tests[sign](read(group))
