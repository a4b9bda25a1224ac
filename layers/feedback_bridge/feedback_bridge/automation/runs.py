"""One automation's run for one feedback, and what keeps it from running."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from feedback_bridge.automation.document import AutomationDocument
from feedback_bridge.automation.names import escalation_name, run_name
from feedback_bridge.delivery.arrival import Arrival
from feedback_bridge.delivery.delivery import Delivery, Status


@dataclass(frozen=True, slots=True)
class Run:
    """`key` names the message that asks for it, `again` when it has been put off or is an escalation.

    `record` is (object, id) of what the automation wrote, when it escalates. `person` is the key of the history of
    whoever gave the score.
    """

    key: str
    automation: AutomationDocument
    feedback: Mapping[str, Any]
    signal: str
    reason: str
    person: str
    content: int = 1
    attempt: int = 1
    receives: int = 1
    replay: str | None = None
    again: bool = False
    record: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        return escalation_name(self.automation.id) if self.record else run_name(self.automation.id)

    @property
    def feedback_id(self) -> str:
        return str(self.feedback["id"])

    @property
    def whom(self) -> str:
        """For whom it runs once in its cooling period."""
        account = self.feedback.get("account")
        return str(account["key"]) if self.automation.cooling.per == "account" and account else self.person

    def arrival(self) -> Arrival:
        return Arrival(
            key=self.key,
            feedback=self._document(),
            content=self.content,
            attempt=self.attempt,
            receives=self.receives,
            replay=self.replay,
            mapping=self.name,
        )

    def of_owner(self, owner_id: object) -> Self:
        signal = {**(self.feedback.get("signal") or {}), "owner_id": owner_id}
        return replace(self, feedback={**self.feedback, "signal": signal})

    def _document(self) -> dict[str, Any]:
        signal = {**(self.feedback.get("signal") or {}), "name": self.signal, "reason": self.reason}
        if self.automation.pool:
            signal["owner"] = turn(self.automation.pool, self.feedback_id)
        if self.record is not None:
            signal["record_id"] = self.record[1]
        return {**self.feedback, "signal": signal}

    def too_old(self, now: datetime) -> bool:
        """Whether it is about what happened too long ago; that something has not happened is news of today."""
        given = datetime.fromisoformat(str(self.feedback["occurred_at"]))
        return (
            not self.again
            and self.replay is None
            and self.signal != "no_answer"
            and now - given > timedelta(days=self.automation.oldest_days)
        )

    def ended(self, status: Status, reason: str, before: Delivery | None, now: datetime) -> Delivery:
        """A delivery of a run that has not got as far as its writes."""
        return Delivery(
            feedback_id=self.feedback_id,
            mapping=self.name,
            source=str(self.feedback["source"]),
            status=status,
            created_at=before.created_at if before else now,
            updated_at=now,
            reason=reason,
            attempts=self.attempt,
            content=self.content,
            org=self.automation.org,
            records=before.records if before else (),
            replay=self.replay,
            sent_at=before.sent_at if before else None,
            under_way=before is not None and before.under_way,
            sought=before.sought if before else (),
        )

    def due(self, *, record: tuple[str, str] | None = None) -> dict[str, Any]:
        """The detail of the message that asks for it again later, or for its escalation."""
        detail = {
            "feedback_id": self.feedback_id,
            "source": self.feedback["source"],
            "automation": self.automation.id,
            "signal": self.signal,
            "reason": self.reason,
            "person": self.person,
            "content": self.content,
            "replay": self.replay,
        }
        if self.feedback["type"] == "account_score":
            detail["feedback"] = dict(self.feedback)  # made by us at night: no archive has it
        watched = record or self.record
        return {**detail, "record": list(watched)} if watched else detail


def turn(pool: Sequence[str], feedback_id: str) -> str:
    """Whose turn it is: the same for the same feedback, and over many of them each as often as the others."""
    return pool[int.from_bytes(hashlib.sha256(feedback_id.encode()).digest()[:8], "big") % len(pool)]
