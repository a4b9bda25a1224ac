"""One mapping applied to one feedback, from plan to delivery."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from feedback_bridge.delivery.arrival import Arrival
from feedback_bridge.delivery.delivery import Delivery, RecordWritten, Status, delivery_id
from feedback_bridge.delivery.listening import Listening
from feedback_bridge.delivery.outcome import Meaning, Refusal
from feedback_bridge.delivery.patience import wait_for
from feedback_bridge.delivery.sought import Sought

MOST_WARNINGS = 20


@dataclass
class Job:
    """`status` is None while it is under way; `wait` are the seconds until it is to be tried again, when it is.

    `unsure`: an insert that cannot be recognised was sent and no answer came; `sought` are all such that were sent.
    `under_way`: Salesforce may still be at some write. `look`: nothing is to be written. `elsewhere`: the word on its
    delivery is not ours, but another worker's perhaps. `broken` says why the mapping does not fit its org.
    """

    arrival: Arrival
    mapping: Listening
    before: Delivery | None
    now: datetime
    status: Status | None = None
    reason: str | None = None
    wait: float | None = None
    unsure: bool = False
    sought: dict[str, Sought] = field(default_factory=dict)
    under_way: bool = False
    look: bool = False
    elsewhere: bool = False
    broken: str | None = None
    warnings: list[str] = field(default_factory=list)
    records: list[RecordWritten] = field(default_factory=list)

    @property
    def id(self) -> str:
        return delivery_id(self.arrival.feedback_id, self.mapping.id)

    @property
    def since(self) -> datetime:
        """When this content of the feedback was first tried."""
        before = self.before
        same = before and before.status == "pending" and before.content == self.arrival.content
        return (before.waiting_since or before.created_at) if before and same else self.now

    @property
    def was_paused(self) -> bool:
        return self.before is not None and self.before.paused

    @property
    def written(self) -> Sequence[RecordWritten]:
        """What earlier tries wrote: a repetition goes to the same records."""
        return self.before.records if self.before else ()

    def end(self, status: Status, reason: str | None = None) -> None:
        """The first word stands, but what can still succeed is waited for first."""
        if self.status is None or (status == "pending" and self.status != "pending"):
            self.status, self.reason = status, reason

    def unforeseen(self, error: Exception) -> None:
        """A fault of ours; its text may hold what the customer said, so only its kind is told."""
        self.end("failed", f"The mapping could not be applied: an unforeseen error ({type(error).__name__}).")

    def refused(self, refusal: Refusal) -> None:
        if refusal.meaning is Meaning.DONE:
            self.end("delivered", refusal.reason)
            return
        reason = refusal.reason
        if refusal.meaning is Meaning.MAPPING:
            self.broken = reason
            reason = f"The mapping is paused until it fits again. {reason}"
        waiting = wait_for(refusal, self.since, self.now)
        if waiting:
            self.wait = waiting.first
            self.end("pending", reason)
        else:
            self.end("failed", reason)

    @property
    def all_sought(self) -> tuple[Sought, ...]:
        """What may be there of this try and of those before."""
        before = {one.effect: one for one in self.before.sought} if self.before else {}
        return tuple({**before, **self.sought}.values())

    @property
    def _doubt(self) -> tuple[datetime | None, bool, tuple[Sought, ...]]:
        """`sent_at`, `under_way` and `sought`. An earlier doubt stays until the delivery has arrived: a try that got
        nowhere does not answer it.
        """
        if self.unsure:
            return self.now, self.under_way, self.all_sought
        if self.before and self.status in ("pending", "failed", "skipped"):
            return self.before.sent_at, self.before.under_way, self.before.sought
        return None, False, ()

    def delivery(self) -> Delivery:
        """What is to be remembered of it."""
        first = next((record for record in self.records if record.main), None)
        before = self.before
        same = before is not None and before.content == self.arrival.content and before.replay == self.arrival.replay
        sent_at, under_way, sought = self._doubt
        return Delivery(
            feedback_id=self.arrival.feedback_id,
            mapping=self.mapping.id,
            source=self.arrival.source,
            status=self.status or "delivered",
            created_at=before.created_at if before else self.now,
            updated_at=self.now,
            reason=self.reason,
            attempts=before.attempts + 1 if before and same else 1,
            content=self.arrival.content,
            mapping_version=self.mapping.version,
            org=self.mapping.org,
            object=first.object if first else None,
            record_id=first.record_id if first else None,
            records=_merged(self.written, self.records),
            warnings=tuple(dict.fromkeys([*self.arrival.warnings, *self.warnings]))[:MOST_WARNINGS],
            replay=self.arrival.replay,
            waiting_since=self.since if self.status in (None, "pending") else None,
            sent_at=sent_at,
            under_way=under_way,
            sought=sought,
            paused=self.status == "pending" and (self.broken is not None or self.was_paused),
        )


def _merged(earlier: Sequence[RecordWritten], later: Sequence[RecordWritten]) -> tuple[RecordWritten, ...]:
    """Every record that this delivery ever wrote, the later word on each."""
    return tuple({(record.effect, record.record_id): record for record in [*earlier, *later]}.values())
