"""A part of both sides, compared: what is to be written, and which rows cannot be."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from feedback_bridge.mapping.field_types.unfit import Unfit
from feedback_bridge.sync.partitions import Table
from feedback_bridge.sync.values import SAME, Values

Trouble = Literal["unmatched", "ambiguous", "invalid", "refused"]
TROUBLES: tuple[Trouble, ...] = ("unmatched", "ambiguous", "invalid", "refused")

_KEY, _NAME, FIRST_VALUE = 0, 1, 2
"""Columns: key in its one form, key as it came or record id, the pushed values in the order of their fields."""


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


def compare(told: Table, records: Table, columns: Sequence[Values]) -> Compared:
    """Column by column: most values are as they were, and a column is passed over at the speed of a look-up."""
    found = Compared()
    places = dict(zip(records[_KEY], range(len(records[_KEY])), strict=True))
    rows, theirs = _pairs(told, records, places, found)
    found.matched = len(rows)
    changed: dict[int, dict[str, Any]] = {}
    for at, column in enumerate(columns, FIRST_VALUE):
        held = [records[at][place] for place in theirs]
        if column.clears:
            found.held[column.name] = sum(map(bool, held))
        for place, value in enumerate(column.changes([told[at][row] for row in rows], held)):
            if value is SAME:
                continue
            if isinstance(value, Unfit):
                key, record_id = told[_NAME][rows[place]], records[_NAME][theirs[place]]
                found.issues.append(Issue("invalid", key, str(value), record_id, column.name))
                continue
            changed.setdefault(place, {})[column.name] = value
            if value is None:
                found.cleared[column.name] += 1
    found.changes = [
        Change(records[_NAME][theirs[place]], told[_NAME][rows[place]], fields)
        for place, fields in sorted(changed.items())
    ]
    return found


def _pairs(told: Table, records: Table, places: dict[str, int], found: Compared) -> tuple[Sequence[int], Sequence[int]]:
    """Places of the tool's rows and of their records; rows that have none, or more than one, are told."""
    keys = told[_KEY]
    repeated, shared = _more_than_once(keys, len(set(keys))), _more_than_once(records[_KEY], len(places))
    found.issues += _ambiguous(told, repeated, records, shared)
    rows, theirs = [], []
    for row, place in enumerate(map(places.get, keys)):
        if place is not None and not (shared and keys[row] in shared) and not (repeated and keys[row] in repeated):
            rows.append(row)
            theirs.append(place)
        elif place is None and keys[row] not in repeated:
            found.issues.append(Issue("unmatched", told[_NAME][row], "no Salesforce record has this key"))
    return rows, theirs


def _more_than_once(keys: Sequence[str], different: int) -> dict[str, int]:
    """How often, by key."""
    if different == len(keys):
        return {}
    return {key: times for key, times in Counter(keys).items() if times > 1}


def _ambiguous(told: Table, repeated: dict[str, int], records: Table, shared: dict[str, int]) -> Iterator[Issue]:
    if not repeated and not shared:
        return
    ids: dict[str, list[str]] = {}
    for key, record_id in zip(records[_KEY], records[_NAME], strict=True):
        if key in shared:
            ids.setdefault(key, []).append(record_id)
    for key, name in zip(told[_KEY], told[_NAME], strict=True):
        if key in repeated:
            yield Issue("ambiguous", name, f"{repeated[key]} rows of the tool have this key")
        elif key in shared:
            named = ", ".join(sorted(ids[key])[:3])
            yield Issue("ambiguous", name, f"{shared[key]} Salesforce records have this key: {named}")
