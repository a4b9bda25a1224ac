"""What last night found out about an account, for the answers of the day and for the night to come."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from pydantic import Field

from feedback_bridge.feedback.model import Frozen, Health

NAME = "known"
"""Of the item, under the account's key."""


class Known(Frozen):
    """`health` and `segments` (name: value of a field) by their document, `renewal` is the next one; `raised` are the
    signals that hold, which are told once. Of a tool's account that Salesforce knows, `same_as` is the key under which
    it counts, and `segments` are those of that one."""

    same_as: str | None = None
    renewal: date | None = None
    health: dict[str, Health] = Field(default_factory=dict)
    segments: dict[str, dict[str, Any]] = Field(default_factory=dict)
    raised: dict[str, list[str]] = Field(default_factory=dict)

    def segment_values(self) -> dict[str, Any]:
        """By name, of all documents."""
        return {name: value for values in self.segments.values() for name, value in values.items()}

    def figure(self) -> Health | None:
        """Of several documents that of the first by name."""
        return self.health[min(self.health)] if self.health else None


def next_renewal(days: Iterable[str | None], today: date) -> date | None:
    """The earliest that has not passed, of dates as Salesforce writes them."""
    found = [date.fromisoformat(day[:10]) for day in days if day]
    return min((day for day in found if day >= today), default=None)
