"""WHERE: a predicate over rows, and, where an index helps, the ids to look at instead of the whole table."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from local.salesforce_org.rows.store import Row, Table, index_key
from local.salesforce_org.schema.model import TEXT_TYPES, Field

from .binding import Bound, Scope
from .literals import Period, comparable
from .model import And, Comparison, Condition, Literal, Not, Or, Query
from .refusals import SoqlRefusal

Predicate = Callable[[Row], bool]
SubSelect = Callable[[Query, Scope], set[Any]]
ORDERINGS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
UNORDERED = frozenset({"boolean", "reference", "multipicklist"})


@dataclass
class Filter:
    """`candidates` are the only ids that can match, or None for "any row"."""

    matches: Predicate
    candidates: set[str] | None = None


class Conditions:
    """Compiles conditions for one scope; `subselect` runs the query of a semi-join."""

    def __init__(self, scope: Scope, table: Table, subselect: SubSelect) -> None:
        self._scope, self._table, self._subselect = scope, table, subselect

    def compile(self, condition: Condition) -> Filter:
        if isinstance(condition, And):
            return self._all([self.compile(part) for part in condition.parts])
        if isinstance(condition, Or):
            return self._any([self.compile(part) for part in condition.parts])
        if isinstance(condition, Not):
            inner = self.compile(condition.part).matches
            return Filter(lambda row: not inner(row))
        return self._comparison(condition)

    def _all(self, parts: list[Filter]) -> Filter:
        predicates = [part.matches for part in parts]
        narrowed = [part.candidates for part in parts if part.candidates is not None]
        candidates = min(narrowed, key=len) if narrowed else None
        return Filter(lambda row: all(matches(row) for matches in predicates), candidates)

    def _any(self, parts: list[Filter]) -> Filter:
        predicates = [part.matches for part in parts]
        candidates: set[str] | None = set()
        for part in parts:
            candidates = None if candidates is None or part.candidates is None else candidates | part.candidates
        return Filter(lambda row: any(matches(row) for matches in predicates), candidates)

    def _comparison(self, comparison: Comparison) -> Filter:
        bound = self._scope.bind(comparison.operand)
        field = bound.field
        if not field.filterable:
            message = f"field '{field.name}' can not be filtered in a query call"
            raise SoqlRefusal("INVALID_FIELD", message, comparison.position)
        kind = comparison.operator
        if kind in ("includes", "excludes"):
            return self._multi(bound, comparison)
        if kind == "like":
            return self._like(bound, comparison)
        if kind in ("in", "not in"):
            return self._in(bound, comparison)
        value = comparable(field, cast(Literal, comparison.value))
        if kind in ("=", "!="):
            return self._equal(bound, value, kind == "=")
        return self._ordered(bound, value, comparison)

    def _equal(self, bound: Bound, value: Any, wanted: bool) -> Filter:
        get, field = bound.get, bound.field
        if isinstance(value, Period):
            start, end = value.start, value.end
            return Filter(lambda row: ((found := get(row)) is not None and start <= found < end) is wanted)
        if value is None or value == "":
            return Filter(lambda row: (get(row) is None) is wanted)
        if isinstance(value, str) and field.type in TEXT_TYPES and field.type != "id" and not field.case_sensitive:
            test: Predicate = lambda row: (found := get(row)) is not None and found.lower() == value  # noqa: E731
        else:
            test = lambda row: get(row) == value  # noqa: E731
        if not wanted:
            return Filter(lambda row: not test(row))
        return Filter(test, self._lookup(bound, [value]))

    def _in(self, bound: Bound, comparison: Comparison) -> Filter:
        wanted = comparison.operator == "in"
        values = self._values(bound, comparison)
        get, field = bound.get, bound.field
        has_null = None in values
        plain = {value for value in values if value is not None}
        test: Predicate = lambda row: (  # noqa: E731
            index_key(field, found) in plain if (found := get(row)) is not None else has_null
        )
        if not wanted:
            return Filter(lambda row: not test(row))
        return Filter(test, None if has_null else self._lookup(bound, plain))

    def _values(self, bound: Bound, comparison: Comparison) -> set[Any]:
        if isinstance(comparison.value, Query):
            if bound.field.type not in ("id", "reference"):
                message = (
                    "The left operand field in the where expression with outer query should be a foreign key field"
                )
                raise SoqlRefusal("MALFORMED_QUERY", message, comparison.position)
            return self._subselect(comparison.value, self._scope)
        literals = cast("tuple[Literal, ...]", comparison.value)
        found = {comparable(bound.field, literal) for literal in literals}
        return {None if value == "" else value for value in found}

    def _lookup(self, bound: Bound, values: Iterable[Any]) -> set[str] | None:
        if bound.hops or self._scope.sobject.fields.get(bound.field.name) is not bound.field:
            return None
        if not self._table.is_indexed(bound.field):
            return None
        return {each for value in values for each in self._table.find(bound.field, value) or ()}

    def _ordered(self, bound: Bound, value: Any, comparison: Comparison) -> Filter:
        field, kind = bound.field, comparison.operator
        if field.type in UNORDERED or value is None:
            message = f"invalid operator on {field.type} field"
            raise SoqlRefusal("INVALID_QUERY_FILTER_OPERATOR", message, comparison.position)
        get, compare = bound.get, ORDERINGS[kind]
        if isinstance(value, Period):
            edge, compare = (value.start, operator.lt) if kind == "<" else (value.end, operator.lt)
            if kind in (">", ">="):
                edge, compare = (value.later if kind == ">" else value.start), operator.ge
            return Filter(lambda row: (found := get(row)) is not None and compare(found, edge))
        if field.type not in TEXT_TYPES or field.type == "id":  # a T in a date is no small letter, nor is one in an id
            return Filter(lambda row: (found := get(row)) is not None and compare(found, value))
        return Filter(lambda row: (found := get(row)) is not None and compare(index_key(field, found), value))

    def _like(self, bound: Bound, comparison: Comparison) -> Filter:
        field, literal = bound.field, cast(Literal, comparison.value)
        if field.type not in TEXT_TYPES or field.type in ("id", "multipicklist"):
            message = f"invalid operator on {field.type} field"
            raise SoqlRefusal("INVALID_QUERY_FILTER_OPERATOR", message, comparison.position)
        pattern = like_pattern(str(comparable(field, literal) or ""), field.case_sensitive)
        get = bound.get
        return Filter(lambda row: (found := get(row)) is not None and pattern.fullmatch(found) is not None)

    def _multi(self, bound: Bound, comparison: Comparison) -> Filter:
        field, values = bound.field, cast("tuple[Literal, ...]", comparison.value)
        if field.type != "multipicklist":
            message = f"invalid operator on {field.type} field"
            raise SoqlRefusal("INVALID_QUERY_FILTER_OPERATOR", message, comparison.position)
        groups = [set(str(literal.value).split(";")) for literal in values]
        get, wanted = bound.get, comparison.operator == "includes"

        def test(row: Row) -> bool:
            chosen = set((get(row) or "").split(";"))
            return any(group <= chosen for group in groups) is wanted

        return Filter(test)


def like_pattern(text: str, case_sensitive: bool) -> re.Pattern[str]:
    """`%` is any text, `_` one character; a backslash takes their meaning away."""
    parts = []
    for found in re.finditer(r"\\[%_]|.", text, re.DOTALL):
        piece = found.group(0)
        parts.append({"%": ".*", "_": "."}.get(piece) or re.escape(piece[-1] if len(piece) == 2 else piece))
    return re.compile("".join(parts), re.DOTALL | (re.NOFLAG if case_sensitive else re.IGNORECASE))


def sort_key(field: Field, value: Any) -> Any:
    return index_key(field, value) if isinstance(value, str) else value
