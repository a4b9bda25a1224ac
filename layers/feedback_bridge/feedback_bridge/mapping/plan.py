"""A plan: one write that still may have to ask the org something, and what it becomes with the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from feedback_bridge.mapping.outcome import Rejected, Skipped
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.mapping.write import Write

if TYPE_CHECKING:
    from feedback_bridge.mapping.writing import CompiledWrite

MAIN = "write"


@dataclass(slots=True)
class Target:
    """The record that a write goes to, as far as the feedback tells: its id, its External Id, or how to ask for it.

    None of the three: a new record, or, with `lacking`, nothing to find one by; `unfit` when a value was there.
    """

    record_id: str | None = None
    external_id: tuple[str, str] | None = None
    query: RecordQuery | None = None
    values: Mapping[str, Any] | None = None
    lacking: str | None = None
    unfit: bool = False


@dataclass(slots=True)
class Plan:
    """What one write of a mapping wants, before the org has been asked.

    `effect` names the write within its mapping: `write`, `then[0]`, …; with the feedback's id (and the record's, in
    `then`) it names what is to happen exactly once. `warnings` are for the delivery and hold no personal data.
    `queries` are to be answered in their order: `resolve` takes one sequence of rows for each.
    """

    feedback_id: str
    effect: str
    object: str
    fields: dict[str, Any]
    target: Target
    queries: tuple[RecordQuery, ...]
    warnings: list[str]
    compiled: CompiledWrite
    pending: tuple[int, ...] = ()
    parent_id: str | None = None
    occurred_at: str | None = None
    follow: Callable[[Sequence[str]], tuple[Plan | Skipped | Rejected, ...]] | None = None

    @property
    def purposes(self) -> tuple[str, ...]:
        """What each query is for: the field that it looks up, or the object whose record is written."""
        return self.compiled.purposes(self)

    def resolve(self, answers: Sequence[Sequence[Row]] = ()) -> Resolved | Skipped | Rejected:
        """The writes, or why there are none. Pure: the same answers give the same writes."""
        return self.compiled.resolve(self, answers)


@dataclass(slots=True)
class Resolved:
    """Final writes: one, or one for each record found where the mapping says `on_many: all`."""

    plan: Plan
    writes: tuple[Write, ...]
    warnings: tuple[str, ...]

    def children(self, record_ids: Sequence[str]) -> tuple[Plan | Skipped | Rejected, ...]:
        """What follows (`then`) for each record that was written, each to be answered and resolved in its turn."""
        return self.plan.follow(record_ids) if self.plan.follow else ()
