"""SELECT: the records of the answer, nested as the relationships are, in the order of the fields asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.salesforce_org.errors import SalesforceError
from local.salesforce_org.rows.store import Row
from local.salesforce_org.schema.model import Field, SObject

from .binding import Bound, Getter, Scope, getter_of
from .model import Call, FieldRef, Query
from .refusals import malformed

Record = dict[str, Any]
Builder = Callable[[Row], Record]
SubQuery = Callable[[Query, Scope], tuple[str, Callable[[Row], Any]]]
FIELDS_LIMIT = 200


@dataclass
class Node:
    """The columns wanted of one object, and of the parents below it."""

    columns: dict[str, Getter] = field(default_factory=dict)
    parents: dict[str, tuple[Field, Node]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def want(self, bound: Bound) -> None:
        node = self
        for hop in bound.hops:
            name = str(hop.relationship)
            if name not in node.parents:
                node.parents[name] = (hop, Node())
                node.order.append(name)
            node = node.parents[name][1]
        name = bound.field.name
        if name not in node.columns:
            node.columns[name] = bound.last
            node.order.append(name)


def builder(scope: Scope, query: Query, base: str, subquery: SubQuery) -> tuple[Builder, int]:
    """A function from row to record, and how many columns it has (wide answers get smaller pages)."""
    root = Node()
    children: dict[str, Callable[[Row], Any]] = {}
    for item in query.select:
        expression = item.expression
        if isinstance(expression, Query):
            name, run = subquery(expression, scope)
            children[name] = run
            root.order.append(name)
        elif isinstance(expression, Call) and expression.name == "FIELDS":
            for bound in _fields_function(scope, query, expression):
                root.want(bound)
        elif isinstance(expression, Call):
            bound = scope.bind(expression)
            root.columns[item.alias or bound.field.name] = bound.get
            root.order.append(item.alias or bound.field.name)
        else:
            root.want(scope.bind(expression))
    return _build(scope, root, children, base), len(root.columns)


def _fields_function(scope: Scope, query: Query, call: Call) -> list[Bound]:
    which = call.argument.path.upper() if isinstance(call.argument, FieldRef) else ""
    if which not in ("ALL", "STANDARD", "CUSTOM"):
        raise malformed(f"unexpected token: '{which}'")
    if which != "STANDARD" and (query.limit is None or query.limit > FIELDS_LIMIT):
        raise malformed(f"The SOQL FIELDS function must have a LIMIT of at most {FIELDS_LIMIT}")
    readable = scope.permissions.readable(scope.sobject)
    fields = [f for f in scope.sobject.fields.values() if f.name in readable]
    chosen = [f for f in fields if which == "ALL" or f.custom == (which == "CUSTOM")]
    if not chosen:
        raise SalesforceError("MALFORMED_QUERY", f"No {which.lower()} fields on {scope.sobject.name}")
    return [Bound(f, getter_of(f), getter_of(f)) for f in chosen]


def _build(scope: Scope, root: Node, children: dict[str, Callable[[Row], Any]], base: str) -> Builder:
    prefixes = {each.prefix: each.name for each in scope.org.schema.objects.values()}
    if not root.parents and not children:
        columns = [(name, root.columns[name]) for name in root.order]
        return lambda row: _flat(row, prefixes, base, columns)
    steps = [(name, _step(scope, root, name, children, base)) for name in root.order]

    def build(row: Row) -> Record:
        record: Record = {"attributes": attributes(prefixes[row["Id"][:3]], row["Id"], base)}
        for name, step in steps:
            record[name] = step(row)
        return record

    return build


def _flat(row: Row, prefixes: dict[str, str], base: str, columns: list[tuple[str, Getter]]) -> Record:
    record: Record = {"attributes": attributes(prefixes[row["Id"][:3]], row["Id"], base)}
    for name, get in columns:
        record[name] = get(row)
    return record


def _step(
    scope: Scope,
    node: Node,
    name: str,
    children: dict[str, Callable[[Row], Any]],
    base: str,
) -> Callable[[Row], Any]:
    if name in children:
        return children[name]
    if name in node.columns:
        return node.columns[name]
    hop, below = node.parents[name]
    parent_of, build = scope.parent_getter(hop), _build(scope, below, {}, base)

    def nested(row: Row) -> Record | None:
        parent = parent_of(row)
        return None if parent is None else build(parent)

    return nested


def attributes(name: str, record_id: str, base: str) -> dict[str, str]:
    return {"type": name, "url": f"{base}/sobjects/{name}/{record_id}"}


def whole_record(sobject: SObject, row: Row, base: str, names: list[str]) -> Record:
    """A record as GET answers it: every field asked for, null where empty."""
    record: Record = {"attributes": attributes(sobject.name, row["Id"], base)}
    for name in names:
        record[name] = getter_of(sobject.fields[name])(row)
    return record
