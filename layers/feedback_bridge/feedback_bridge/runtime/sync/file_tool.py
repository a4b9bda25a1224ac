"""A file in the stack's bucket as one side of a sync."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any

from feedback_bridge.aws.object_lines import NoSuchObject, ObjectLines, Replaced, put_object
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.sync.tools import Metadata, Page, Position, Stopped
from feedback_bridge.sync.document import FileTool
from feedback_bridge.sync.guards import missing_columns
from feedback_bridge.sync.rows import UnreadableRow, csv_rows, json_rows

FOLDER = "files"

SHORTEST_ROW = 16
"""Bytes. A file with shorter rows is cut into parts that are somewhat larger."""


@dataclass(frozen=True)
class File:
    """A position is the byte of the first unread line, with the version of the file that it belongs to."""

    settings: FileTool
    bucket: str
    folder: str = FOLDER

    def most_rows(self) -> int:
        lines = self._lines({})
        return lines.size // SHORTEST_ROW

    def read(self, position: Position, columns: Sequence[str], most: int) -> Page:
        wanted = [self.settings.key, *columns]
        lines = self._lines(position)
        if self.settings.format == "csv":
            rows, header = self._csv(lines, position.get("header"), wanted)
        else:
            rows, header = json_rows(lines, wanted), None
        return Page(islice(_stopping(rows), most), lambda: _position(lines, header))

    def write(self, batch: Sequence[Metadata], name: str) -> dict[str, str]:
        """One file a batch beside the one named, so that what was written before stays as it is."""
        text = "".join(json.dumps({"key": item.key, **item.values}, ensure_ascii=False) + "\n" for item in batch)
        put_object(self.bucket, f"{FOLDER}/{self.settings.pulled}/{name}.jsonl", text.encode("utf-8", "surrogatepass"))
        return {}

    def _lines(self, position: Position) -> ObjectLines:
        lines = ObjectLines(self.bucket, f"{self.folder}/{self.settings.path}", self.settings.encoding)
        try:
            lines.open(int(position.get("offset", 0)), position.get("etag"))
        except Replaced:
            raise Stopped("The file was replaced while it was read.") from None
        except NoSuchObject as error:
            raise Stopped(f"There is no file {self.settings.path} below {self.folder}/.") from error
        return lines

    def _csv(
        self, lines: ObjectLines, header: list[str] | None, wanted: list[str]
    ) -> tuple[Iterator[Sequence[str]], list[str]]:
        rows = csv_rows(iter(lines), self.settings.delimiter)
        if header is None:
            header = [name.strip() for name in next(rows, [])]
            if gone := missing_columns(wanted, header):
                raise Stopped(gone)
            if len(set(header)) < len(header):
                twice = sorted({name for name in wanted if header.count(name) > 1})
                if twice:
                    raise Stopped(f"The file has the column {twice[0]} more than once.")
        return _picked(rows, [header.index(name) for name in wanted], len(header)), header


def _position(lines: ObjectLines, header: list[str] | None) -> Position | None:
    offset = lines.offset
    if offset >= lines.size:
        return None
    return {"offset": offset, "size": lines.size, "etag": lines.etag, "header": header}


def _picked(rows: Iterator[list[str]], positions: list[int], width: int) -> Iterator[Sequence[str]]:
    """A row that is cut short has empty cells at its end."""
    pick: Callable[[Any], Any] = itemgetter(*positions) if len(positions) > 1 else lambda row: (row[positions[0]],)
    needed = max(positions)
    for row in rows:
        if len(row) > needed:
            yield pick(row)
        elif row:
            yield pick(row + [""] * (width - len(row)))


def _stopping(rows: Iterator[Sequence[str]]) -> Iterator[Sequence[str]]:
    try:
        yield from rows
    except UnreadableRow as error:
        raise Stopped(str(error)) from None
    except UnicodeDecodeError:
        raise Stopped("The file is not in the encoding that the sync names.") from None


def file_tool(tool: FileTool) -> File:
    return File(tool, settings.archive_bucket())
