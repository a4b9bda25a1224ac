"""Rows of CSV (RFC 4180) and JSON Lines, with the cells that a sync asks for, all of it as text."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

LONGEST_CELL = 2**20


class UnreadableRow(ValueError):
    """The sentence says which row and repeats nothing of it."""


def csv_rows(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Raises UnreadableRow."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if row:
                yield row
    except csv.Error as error:
        raise UnreadableRow(f"Line {reader.line_num} of what was read is no CSV: {error}.") from None


def json_rows(lines: Iterable[str], wanted: Sequence[str]) -> Iterator[list[str]]:
    """A name with dots reaches into objects. Raises UnreadableRow."""
    paths = [name.split(".") for name in wanted]
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise UnreadableRow(f"Line {number} of what was read is no JSON object.")
        yield [cell(row, name, path) for name, path in zip(wanted, paths, strict=True)]


def cell(row: dict[str, Any], name: str, path: Sequence[str]) -> str:
    """One value as text; nothing there is an empty one. A name is looked for whole before its dots are minded."""
    value: Any = row.get(name)
    if value is None and len(path) > 1:
        value = row
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
    return as_text(value)


def as_text(value: Any) -> str:
    """Lists are joined as multi-select picklists are; objects are JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(item, (str, int, float)) for item in value):
        return ";".join(as_text(item) for item in value)
    return json.dumps(value, ensure_ascii=False)
