"""What became of one mapping applied to one feedback."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Self

from feedback_bridge.delivery.sought import Sought
from feedback_bridge.mapping.plan import MAIN

Status = Literal["delivered", "skipped", "pending", "failed"]
STATUSES: tuple[Status, ...] = ("delivered", "skipped", "pending", "failed")

NO_MAPPING = "-"
"""Stands where a feedback has a delivery and no mapping: none listens to it, or it never got as far as one."""


@dataclass(frozen=True, slots=True)
class RecordWritten:
    """One record of Salesforce that this delivery wrote.

    `effect` is the write's place in its mapping (`write`, `then[0]`, …), in `then` with the parent record's id, of a
    Chatter post with the id of what it is posted on.
    """

    effect: str
    object: str
    operation: str
    record_id: str

    @property
    def main(self) -> bool:
        return self.effect.partition("~")[0] == MAIN


@dataclass(slots=True)
class Delivery:
    """A value, though not frozen: a batch makes thousands, and freezing these would take six times as long.

    `reason` is a sentence for the admin; `attempts` counts from 1; `content` is the version of the feedback used.

    `paused`: it waits for its mapping to fit the org again.
    `waiting_since`: when this content was first tried; only while it is pending.
    `sent_at`: an insert that cannot be recognised by an External Id was sent then, and nothing is known of its outcome;
    `under_way`: nor whether somebody is still at it; `sought` is by what each such insert is looked for.
    """

    feedback_id: str
    mapping: str
    source: str
    status: Status
    created_at: datetime
    updated_at: datetime
    reason: str | None = None
    attempts: int = 1
    content: int = 1
    mapping_version: int | None = None
    org: str | None = None
    object: str | None = None
    record_id: str | None = None
    records: tuple[RecordWritten, ...] = ()
    warnings: tuple[str, ...] = ()
    replay: str | None = None
    waiting_since: datetime | None = None
    sent_at: datetime | None = None
    under_way: bool = False
    sought: tuple[Sought, ...] = ()
    paused: bool = False

    @property
    def id(self) -> str:
        return delivery_id(self.feedback_id, self.mapping)

    @property
    def final(self) -> bool:
        """Nothing is under way any more."""
        return self.status != "pending"

    def answers(self, content: int, replay: str | None) -> bool:
        """Whether this delivery has settled that content of the feedback, for that replay if one asks."""
        return self.final and self.content >= content and (replay is None or self.replay == replay)

    def now(self, status: Status, at: datetime, reason: str | None = None) -> Self:
        return replace(self, status=status, updated_at=at, reason=reason)


def delivery_id(feedback_id: str, mapping: str) -> str:
    """`{feedback_id}~{mapping}`: neither part can contain a tilde."""
    return f"{feedback_id}~{mapping}"


def split_delivery_id(text: str) -> tuple[str, str] | None:
    """Feedback id and mapping, or None for what is no delivery id."""
    feedback, tilde, mapping = text.rpartition("~")
    return (feedback, mapping) if tilde and feedback and mapping else None
