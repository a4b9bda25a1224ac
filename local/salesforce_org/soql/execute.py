"""Runs a query: find the rows, sort them, cut them, and hand back a way to build each record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from local.salesforce_org.errors import SalesforceError
from local.salesforce_org.permissions import Permissions
from local.salesforce_org.rows.store import Row

from . import aggregates
from .binding import Bound, Scope
from .conditions import Conditions, sort_key
from .model import FieldRef, OrderItem, Query
from .parser import parse
from .refusals import SoqlRefusal, malformed, no_child_relationship, not_supported
from .shape import Record, builder

if TYPE_CHECKING:
    from local.salesforce_org.org import Org

MAX_OFFSET = 2000
WIDE = 50


@dataclass
class Result:
    """`total` rows, built into records only when their page is asked for. `is_wide` asks for smaller pages."""

    total: int
    rows: list[Any]
    build: Callable[[Any], Record]
    is_wide: bool = False


def run(org: Org, permissions: Permissions, text: str, base: str, *, with_deleted: bool = False) -> Result:
    """Raises SalesforceError. The caller holds the org's mutex."""
    query = parse(text)
    try:
        return _Execution(org, permissions, base, with_deleted).run(query)
    except SoqlRefusal as refusal:
        raise refusal.in_query(text) from refusal


@dataclass
class _Execution:
    org: Org
    permissions: Permissions
    base: str
    with_deleted: bool

    def run(self, query: Query) -> Result:
        scope = self._scope(query)
        rows = self._rows(scope, query)
        if query.is_count:
            if query.limit is not None:
                rows = rows[: query.limit]
            return Result(len(rows), [], lambda row: row)
        if aggregates.is_grouped(query):
            records = aggregates.run(scope, query, rows)
            return Result(len(records), records, lambda record: record)
        build, columns = builder(scope, query, self.base, self._subquery)
        rows = _cut(query, _sorted(scope, query.order_by, rows))
        long_text = any(self._is_long(scope, item.expression) for item in query.select)
        return Result(len(rows), rows, build, columns > WIDE or long_text)

    def _is_long(self, scope: Scope, expression: object) -> bool:
        return isinstance(expression, FieldRef) and scope.bind(expression).field.is_long_text

    def _scope(self, query: Query) -> Scope:
        sobject = self.org.schema.find(query.source)
        if sobject is None or not self.permissions.object(sobject).read:
            raise not_supported(query.source, query.source_position)
        return Scope(self.org, self.permissions, sobject, query.alias)

    def _rows(self, scope: Scope, query: Query) -> list[Row]:
        table = self.org.store.table(scope.sobject)
        source: Iterable[Row] = table.all_rows() if self.with_deleted else table.rows.values()
        if query.where is None:
            return list(source)
        found = Conditions(scope, table, self._semi_join).compile(query.where)
        matches = found.matches
        if found.candidates is not None and not self.with_deleted:
            ordered = sorted(found.candidates)
            return [row for each in ordered if matches(row := table.rows[each])]
        return [row for row in source if matches(row)]

    def _semi_join(self, query: Query, outer: Scope) -> set[Any]:
        scope = self._scope(query)
        item = query.select[0].expression
        if len(query.select) != 1 or not isinstance(item, FieldRef):
            raise malformed("Only one field may be selected in a semi-join sub-select")
        get = scope.bind(item).get
        rows = _cut(query, _sorted(scope, query.order_by, self._rows(scope, query)))
        return {value for row in rows if (value := get(row)) is not None}

    def _subquery(self, query: Query, outer: Scope) -> tuple[str, Callable[[Row], Any]]:
        """A child subquery: for a parent's row, its children as a result of their own, or null when there are none."""
        wanted = query.source.split(".")[-1].lower()
        children = self.org.schema.children_of(outer.sobject.name)
        child = next((c for c in children if c.name and c.name.lower() == wanted), None)
        target = self.org.schema.objects[child.child] if child else None
        if child is None or target is None or not self.permissions.object(target).read:
            raise no_child_relationship(query.source, query.source_position)
        scope = Scope(self.org, self.permissions, target, query.alias)
        table = self.org.store.table(target)
        build, _ = builder(scope, query, self.base, self._subquery)
        matches = Conditions(scope, table, self._semi_join).compile(query.where).matches if query.where else None
        reference = target.fields[child.field]

        def run(row: Row) -> Any:
            found = [table.rows[each] for each in sorted(table.find(reference, row["Id"]) or ())]
            kept = [each for each in found if matches is None or matches(each)]
            kept = _cut(query, _sorted(scope, query.order_by, kept))
            return {"totalSize": len(kept), "done": True, "records": [build(each) for each in kept]} if kept else None

        return str(child.name), run


def _order_key(bound: Bound, row: Row) -> Any:
    return sort_key(bound.field, bound.get(row))


def _sorted(scope: Scope, order: tuple[OrderItem, ...], rows: list[Row]) -> list[Row]:
    for item in reversed(order):
        bound = scope.bind(item.operand)
        if not bound.field.sortable:
            message = f"field '{bound.field.name}' can not be sorted in a query call"
            raise SoqlRefusal("MALFORMED_QUERY", message, item.operand.position)
        empty = [row for row in rows if bound.get(row) is None]
        full = [row for row in rows if bound.get(row) is not None]
        full.sort(key=partial(_order_key, bound), reverse=item.descending)
        rows = full + empty if item.nulls_last else empty + full
    return rows


def _cut(query: Query, rows: list[Row]) -> list[Row]:
    if query.offset > MAX_OFFSET:
        message = f"Maximum SOQL offset allowed is {MAX_OFFSET}"
        raise SalesforceError("NUMBER_OUTSIDE_VALID_RANGE", message)
    rows = rows[query.offset :]
    return rows if query.limit is None else rows[: query.limit]
