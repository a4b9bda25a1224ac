"""Binds names to the schema as one user sees it: `Account.Owner.Name` becomes a function of a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from local.salesforce_org.permissions import Permissions
from local.salesforce_org.rows.store import Row
from local.salesforce_org.schema.model import Field, SObject

from .functions import DATE_FUNCTIONS, RESULT_TYPES
from .model import Call, FieldRef, Operand
from .refusals import SoqlRefusal, no_relationship, no_such_column

if TYPE_CHECKING:
    from local.salesforce_org.org import Org

Getter = Callable[[Row], Any]
MAX_LEVELS = 5
ADDRESS_PARTS = ("City", "Country", "GeocodeAccuracy", "Latitude", "Longitude", "PostalCode", "State", "Street")
TYPE_OF_REFERENCE = Field("Type", "Type", "string", 40, nillable=True)


@dataclass(frozen=True, slots=True)
class Bound:
    """A field found. `get` reads it from a row of the queried object, `last` from the row at the end of the hops."""

    field: Field
    get: Getter
    last: Getter
    hops: tuple[Field, ...] = ()

    @property
    def path(self) -> tuple[str, ...]:
        return (*(str(hop.relationship) for hop in self.hops), self.field.name)


@dataclass(frozen=True)
class Scope:
    """The queried object, its alias, and whose eyes look at it."""

    org: Org
    permissions: Permissions
    sobject: SObject
    alias: str | None = None

    def bind(self, operand: Operand) -> Bound:
        if isinstance(operand, FieldRef):
            return self._bind_field(operand)
        if operand.name in DATE_FUNCTIONS and operand.argument is not None:
            inner = self.bind(operand.argument)
            function, get = DATE_FUNCTIONS[operand.name], inner.get
            kind = RESULT_TYPES.get(operand.name, "int")
            result = replace(inner.field, type=kind, values=[], case_sensitive=True)
            call: Getter = lambda row: None if (value := get(row)) is None else function(value)  # noqa: E731
            return Bound(result, call, call)
        if operand.name in ("TOLABEL", "FORMAT", "CONVERTTIMEZONE", "CONVERTCURRENCY") and operand.argument is not None:
            return self.bind(operand.argument)
        message = f"Invalid Aggregate Function: {operand.name}"
        raise SoqlRefusal("MALFORMED_QUERY", message, operand.position)

    def _bind_field(self, ref: FieldRef) -> Bound:
        parts = ref.path.split(".")
        first = parts[0].lower()
        if len(parts) > 1 and (first == (self.alias or "").lower() or self._is_own_name(first)):
            parts = parts[1:]
        if len(parts) > MAX_LEVELS + 1:
            raise SoqlRefusal("MALFORMED_QUERY", "Only 5 levels of relationships are allowed", ref.position)
        sobject, hops = self.sobject, []
        candidates = [sobject]
        for part in parts[:-1]:
            hop = next((f for each in candidates if (f := self._relationship(each, part))), None)
            if hop is None:
                raise no_relationship(part, ref.position)
            hops.append(hop)
            candidates = [self.org.schema.objects[name] for name in hop.reference_to]
        field = self._column(candidates, parts[-1], ref, polymorphic=len(hops) > 0 and len(candidates) > 1)
        last = self._last_step(field, candidates)
        return Bound(field, self._through(hops, last), last, tuple(hops))

    def _is_own_name(self, first: str) -> bool:
        return first == self.sobject.name.lower() and first not in self.sobject.by_relationship

    def _relationship(self, sobject: SObject, name: str) -> Field | None:
        field = sobject.by_relationship.get(name.lower())
        return field if field is not None and field.name in self.permissions.readable(sobject) else None

    def _column(self, candidates: list[SObject], name: str, ref: FieldRef, polymorphic: bool) -> Field:
        if polymorphic and name.lower() == "type":
            return TYPE_OF_REFERENCE
        for sobject in candidates:
            field = sobject.find(name)
            if field is not None and field.name in self.permissions.readable(sobject):
                return field
        entity = "Name" if polymorphic else candidates[0].name
        raise no_such_column(name, entity, ref.position)

    def _last_step(self, field: Field, candidates: list[SObject]) -> Getter:
        if field is TYPE_OF_REFERENCE:
            by_prefix = {each.prefix: each.name for each in candidates}
            return lambda row: by_prefix.get(row["Id"][:3])
        return getter_of(field)

    def _through(self, hops: list[Field], last: Getter) -> Getter:
        getter = last
        for hop in reversed(hops):
            getter = self._step(hop, getter)
        return getter

    def _step(self, hop: Field, after: Getter) -> Getter:
        parent_of = self.parent_getter(hop)

        def get(row: Row) -> Any:
            parent = parent_of(row)
            return None if parent is None else after(parent)

        return get

    def parent_getter(self, hop: Field) -> Callable[[Row], Row | None]:
        """From a child's row to its parent's, or None."""
        name = hop.name
        tables = {
            self.org.schema.objects[each].prefix: self.org.store.table(self.org.schema.objects[each])
            for each in hop.reference_to
        }

        def parent(row: Row) -> Row | None:
            record_id = row.get(name)
            if not record_id:
                return None
            table = tables.get(record_id[:3])
            return table.rows.get(record_id) if table else None

        return parent


def getter_of(field: Field) -> Getter:
    """Reads one field of a row: absent is null, or false for a checkbox; an address is put together."""
    name = field.name
    if field.type == "boolean":
        return lambda row: row.get(name, False)
    if field.type == "address":
        stem = name.removesuffix("Address")
        return lambda row: _address(row, stem)
    return lambda row: row.get(name)


def _address(row: Row, stem: str) -> dict[str, Any] | None:
    parts = {part[0].lower() + part[1:]: row.get(stem + part) for part in ADDRESS_PARTS}
    return parts if any(value is not None for value in parts.values()) else None


def is_aggregate(operand: object) -> bool:
    return isinstance(operand, Call) and operand.name in AGGREGATES


AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
