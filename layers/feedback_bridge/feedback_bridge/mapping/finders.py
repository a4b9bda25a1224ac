"""Which record a write goes to: by Id, by External Id, or by fields that equal values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from feedback_bridge.mapping.coercion import NotWritable, Terms, coercer
from feedback_bridge.mapping.field_types.times import read_date, read_moment
from feedback_bridge.mapping.field_types.unfit import Coerce, Unfit
from feedback_bridge.mapping.language.values import Finding, OnMany, Operand
from feedback_bridge.mapping.operands import blank, compile_operand, records_in
from feedback_bridge.mapping.paths import Get
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.scope import Scope

OnNone = Literal["skip", "insert", "fail"]
CREATED = "CreatedDate"
MOST_RECORDS = 500
"""That one feedback may write with `on_many: all`: a delivery names each of them, and what follows each."""

_NOT_SEARCHABLE = frozenset({"textarea", "encryptedstring", "time", "address", "location", "base64", "multipicklist"})


@dataclass(frozen=True, slots=True)
class Criterion:
    """One field that must equal one value."""

    field: FieldSchema
    read: Get
    coerce: Coerce

    def value(self, feedback: Mapping[str, Any]) -> Any:
        """In the field's own type, ready to be sent; None when the feedback has nothing. Raises Unfit."""
        value = self.read(feedback)
        return None if blank(value) else self.coerce(value, [])


@dataclass(frozen=True, slots=True)
class Search:
    """A query to be, or what it lacks, by field. `unfit`: a value is there, and the field cannot hold it."""

    where: tuple[tuple[str, Any], ...]
    values: Mapping[str, Any]
    lacking: str | None = None
    unfit: bool = False


@dataclass(frozen=True, slots=True)
class Criteria:
    object: str
    mode: Literal["all", "any"]
    items: tuple[Criterion, ...]

    def search(self, feedback: Mapping[str, Any], zone: Any) -> Search:
        """With mode `all`, a value that is absent or impossible leaves nothing to search by: never a wider query."""
        values: dict[str, Any] = {}
        lacking: list[str] = []
        unfit = False
        for item in self.items:
            try:
                value = item.value(feedback)
            except Unfit as error:
                lacking.append(f"{item.field.name}: the value {error}")
                unfit = True
                continue
            if value is None:
                lacking.append(f"{item.field.name}: the feedback has none")
            else:
                values[item.field.name] = value
        if not values or (lacking and self.mode == "all"):
            return Search((), values, "; ".join(lacking), unfit)
        where = tuple(
            (item.field.name, _comparable(item.field, values[item.field.name], zone))
            for item in self.items
            if item.field.name in values
        )
        return Search(where, values)

    def query(self, where: tuple[tuple[str, Any], ...], select: tuple[str, ...]) -> RecordQuery:
        return RecordQuery(self.object, where, self.mode, select)


def _comparable(field: FieldSchema, value: Any, zone: Any) -> Any:
    """Dates as Python's own, so that whoever writes the query need not guess a text's type."""
    if field.type == "datetime":
        return read_moment(value, zone)
    return read_date(value, zone) if field.type == "date" else value


def compile_criteria(
    scope: Scope, path: str, finding: Finding, operands: Mapping[str, Operand], schema: ObjectSchema
) -> Criteria:
    items = (compile_criterion(scope, f"{path}.{name}", name, operand, schema) for name, operand in operands.items())
    return Criteria(schema.name, finding.mode, tuple(item for item in items if item))


def compile_criterion(scope: Scope, path: str, name: str, operand: Operand, schema: ObjectSchema) -> Criterion | None:
    field = scope.field(schema, name, path)
    if field is None:
        return None
    if field.type in _NOT_SEARCHABLE:
        scope.report(path, f"{field.label} is a field of type {field.type}, which records cannot be found by")
        return None
    check_records(scope, path, operand)
    try:
        return Criterion(field, compile_operand(operand, scope.zone), coercer(field, Terms(scope.zone)))
    except NotWritable as error:
        scope.report(path, f"{field.label} {error}")
        return None


def check_records(scope: Scope, path: str, operand: Operand) -> None:
    """Inside other values, and where records are looked for, only the Id of the record just written is at hand."""
    for record in records_in(operand):
        if scope.parent is None:
            scope.report(path, "only a write in then has a record just written")
        elif record != "Id":
            scope.report(path, "can only use the Id of the record just written here (record: Id)")


def choose(rows: Sequence[Row], on_many: OnMany) -> Sequence[Row] | None:
    """The rows that the policy takes; None where it takes no decision (`fail`, and `all` of too many)."""
    if len(rows) < 2 or (on_many == "all" and len(rows) <= MOST_RECORDS):
        return rows
    if on_many in ("fail", "all"):
        return None
    pick = max if on_many == "newest" else min
    return [pick(rows, key=lambda row: (str(row.get(CREATED) or ""), str(row.get("Id") or "")))]


def created_if(on_many: OnMany) -> tuple[str, ...]:
    """The column that `newest` and `oldest` are decided by."""
    return (CREATED,) if on_many in ("newest", "oldest") else ()
