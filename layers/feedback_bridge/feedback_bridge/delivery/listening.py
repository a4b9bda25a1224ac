"""A published mapping, ready to be applied, or the reason why it cannot be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from feedback_bridge.delivery.outcome import Refusal
from feedback_bridge.mapping.outcome import Rejected, Skipped
from feedback_bridge.mapping.plan import Plan
from feedback_bridge.mapping.schema import ObjectSchema


class Planner(Protocol):
    """A compiled mapping: see `mapping/compiled.py`."""

    def plan(self, feedback: Mapping[str, Any], now: datetime) -> Plan | Skipped | Rejected: ...


@dataclass(frozen=True, slots=True)
class Listening:
    """`planner` is None where `unfit` says why the mapping cannot be used with its org."""

    id: str
    version: int
    org: str
    enabled: bool
    first_published_at: datetime
    planner: Planner | None = None
    unfit: Refusal | None = None
    schemas: Mapping[str, ObjectSchema] = field(default_factory=dict)

    def schema(self, sobject: str) -> ObjectSchema | None:
        return self.schemas.get(sobject)


class Mappings(Protocol):
    def listening(self, source: str, feedback_type: str) -> Sequence[Listening]:
        """The published mappings for feedback of this source and type. Raises TransientError, PermanentError."""

    def named(self, mapping: str) -> Listening | None:
        """A published mapping, whatever it listens to."""
