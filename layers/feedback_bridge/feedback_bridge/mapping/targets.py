"""The record that a write goes to: what to ask the org for, and what its answer means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from feedback_bridge.mapping.field_types.text import as_text
from feedback_bridge.mapping.finders import Criteria, OnNone, choose, created_if
from feedback_bridge.mapping.language.values import OnMany
from feedback_bridge.mapping.outcome import FieldProblem, Rejected, Skipped
from feedback_bridge.mapping.plan import Target
from feedback_bridge.mapping.read import Row


@dataclass(frozen=True, slots=True)
class Matched:
    """Records that exist, with what was asked of them where something was."""

    ids: tuple[str, ...]
    rows: tuple[Row | None, ...] = (None,)


@dataclass(frozen=True, slots=True)
class Targeting:
    """`columns` are what else must be known of the record; `direct` keys need no query unless there are columns.

    `external` is the External Id field of an upsert that Salesforce itself resolves.
    """

    criteria: Criteria
    on_none: OnNone
    on_many: OnMany
    columns: tuple[str, ...]
    zone: tzinfo
    direct: bool = False
    external: str | None = None

    def target(self, feedback: Mapping[str, Any]) -> Target:
        search = self.criteria.search(feedback, self.zone)
        if search.lacking is not None:
            return Target(values=search.values, lacking=search.lacking)
        target = Target(values=search.values)
        if self.external is not None:
            target.external_id = (self.external, as_text(search.values[self.external]))
        elif self.direct:
            target.record_id = search.values["Id"]
        if self.columns or not (self.direct or self.external):
            target.query = self.criteria.query(search.where, (*self.columns, *created_if(self.on_many)))
        return target

    def decide(self, target: Target, rows: Sequence[Row]) -> Matched | Skipped | Rejected | None:
        """The records to write to; None where a new one is to be made (or an External Id decides)."""
        chosen = choose(rows, self.on_many)
        name = self.criteria.object
        if chosen is None:
            return Rejected((FieldProblem(name, f"cannot be told apart: {len(rows)} records match"),))
        if chosen:
            return Matched(tuple(str(row["Id"]) for row in chosen), tuple(chosen))
        if target.external_id is not None or self.on_none == "insert":
            return None
        if self.on_none == "fail":
            return Rejected((FieldProblem(name, f"was not found by {self._by()}"),))
        return Skipped(f"no {name} was found by {self._by()}")

    def _by(self) -> str:
        names = [item.field.name for item in self.criteria.items]
        return (" and " if self.criteria.mode == "all" else " or ").join(names)
