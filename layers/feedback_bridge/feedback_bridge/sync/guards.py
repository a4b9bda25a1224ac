"""What stops a run before it writes: a report that is not what it used to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from feedback_bridge.sync.document import Guards

FEWEST = 10
"""So few cleared values, or rows with a key that is not theirs alone, are nobody's accident."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a run has found before it writes. `cleared` and `held` count values by field."""

    rows: int
    changed: int = 0
    ambiguous: int = 0
    cleared: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)


def objections(guards: Guards, found: Found, usual_rows: int | None) -> list[str]:
    """Sentences; empty means go ahead. `usual_rows` are those of the last good run."""
    told = []
    if found.rows == 0 and guards.fewest_rows > 0:
        told.append("The tool gave no rows at all.")
    elif usual_rows and found.rows < guards.fewest_rows * usual_rows:
        told.append(f"The tool gave {found.rows} rows; the last good run had {usual_rows}.")
    if found.ambiguous > FEWEST and found.ambiguous > guards.most_ambiguous * found.rows:
        told.append(f"The key is not unique: {found.ambiguous} of {found.rows} rows share theirs.")
    for name, cleared in found.cleared.items():
        held = found.held.get(name, 0)
        if cleared > FEWEST and cleared > guards.most_cleared * held:
            told.append(f"{name} would be cleared in {cleared} of the {held} records that have a value.")
    return told


def missing_columns(wanted: list[str], given: list[str]) -> str | None:
    """Why a report cannot be read, or None."""
    gone = [name for name in wanted if name not in given]
    if not gone:
        return None
    has = ", ".join(given[:30]) or "no columns"
    return f"The report no longer has {', '.join(gone)}. It has: {has}."
