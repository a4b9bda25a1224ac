"""Bytes that come in blocks, as lines, without a step of Python's for each line: a run reads millions of them."""

from collections.abc import Iterable, Iterator
from io import StringIO

LONGEST_LINE = 32 * 2**20
"""Bytes. What has no line feed for so long is no text file."""


class TooLong(ValueError):
    """A line is longer than memory should hold."""


def whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut at line feeds; the last may end without one. Raises TooLong."""
    rest = b""
    for block in blocks:
        head, end, tail = block.rpartition(b"\n")
        if end:
            yield rest + head + end
            rest = tail
        else:
            rest += block
        if len(rest) > LONGEST_LINE:
            raise TooLong
    if rest:
        yield rest


def lines(text: str) -> StringIO:
    """An iterator of lines with their ends. Only a line feed ends one, whatever else Unicode calls a line's end."""
    return StringIO(text, newline="\n")
