"""A part of both sides, compared: what is to be written, and which rows cannot be.

A row of the tool is (key, key as it came, value, …), a record is (key, record id, value, …), values in the order of
the pushed fields and all of it text.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from feedback_bridge.mapping.field_types.unfit import Unfit
from feedback_bridge.sync.values import SAME, Values

Row = Sequence[str]
Trouble = Literal["unmatched", "ambiguous", "invalid", "refused"]
TROUBLES: tuple[Trouble, ...] = ("unmatched", "ambiguous", "invalid", "refused")

FIRST_VALUE = 2


@dataclass(frozen=True, slots=True)
class Issue:
    """A row that was not written, or not wholly. `key` is as the tool has it; `field` where one value is the cause."""

    trouble: Trouble
    key: str
    reason: str
    record_id: str = ""
    field: str = ""
    since: Literal["new", "still"] = "new"

    @property
    def identity(self) -> str:
        """The same row in another run."""
        return f"{self.trouble}\x1f{self.key}\x1f{self.field}"


@dataclass(frozen=True, slots=True)
class Change:
    """What one record is to get."""

    record_id: str
    key: str
    fields: dict[str, Any]


@dataclass
class Compared:
    changes: list[Change] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    matched: int = 0
    cleared: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    """Of the matched records' fields that had a value: those that would be cleared, and all that could be."""


def compare(rows: Sequence[Row], records: Sequence[Row], columns: Sequence[Values]) -> Compared:
    found = Compared()
    by_key, shared = _by_key(records)
    told, repeated = _by_key(rows)
    found.issues += _ambiguous(rows, repeated, records, shared)
    for key, row in told.items():
        if key in repeated or key in shared:
            continue
        record = by_key.get(key)
        if record is None:
            found.issues.append(Issue("unmatched", row[1], "no Salesforce record has this key"))
            continue
        found.matched += 1
        if row[FIRST_VALUE:] != record[FIRST_VALUE:]:
            _differences(row, record, columns, found)
    _count_held(told, by_key, repeated.keys() | shared.keys(), columns, found)
    return found


def _by_key(rows: Sequence[Row]) -> tuple[dict[str, Row], Counter[str]]:
    """By key, and the keys that more than one row has."""
    found = {row[0]: row for row in rows}
    if len(found) == len(rows):
        return found, Counter()
    return found, Counter({key: times for key, times in Counter(row[0] for row in rows).items() if times > 1})


def _ambiguous(
    rows: Sequence[Row], repeated: Counter[str], records: Sequence[Row], shared: Counter[str]
) -> Iterator[Issue]:
    if not repeated and not shared:
        return
    ids: dict[str, list[str]] = {}
    for record in records:
        if record[0] in shared:
            ids.setdefault(record[0], []).append(record[1])
    for row in rows:
        key = row[0]
        if key in repeated:
            yield Issue("ambiguous", row[1], f"{repeated[key]} rows of the tool have this key")
        elif key in shared:
            named = ", ".join(sorted(ids[key])[:3])
            yield Issue("ambiguous", row[1], f"{shared[key]} Salesforce records have this key: {named}")


def _differences(row: Row, record: Row, columns: Sequence[Values], found: Compared) -> None:
    fields: dict[str, Any] = {}
    for column, told, held in zip(columns, row[FIRST_VALUE:], record[FIRST_VALUE:], strict=True):
        if told == held:
            continue
        try:
            value = column.change(told, held)
        except Unfit as error:
            found.issues.append(Issue("invalid", row[1], str(error), record[1], column.name))
            continue
        if value is SAME:
            continue
        fields[column.name] = value
        if value is None:
            found.cleared[column.name] += 1
    if fields:
        found.changes.append(Change(record[1], row[1], fields))


def _count_held(
    told: dict[str, Row], by_key: dict[str, Row], apart: Any, columns: Sequence[Values], found: Compared
) -> None:
    """Only where something would be cleared: nothing else asks for it."""
    for position, column in enumerate(columns, FIRST_VALUE):
        if column.name in found.cleared or column.clears:
            found.held[column.name] = sum(
                1 for key in told if key not in apart and (record := by_key.get(key)) and record[position]
            )
