"""A Parquet file in the stack's bucket as the tool's side of a sync.

The library that reads it is a layer of its own (parameter ParquetLayer): it would make every function's layer half as
large again, and `sam build` finds none of its builds when it builds for another architecture than its own.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from feedback_bridge.aws.object_bytes import ObjectBytes
from feedback_bridge.aws.object_lines import NoSuchObject, Replaced
from feedback_bridge.errors import BridgeError
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.sync.file_tool import FOLDER, File
from feedback_bridge.runtime.sync.tools import Metadata, Page, Position, Stopped
from feedback_bridge.sync.document import FileTool
from feedback_bridge.sync.guards import missing_columns

ROWS_A_BATCH = 10_000
SHORTEST_ROW = 4
"""Bytes of a row, compressed: keys differ from each other."""


@dataclass(frozen=True)
class ParquetFile:
    """A position is the number of rows read, with the version of the file that they are of."""

    settings: FileTool
    bucket: str

    def most_rows(self) -> int:
        with _told(self.settings.path, file := self._file({})):
            file.open()
        return file.size // SHORTEST_ROW

    def read(self, position: Position, columns: Sequence[str], most: int) -> Page:
        wanted, before = [self.settings.key, *columns], int(position.get("rows", 0))
        rows = _Rows(self.settings.path, self._file(position), wanted, before, most)
        return Page(iter(rows), rows.position)

    def write(self, batch: Sequence[Metadata], name: str) -> dict[str, str]:
        """As any file: what is pulled is JSON Lines."""
        return File(self.settings, self.bucket).write(batch, name)

    def _file(self, position: Position) -> ObjectBytes:
        return ObjectBytes(self.bucket, f"{FOLDER}/{self.settings.path}", position.get("etag"))


@dataclass
class _Rows:
    path: str
    file: ObjectBytes
    wanted: Sequence[str]
    before: int
    most: int
    taken: int = 0
    ended: bool = False

    def __iter__(self) -> Iterator[list[str]]:
        with _told(self.path, self.file):
            self.file.open()
            yield from self._rows(_library().read_parquet(self.file, batch_size=ROWS_A_BATCH))

    def position(self) -> Position | None:
        return None if self.ended else {"rows": self.before + self.taken, "etag": self.file.etag}

    def _rows(self, reader: Any) -> Iterator[list[str]]:
        """What has been read before is passed over, which takes no more than unpacking it."""
        if gone := missing_columns(list(self.wanted), list(reader.schema.names)):
            raise Stopped(gone)
        seen = 0
        for batch in reader:
            seen += batch.num_rows
            if seen <= self.before:
                continue
            begins = max(0, batch.num_rows - (seen - self.before))
            cells = [_texts(batch.column(name), name)[begins:] for name in self.wanted]
            for row in zip(*cells, strict=True):
                yield list(row)
                self.taken += 1
                if self.taken == self.most:
                    return
        self.ended = True


def _texts(column: Any, name: str) -> list[str]:
    """Numbers, times and decimals as they are written in JSON; null is an empty cell."""
    from arro3.core import DataType

    try:
        return [text or "" for text in column.cast(DataType.string()).to_pylist()]
    except Exception as error:
        raise Stopped(f"The column {name} holds what is not one value: {str(column.type)[:100]}.") from error


def _library() -> Any:
    try:
        import arro3.io
    except ImportError:
        raise Stopped(
            "Parquet needs the stack's parameter ParquetLayer (docs/sync.md). CSV and JSON Lines are read without it."
        ) from None
    return arro3.io


@contextmanager
def _told(path: str, file: ObjectBytes) -> Iterator[None]:
    """Our own words for what the library says: it hides what went wrong below it, and panics over a broken file, which
    is no Exception in Python."""
    try:
        yield
    except (GeneratorExit, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        trouble = file.trouble or error
        if isinstance(trouble, Replaced):
            raise Stopped("The file was replaced while it was read.") from None
        if isinstance(trouble, NoSuchObject):
            raise Stopped(f"There is no file {path} below {FOLDER}/.") from error
        if isinstance(trouble, BridgeError):
            raise trouble from None
        raise Stopped(f"The file {path} cannot be read as Parquet.") from error


def parquet_tool(tool: FileTool) -> ParquetFile:
    return ParquetFile(tool, settings.archive_bucket())
