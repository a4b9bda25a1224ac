"""Values that the org has: the id of a record found by its fields, or a field of the record just written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Protocol

from feedback_bridge.mapping.converted import (
    CONTACT,
    CONTACT_OF_LEAD,
    CONTACT_PREFIX,
    CONVERSION,
    LEAD,
    can_convert,
    is_converted,
)
from feedback_bridge.mapping.field_types.unfit import Coerce, Unfit
from feedback_bridge.mapping.finders import Criteria, choose, compile_criteria, created_if
from feedback_bridge.mapping.language.values import Lookup
from feedback_bridge.mapping.operands import RECORD_KEY, blank
from feedback_bridge.mapping.outcome import ABSENT, Stop
from feedback_bridge.mapping.predicates import Holds
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.scope import Scope


class Found(Protocol):
    """A field whose value is asked of the org."""

    @property
    def field(self) -> FieldSchema: ...

    @property
    def applies(self) -> Holds | None:
        """The field's own condition."""

    @property
    def absent(self) -> Callable[[], Any]:
        """What is sent when there is nothing to ask by. Raises Unfit or Stop where the mapping says so."""

    def query(self, feedback: Mapping[str, Any], notes: list[str]) -> RecordQuery | None:
        """What to ask; None when there is nothing to ask by."""

    def value(self, rows: Sequence[Row], notes: list[str]) -> Any:
        """The value to send, None to clear, or ABSENT. Raises Unfit or Stop."""


def value_at(row: Mapping[str, Any], path: str) -> Any:
    """A column of a row, `Account.OwnerId` through its parent."""
    found: Any = row
    for part in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def check_record_path(scope: Scope, path: str, start: ObjectSchema, record: str) -> None:
    """Reports a step of the path that does not exist, as far as the describes at hand reach."""
    *steps, last = record.split(".")
    schema = start
    for step in steps:
        by_relationship = {str(item.relationship).lower(): item for item in schema.fields.values() if item.relationship}
        pointer = by_relationship.get(step.lower())
        if pointer is None:
            scope.report(path, f"{schema.label} has no relationship {step}")
            return
        pointed_to = scope.known(pointer.reference_to[0]) if len(pointer.reference_to) == 1 else None
        if pointed_to is None:
            return
        schema = pointed_to
    scope.field(schema, last, path)


@dataclass(frozen=True, slots=True)
class CompiledLookup:
    criteria: Criteria
    rule: Lookup
    select: str
    zone: tzinfo
    follows: bool


def compile_lookup(scope: Scope, path: str, rule: Lookup, target: FieldSchema) -> CompiledLookup | None:
    schema = scope.object(rule.object, f"{path}.object")
    if schema is None:
        return None
    if not schema.queryable:
        scope.report(f"{path}.object", f"our user may not read {schema.label} records")
    if target.reference_to and rule.select == "Id" and schema.name not in target.reference_to:
        scope.report(
            f"{path}.object", f"{target.label} points to {' or '.join(target.reference_to)}, not to {schema.name}"
        )
    check_record_path(scope, f"{path}.select", schema, rule.select)
    criteria = compile_criteria(scope, f"{path}.by", rule, rule.by, schema)
    follows = rule.select == "Id" and can_convert(schema)
    return CompiledLookup(criteria, rule, rule.select, scope.zone, follows)


@dataclass(frozen=True, slots=True)
class LookupField:
    field: FieldSchema
    lookup: CompiledLookup
    coerce: Coerce
    absent: Callable[[], Any]
    applies: Holds | None

    def query(self, feedback: Mapping[str, Any], notes: list[str]) -> RecordQuery | None:
        search = self.lookup.criteria.search(feedback, self.lookup.zone)
        if search.lacking is not None:
            if search.unfit:
                notes.append(f"{self.field.name}: not looked up ({search.lacking})")
            return None
        wanted = () if self.lookup.select == "Id" else (self.lookup.select,)
        select = (*wanted, *created_if(self.lookup.rule.on_many), *(CONVERSION if self.lookup.follows else ()))
        return self.lookup.criteria.query(search.where, select)

    def value(self, rows: Sequence[Row], notes: list[str]) -> Any:
        chosen = choose(rows, self.lookup.rule.on_many)
        if chosen is None:
            raise Unfit(f"is looked up, and several {self.lookup.criteria.object} records match")
        if not chosen:
            return self._none(notes)
        if self.lookup.follows and is_converted(chosen[0]):
            return self._contact_of(chosen[0], notes)
        value = value_at(chosen[0], self.lookup.select)
        sent = None if blank(value) else self.coerce(value, notes)
        return self.absent() if sent is None else sent

    def _contact_of(self, lead: Row, notes: list[str]) -> Any:
        """A converted lead counts as its contact where the field can point to one, and as no lead elsewhere."""
        contact = lead.get(CONTACT_OF_LEAD)
        return str(contact) if contact and "Contact" in self.field.reference_to else self._none(notes)

    def _none(self, notes: list[str]) -> Any:
        reason = f"no {self.lookup.criteria.object} matches"
        match self.lookup.rule.on_none:
            case "null":
                return None
            case "skip":
                raise Stop(f"{reason} the lookup for {self.field.name}")
            case "fail":
                raise Unfit(f"is looked up, and {reason}")
            case _:
                notes.append(f"{self.field.name}: left alone, because {reason}")
                return ABSENT


@dataclass(frozen=True, slots=True)
class RecordField:
    """`record: Account.OwnerId` in a `then`."""

    field: FieldSchema
    object: str
    path: str
    coerce: Coerce
    absent: Callable[[], Any]
    applies: Holds | None

    def query(self, feedback: Mapping[str, Any], notes: list[str]) -> RecordQuery | None:
        record_id = str(feedback[RECORD_KEY])
        converted = self.object == LEAD and record_id.startswith(CONTACT_PREFIX)
        return RecordQuery(CONTACT if converted else self.object, (("Id", record_id),), "all", (self.path,))

    def value(self, rows: Sequence[Row], notes: list[str]) -> Any:
        value = value_at(rows[0], self.path) if rows else None
        sent = None if blank(value) else self.coerce(value, notes)
        return self.absent() if sent is None else sent
