"""Writes as rows of a bulk job's CSV file (Bulk API 2.0 and Bulk API Developer Guide, "Prepare CSV Files").

A null is `#N/A`, and a field that a write does not name has no column: a file has only rows of the same fields, so
that a sparse write never blanks a field.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from feedback_bridge.mapping.write import Write

NULL = "#N/A"
LONGEST_CELL, LONGEST_ROW = 32_000, 400_000
"""Characters that a bulk job takes in a field and in a record."""

_RUN_ASSIGNMENT_RULES = frozenset({"Account", "Case", "Lead"})
_QUOTED = re.compile(r'[",\r\n]')
_LINE_END = re.compile(r"\r\n?")


def fits_bulk(write: Write) -> bool:
    """Whether a bulk job does the same as a collection.

    It runs no assignment rules, cannot pass over duplicate rules or tell which record they found, posts nothing to
    Chatter, and takes the text `#N/A` for null.
    """
    if write.operation == "delete":
        return write.record_id is not None
    if write.operation == "chatter_post" or write.duplicates != "block":
        return False
    if (write.operation == "upsert" and not write.external_id) or (write.operation == "update" and not write.record_id):
        return False
    if write.assign and write.object in _RUN_ASSIGNMENT_RULES:
        return False
    sizes = [_size(value) for value in write.fields.values()]
    return None not in sizes and sum(size or 0 for size in sizes) <= LONGEST_ROW


def _size(value: Any) -> int | None:
    """None for what no cell can hold."""
    if isinstance(value, str):
        return None if value == NULL or len(value) > LONGEST_CELL else len(value)
    return 20 if value is None or isinstance(value, int | float) else None


@dataclass(frozen=True, slots=True)
class Row:
    """`key` tells the row in a result: the External Id or Id in the first column, for an insert all of its cells."""

    columns: tuple[str, ...]
    cells: list[str]
    key: str | int
    print: int


def row_of(write: Write) -> Row:
    key = write.external_id if write.operation == "upsert" and write.external_id else ("Id", str(write.record_id))
    named = sorted(name for name in write.fields if name != key[0] or write.operation == "insert")
    cells = [] if write.operation == "delete" else [cell_of(write.fields[name]) for name in named]
    if write.operation == "insert":
        columns = tuple(named)
        own = fingerprint(cells)
        return Row(columns, cells, own, own)
    columns = (key[0],) if write.operation == "delete" else (key[0], *named)
    cells.insert(0, key[1])
    return Row(columns, cells, key[1].strip(), fingerprint(cells))


def fingerprint(cells: Sequence[str]) -> int:
    """The same for a row and for what a result file shows of it, in whatever form line ends and nulls come back."""
    return hash(tuple("" if cell == NULL else _LINE_END.sub("\n", cell).strip() for cell in cells))


def cell_of(value: Any) -> str:
    """An empty cell would leave the field alone; an empty text clears it, as it does in JSON."""
    if value is None or value == "":
        return NULL
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@dataclass
class Sheet:
    """Rows with the same columns. The first `few` are held as writes: so few are not worth a job.

    `places`: by the key of a row its fingerprint, and the positions of the writes that it stands for.
    """

    columns: tuple[str, ...]
    few: int
    held: list[tuple[Row, Write]] = field(default_factory=list)
    file: IO[bytes] | None = None
    places: dict[str | int, list[int]] = field(default_factory=dict)

    def add(self, position: int, write: Write, row: Row) -> int:
        """The bytes that the file has grown by."""
        self.places.setdefault(row.key, [row.print]).append(position)
        if self.file is not None:
            return self.file.write(line_of(row.cells))
        self.held.append((row, write))
        if len(self.held) <= self.few:
            return 0
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever sends it
        lines = [line_of(self.columns), *(line_of(early.cells) for early, _ in self.held)]
        self.held.clear()
        return self.file.write(b"".join(lines))

    def take(self, row: Mapping[str, str], *, insert: bool) -> list[int]:
        """The positions that a row of a result is about; each position is taken once."""
        cells = [row.get(name, "") for name in self.columns]
        return self.take_key(fingerprint(cells) if insert else cells[0].strip(), insert=insert)

    def take_key(self, key: str | int, *, insert: bool) -> list[int]:
        found = self.places.get(key)
        if found is None:
            return []
        if insert and len(found) > 2:
            return [found.pop()]
        return self.places.pop(key)[1:]

    def rest(self) -> list[int]:
        """The positions that nothing was told of."""
        return [position for found in self.places.values() for position in found[1:]]


def line_of(cells: Sequence[str]) -> bytes:
    """With its line end. Line breaks of both kinds are quoted, which the csv module does only for its own."""
    return (",".join(map(_in_csv, cells)) + "\n").encode()


def _in_csv(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell


def updates(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> bytes:
    """A file of record ids and fields; a field that a row does not have is an empty cell, which leaves it alone."""
    names = sorted({name for _, fields in rows for name in fields})
    lines = [
        [record_id, *(cell_of(fields[name]) if name in fields else "" for name in names)] for record_id, fields in rows
    ]
    return b"".join(map(line_of, [["Id", *names], *lines]))
