"""Cutting both sides by their keys, so that what belongs together lies together and any part fits into memory.

Rows are laid down as columns: a part is read back as a few long lists instead of many short ones, which costs a
fraction of the time and of the memory.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from zlib import crc32

from feedback_bridge.errors import PermanentError
from feedback_bridge.sync.keys import Normalise

CELLS_A_PART, MOST_PARTS = 320_000, 4096
"""Some 25 MB for each side, where values are short."""

FEWEST_CELLS, MOST_CELLS, ROWS_A_LINE = 2_500, 50_000, 16
"""Held at once while cutting: few, which stay in the processor's cache, but enough for some rows of each part."""

BYTES_A_CHUNK = 24 * 2**20

Table = list[list[str]]
"""Columns, all of the same length: key in its one form, key as it came or record id, values."""


def parts_for(rows: int, width: int) -> int:
    """A power of two, so that the parts of an earlier run can be read as those of this one. `width` counts columns."""
    parts = 1
    while parts * CELLS_A_PART < rows * width and parts < MOST_PARTS:
        parts *= 2
    return parts


def part_of(key: str, parts: int) -> int:
    return crc32(key.encode("utf-8", "surrogatepass")) & (parts - 1)


def same_keys(part: int, parts: int, earlier: int) -> list[int]:
    """The parts of a run that was cut into `earlier` parts in which the keys of this part lie."""
    if earlier <= parts:
        return [part & (earlier - 1)]
    return list(range(part, earlier, parts))


@dataclass
class Cut:
    """Rows on their way to be laid down. `keep` is the first cell that is kept beside the key in its one form."""

    normalise: Normalise
    parts: int
    width: int
    keep: int
    rows: int = 0
    unread: list[str] = field(default_factory=list)
    """Keys that are none, as they came."""

    def chunks(self, rows: Iterable[Sequence[str]]) -> Iterator[list[bytearray]]:
        """The rows, whose first cell is their key, cut into parts, a chunk at a time. Raises PermanentError."""
        rows = iter(rows)
        segments, size = self._empty(), 0
        while batch := list(islice(rows, self._at_once())):
            self.rows += len(batch)
            for part, cut in enumerate(self._cut(batch)):
                if cut:
                    packed = _packed(cut, self.width)
                    segments[part] += packed
                    size += len(packed)
            if size >= BYTES_A_CHUNK:
                yield segments
                segments, size = self._empty(), 0
        if size:
            yield segments

    def _at_once(self) -> int:
        wanted = max(FEWEST_CELLS, ROWS_A_LINE * self.parts * self.width)
        return max(1, min(wanted, MOST_CELLS) // self.width)

    def _cut(self, batch: list[Sequence[str]]) -> list[list[Sequence[str]]]:
        cut: list[list[Sequence[str]]] = [[] for _ in range(self.parts)]
        normalise, mask, keep = self.normalise, self.parts - 1, self.keep
        for row in batch:
            key = normalise(row[0])
            if key is None:
                self.unread.append(row[0])
            else:
                cut[crc32(key.encode("utf-8", "surrogatepass")) & mask].append((key, *row[keep:]))
        return cut

    def _empty(self) -> list[bytearray]:
        return [bytearray() for _ in range(self.parts)]


def _packed(rows: list[Sequence[str]], width: int) -> bytes:
    if {*map(len, rows)} != {width}:
        raise PermanentError("Rows of different lengths were given: no value can be told from its neighbour.")
    return json.dumps(list(zip(*rows, strict=True)), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def unpacked(segments: Iterable[bytes], width: int) -> Table:
    """A part, put together from its segments of all chunks."""
    table: Table = [[] for _ in range(width)]
    for segment in segments:
        for line in segment.decode("utf-8", "surrogatepass").split("\n"):
            if line:
                for column, more in zip(table, json.loads(line), strict=True):
                    column += more
    return table
