"""SOQL for the reads of a batch: the only place where its text is made.

Names come from describes and mappings and are checked; values only ever go through simple-salesforce's quoting.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simple_salesforce.format import quote_soql_value

from feedback_bridge.mapping.read import RecordQuery

LONGEST = 100_000
"""Characters of one SOQL statement (Salesforce: SOQL and SOSL limits)."""

MOST_CONDITIONS = 500
"""Groups of several fields in one statement: more make Salesforce answer that the query is too complicated."""

_NAME = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*){0,5}")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that answers the queries at these positions."""

    text: str
    positions: tuple[int, ...]


def statements(queries: Sequence[RecordQuery]) -> list[Statement]:
    """As few statements as possible: queries of the same object and fields are asked together."""
    alike: dict[tuple[Any, ...], list[int]] = {}
    for position, query in enumerate(queries):
        fields = tuple(name for name, _ in query.where)
        alike.setdefault((query.object, fields, query.mode, query.select, query.created_since), []).append(position)
    return [statement for positions in alike.values() for statement in _of_one_shape(queries, positions)]


def _of_one_shape(queries: Sequence[RecordQuery], positions: Sequence[int]) -> list[Statement]:
    shape = queries[positions[0]]
    fields = [checked(name) for name, _ in shape.where]
    select = ", ".join(dict.fromkeys(["Id", *fields, *(checked(name) for name in shape.select)]))
    head = f"SELECT {select} FROM {checked(shape.object)} WHERE "  # noqa: S608 - names only, and checked
    if shape.created_since:
        head += f"CreatedDate >= {_literal(shape.created_since)} AND "
    if len(fields) == 1:
        return _with_in(head, fields[0], queries, positions)
    return _with_or(head, fields, queries, positions)


def _with_in(head: str, field: str, queries: Sequence[RecordQuery], positions: Sequence[int]) -> list[Statement]:
    """`field IN (…)`, each value once."""
    asked: dict[str, list[int]] = {}
    for position in positions:
        asked.setdefault(_literal(queries[position].where[0][1]), []).append(position)
    return [
        Statement(f"{head}{field} IN ({', '.join(group)})", tuple(p for value in group for p in asked[value]))
        for group in _cut(list(asked), LONGEST - len(head) - len(field) - 10, LONGEST)
    ]


def _with_or(
    head: str, fields: Sequence[str], queries: Sequence[RecordQuery], positions: Sequence[int]
) -> list[Statement]:
    joint = " AND " if queries[positions[0]].mode == "all" else " OR "
    asked: dict[str, list[int]] = {}
    for position in positions:
        values = [_literal(value) for _, value in queries[position].where]
        condition = joint.join(f"{name} = {value}" for name, value in zip(fields, values, strict=True))
        asked.setdefault(f"({condition})", []).append(position)
    return [
        Statement(f"{head}({' OR '.join(group)})", tuple(p for condition in group for p in asked[condition]))
        for group in _cut(list(asked), LONGEST - len(head), MOST_CONDITIONS)
    ]


def _cut(parts: Sequence[str], longest: int, most: int) -> list[list[str]]:
    groups: list[list[str]] = []
    size = 0
    for part in parts:
        if not groups or size + len(part) + 4 > longest or len(groups[-1]) == most:
            groups.append([])
            size = 0
        groups[-1].append(part)
        size += len(part) + 4
    return groups


def checked(name: str) -> str:
    """Names are not quoted in SOQL, so only names get through. Raises ValueError."""
    if not _NAME.fullmatch(name):
        raise ValueError("not a Salesforce field or object name")
    return name


def _literal(value: Any) -> str:
    """Text, numbers, booleans, and dates as `date` or `datetime`. Raises ValueError for anything else."""
    return quote_soql_value(value)
