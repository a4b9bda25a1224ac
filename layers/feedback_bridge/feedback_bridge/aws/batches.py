"""Cutting work to what one AWS call takes: so many entries, so many bytes."""

from collections.abc import Iterable


def batches(weights: Iterable[tuple[int, int]], *, most: int, most_bytes: int) -> list[list[int]]:
    """Group positions in order. `weights` gives (position, bytes); one heavier than `most_bytes` goes alone."""
    groups: list[list[int]] = []
    size = 0
    for position, weight in weights:
        if not groups or len(groups[-1]) == most or size + weight > most_bytes:
            groups.append([])
            size = 0
        groups[-1].append(position)
        size += weight
    return groups
