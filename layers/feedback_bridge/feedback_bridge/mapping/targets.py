"""The record that a write goes to: what to ask the org for, and what its answer means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from feedback_bridge.mapping.converted import Conversion, is_converted
from feedback_bridge.mapping.field_types.text import as_text
from feedback_bridge.mapping.field_types.unfit import Unfit
from feedback_bridge.mapping.finders import MOST_RECORDS, Criteria, OnNone, choose, created_if
from feedback_bridge.mapping.language.values import OnMany
from feedback_bridge.mapping.outcome import FieldProblem, Rejected, Skipped
from feedback_bridge.mapping.plan import Target
from feedback_bridge.mapping.read import Row


@dataclass(frozen=True, slots=True)
class Matched:
    """Records that exist, with what was asked of them where something was.

    `conversion`: they are the contacts of the leads that were looked for.
    """

    ids: tuple[str, ...]
    rows: tuple[Row | None, ...] = (None,)
    conversion: Conversion | None = None


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
    conversion: Conversion | None = None

    def target(self, feedback: Mapping[str, Any]) -> Target:
        return self._asked(feedback) if self.columns or not (self.direct or self.external) else self._known(feedback)

    def _known(self, feedback: Mapping[str, Any]) -> Target:
        """By a key, with nothing to ask."""
        item = self.criteria.items[0]
        try:
            value = item.value(feedback)
        except Unfit as error:
            return Target(lacking=f"{item.field.name}: the value {error}", unfit=True)
        if value is None:
            return Target(lacking=f"{item.field.name}: the feedback has none")
        if self.external is None:
            return Target(value)
        return Target(None, (self.external, value if type(value) is str else as_text(value)))

    def _asked(self, feedback: Mapping[str, Any]) -> Target:
        search = self.criteria.search(feedback, self.zone)
        if search.lacking is not None:
            return Target(values=search.values, lacking=search.lacking, unfit=search.unfit)
        target = Target(values=search.values)
        if self.external is not None:
            target.external_id = (self.external, as_text(search.values[self.external]))
        elif self.direct:
            target.record_id = search.values["Id"]
        target.query = self.criteria.query(search.where, (*self.columns, *created_if(self.on_many)))
        return target

    def decide(self, target: Target, rows: Sequence[Row]) -> Matched | Skipped | Rejected | None:
        """The records to write to; None where a new one is to be made (or an External Id decides)."""
        if self.conversion is not None:
            rows = self.conversion.open_leads(rows)
            if rows and is_converted(rows[0]):
                return self._contacts(self.conversion, rows)
        chosen = choose(rows, self.on_many)
        name = self.criteria.object
        if chosen is None:
            return Rejected((FieldProblem(name, self._too_many(len(rows))),))
        if chosen:
            return Matched(tuple(str(row["Id"]) for row in chosen), tuple(chosen))
        if target.external_id is not None or self.on_none == "insert":
            return None
        if self.on_none == "fail":
            return Rejected((FieldProblem(name, f"was not found by {self._by()}"),))
        return Skipped(f"no {name} was found by {self._by()}")

    def _contacts(self, conversion: Conversion, leads: Sequence[Row]) -> Matched | Skipped | Rejected:
        chosen = choose(leads, self.on_many)
        contacts = conversion.contacts(leads if chosen is None else chosen)
        if isinstance(contacts, (Skipped, Rejected)):
            return contacts
        if chosen is None and len(contacts) > 1:
            return Rejected((FieldProblem(self.criteria.object, self._too_many(len(leads))),))
        return Matched(tuple(contacts), tuple(contacts.values()), conversion)

    def _too_many(self, found: int) -> str:
        if self.on_many == "all":
            return f"{found} records match, and one feedback writes at most {MOST_RECORDS}"
        return f"cannot be told apart: {found} records match"

    def _by(self) -> str:
        names = [item.field.name for item in self.criteria.items]
        return (" and " if self.criteria.mode == "all" else " or ").join(names)
