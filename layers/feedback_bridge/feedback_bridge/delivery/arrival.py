"""A feedback on its way to the mappings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Arrival:
    """`key` names the message it came in, `attempt` counts the tries of that message, `receives` those of the queue,
    which has it received once more when a worker dies.

    `content` counts the tool's versions of the feedback. `replay` is the id of the replay that asked for it again, and
    `mapping` the only mapping it asked for; `recomputed` says that nobody did, and only its history has changed.
    `second_look`: nothing is to be written for it, but a newer answer that an unanswered try of it may have come upon.
    """

    key: str
    feedback: Mapping[str, Any]
    content: int = 1
    attempt: int = 1
    receives: int = 1
    replay: str | None = None
    mapping: str | None = None
    recomputed: bool = False
    second_look: bool = False

    @property
    def asked_for(self) -> bool:
        """Whether somebody wants it to reach mappings that were published after it was received."""
        return self.replay is not None and not self.recomputed

    @property
    def tried(self) -> bool:
        """Whether a worker before us may have sent it to Salesforce."""
        return self.attempt > 1 or self.receives > 1

    @property
    def looks_back(self) -> bool:
        """Whether an unanswered try of it may have come upon something newer: somebody says so, or a worker died."""
        return self.second_look or self.receives > 1

    @property
    def feedback_id(self) -> str:
        return str(self.feedback["id"])

    @property
    def source(self) -> str:
        return str(self.feedback["source"])

    @property
    def type(self) -> str:
        return str(self.feedback["type"])

    @property
    def received_at(self) -> datetime:
        return datetime.fromisoformat(self.feedback["received_at"])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the admin should see on every delivery of it."""
        problem = (self.feedback.get("nps") or {}).get("problem")
        return (f"NPS: {problem}",) if problem else ()
