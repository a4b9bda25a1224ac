"""Cutting both sides by their keys, so that what belongs together lies together and any part fits into memory."""

from zlib import crc32

ROWS_A_PART = 10_000
MOST_PARTS = 4096


def parts_for(rows: int) -> int:
    """A power of two, so that the parts of an earlier run can be read as those of this one."""
    parts = 1
    while parts * ROWS_A_PART < rows and parts < MOST_PARTS:
        parts *= 2
    return parts


def part_of(key: str, parts: int) -> int:
    return crc32(key.encode("utf-8", "surrogatepass")) & (parts - 1)


def same_keys(part: int, parts: int, earlier: int) -> list[int]:
    """The parts of a run that was cut into `earlier` parts in which the keys of this part lie."""
    if earlier <= parts:
        return [part & (earlier - 1)]
    return list(range(part, earlier, parts))
