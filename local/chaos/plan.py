"""How large a run is, and how bad its weather."""

from __future__ import annotations

import os
from dataclasses import dataclass

EVENTS_VARIABLE = "BRIDGE_CHAOS_EVENTS"
DEFAULT_EVENTS = 10_000
SHORT = 1_000
"""Below so many events the faults come thicker, so that each kind of them strikes."""

MAPPING_TIMEOUT, MAPPING_VISIBILITY, LONGEST_WAIT = 20, 25, 8
"""Seconds: the chaos stack is quick to come back, as template.yaml's parameters allow."""

SALESFORCE_SECONDS = MAPPING_TIMEOUT + 10
"""Longer than the simulator is at anything, even with a hang that outlasts a worker."""

PARAMETERS = (
    f"MappingTimeout={MAPPING_TIMEOUT}",
    f"MappingVisibility={MAPPING_VISIBILITY}",
    f"LongestWait={LONGEST_WAIT}",
    f"SalesforceSeconds={SALESFORCE_SECONDS}",
)


@dataclass(frozen=True)
class Plan:
    """`seed` makes events, copies and the order of sending the same each time; the faults meet them as they may."""

    events: int
    seed: int = 3
    senders: int = 4

    @property
    def short(self) -> bool:
        return self.events < SHORT

    @property
    def kills(self) -> int:
        """Workers killed in the middle of a batch."""
        return 1 if self.short else max(4, self.events // 1000)

    @property
    def hangs(self) -> int:
        """Calls that outlast the function's time-out; in a short run there is no time for one."""
        return 0 if self.short else max(2, self.events // 1000)

    @property
    def patience(self) -> float:
        """Seconds to wait for quiet once the faults have stopped."""
        return 180 if self.short else 900

    @classmethod
    def from_environment(cls) -> Plan:
        return cls(int(os.environ.get(EVENTS_VARIABLE) or DEFAULT_EVENTS))
