"""A parsed query. Positions are offsets into the text, for the caret in error messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldRef:
    """`Account.Owner.Name` as written."""

    path: str
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """`COUNT(Id)`, `count()`, `CALENDAR_YEAR(CreatedDate)`, `FIELDS(ALL)`."""

    name: str
    argument: FieldRef | Call | None
    position: int


Operand = FieldRef | Call


@dataclass(frozen=True, slots=True)
class Literal:
    """`kind` is string, number, date, datetime, boolean, null or period (a date literal such as LAST_N_DAYS:3)."""

    kind: str
    value: Any
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`operator` is =, !=, <, <=, >, >=, like, in, not in, includes or excludes."""

    operand: Operand
    operator: str
    value: Literal | tuple[Literal, ...] | Query
    position: int


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


Condition = Comparison | And | Or | Not


@dataclass(frozen=True, slots=True)
class SelectItem:
    expression: Operand | Query
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class OrderItem:
    operand: Operand
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    select: tuple[SelectItem, ...]
    source: str
    source_position: int
    alias: str | None = None
    where: Condition | None = None
    group_by: tuple[Operand, ...] = ()
    having: Condition | None = None
    order_by: tuple[OrderItem, ...] = ()
    limit: int | None = None
    offset: int = 0

    @property
    def is_count(self) -> bool:
        """`SELECT count() FROM X`, which answers with a number and no records."""
        first = self.select[0].expression
        return len(self.select) == 1 and isinstance(first, Call) and first.argument is None
