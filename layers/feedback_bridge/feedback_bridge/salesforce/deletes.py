"""How many records may be deleted in an hour: a mapping gone wrong shall not empty an org."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from feedback_bridge.delivery.outcome import Meaning, Refusal
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.shared import Shared


@dataclass(frozen=True)
class DeleteCap:
    """`most` deletes in each hour of the clock, counted by all workers of the org together."""

    org: str
    most: int
    shared: Shared
    clock: Callable[[], datetime]

    def beyond(self, writes: Sequence[Write]) -> set[int]:
        """The positions of the deletes that must wait; the others are counted. Raises TransientError."""
        deletes = [position for position, write in enumerate(writes) if write.operation == "delete"]
        granted = self.shared.take_deletes(len(deletes), self.most, self.clock()) if deletes else 0
        return set(deletes[granted:])

    def refusal(self) -> Refusal:
        told = f"Org {self.org} allows {self.most} deletes an hour (deletes_per_hour), and they are used up."
        return Refusal("DELETES_USED_UP", Meaning.PARK, (), f"{told} It goes on by itself in the next hour.")
