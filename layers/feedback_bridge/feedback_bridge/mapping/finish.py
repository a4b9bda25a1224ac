"""The last step: fields and the records found become writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feedback_bridge.mapping.converted import CONTACT
from feedback_bridge.mapping.outcome import FieldProblem, Rejected, Skipped
from feedback_bridge.mapping.plan import Plan, Target
from feedback_bridge.mapping.read import Row
from feedback_bridge.mapping.targets import Matched
from feedback_bridge.mapping.write import Duplicates, Operation, Write

FEED_ITEM = "FeedItem"
_NOTHING = "none of the fields has a value in the feedback"


@dataclass(frozen=True, slots=True)
class Writer:
    """What is the same for every write that comes of one rule.

    `required` must have a value in a new record; `filled` are the match fields that a new record gets from its match;
    `key` never stands among the fields; `pointers` are the fields that point to other records.
    """

    object: str
    operation: Operation
    duplicates: Duplicates = "block"
    assign: bool | None = None
    required: tuple[str, ...] = ()
    pointers: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    only_if_empty: tuple[str, ...] = ()
    insert_only: frozenset[str] = frozenset()
    update_only: frozenset[str] = frozenset()

    def impossible(self, fields: Mapping[str, Any], target: Target) -> Skipped | Rejected | None:
        """What is known without asking: a write without fields, a new record without what Salesforce requires."""
        if target.external_id is None and target.record_id is None:
            return None if self.filled else self._missing(fields)
        return Skipped(_NOTHING) if not fields and self.operation == "update" else None

    def _missing(self, fields: Mapping[str, Any]) -> Skipped | Rejected | None:
        missing = [name for name in self.required if fields.get(name) is None]
        if missing:
            return Rejected(
                tuple(FieldProblem(name, f"is required for a new {self.object} and has no value") for name in missing)
            )
        return None if fields else Skipped(_NOTHING)

    def writes(
        self, plan: Plan, fields: dict[str, Any], matched: Matched | None, notes: list[str]
    ) -> tuple[Write, ...] | Skipped | Rejected:
        if self.operation == "upsert" and plan.target.external_id is not None and not (matched and matched.conversion):
            return (self._upsert(plan, fields, matched),)
        if matched is None:
            return self._insert(plan, fields)
        if self.operation == "delete":
            return tuple(
                Write(self.object, "delete", {}, record_id, occurred_at=plan.occurred_at) for record_id in matched.ids
            )
        if self.operation == "chatter_post":
            if not fields:
                return Skipped(_NOTHING)
            return tuple(
                self._write(plan, "chatter_post", {"ParentId": record_id, **fields}, FEED_ITEM, parents=(record_id,))
                for record_id in matched.ids
            )
        return self._updates(plan, fields, matched, notes)

    def _upsert(self, plan: Plan, fields: dict[str, Any], matched: Matched | None) -> Write:
        row = matched.rows[0] if matched else None
        return self._write(plan, "upsert", self._left_empty(fields, row), external_id=plan.target.external_id)

    def _insert(self, plan: Plan, fields: dict[str, Any]) -> tuple[Write, ...] | Skipped | Rejected:
        if self.filled and plan.target.values:
            fields = {
                **{name: plan.target.values[name] for name in self.filled if name in plan.target.values},
                **fields,
            }
        if self.update_only:
            fields = {name: value for name, value in fields.items() if name not in self.update_only}
        return self._missing(fields) or (self._write(plan, "insert", fields),)

    def _updates(
        self, plan: Plan, fields: dict[str, Any], matched: Matched, notes: list[str]
    ) -> tuple[Write, ...] | Skipped:
        if self.insert_only:
            fields = {name: value for name, value in fields.items() if name not in self.insert_only}
        if matched.conversion is not None:
            fields = matched.conversion.fields(fields, notes)
        if not fields:
            return Skipped(_NOTHING)
        changes = (
            (record_id, self._left_empty(fields, row)) for record_id, row in zip(matched.ids, matched.rows, strict=True)
        )
        target = CONTACT if matched.conversion else self.object
        writes = tuple(self._write(plan, "update", left, target, record_id=id_) for id_, left in changes if left)
        return writes or Skipped("the record already has a value in every field to be filled")

    def _left_empty(self, fields: dict[str, Any], row: Row | None) -> dict[str, Any]:
        """Without the fields that may only be filled and are not empty."""
        if row is None or not self.only_if_empty:
            return fields
        taken = {name for name in self.only_if_empty if row.get(name) not in (None, "")}
        return {name: value for name, value in fields.items() if name not in taken}

    def _write(
        self,
        plan: Plan,
        operation: Operation,
        fields: dict[str, Any],
        target: str | None = None,
        *,
        record_id: str | None = None,
        external_id: tuple[str, str] | None = None,
        parents: tuple[str, ...] = (),
    ) -> Write:
        if self.pointers:
            parents = (*parents, *(fields[name] for name in self.pointers if fields.get(name) is not None))
        assign = operation != "update" if self.assign is None else self.assign
        return Write(
            target or self.object,
            operation,
            fields,
            record_id,
            external_id,
            self.duplicates,
            assign,
            parents,
            plan.occurred_at,
        )
