"""One record to be written, final: every value has the type that Salesforce expects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Operation = Literal["insert", "update", "upsert", "delete", "chatter_post"]
Duplicates = Literal["block", "allow", "use_match"]


@dataclass(frozen=True, slots=True)
class Write:
    """`record_id` for update and delete; `external_id` (field, value) for upsert; neither for insert.

    `fields` is ready for JSON: numbers as numbers, dates and datetimes as Salesforce writes them, None to clear.
    A `chatter_post` is the insert of a FeedItem. `duplicates` says what becomes of a write that a duplicate rule
    refuses, `assign` whether the org's assignment rules run. `parents` are the ids of the records that this one
    points to: Salesforce locks them while it writes, so writes that share one should not run side by side.
    `occurred_at` is the feedback's, for keeping an older answer from overwriting a newer one.
    """

    object: str
    operation: Operation
    fields: Mapping[str, Any] = field(default_factory=dict)
    record_id: str | None = None
    external_id: tuple[str, str] | None = None
    duplicates: Duplicates = "block"
    assign: bool = True
    parents: tuple[str, ...] = ()
    occurred_at: str | None = None

    @property
    def plain(self) -> bool:
        """An insert of which nothing in Salesforce tells that it is ours."""
        return self.operation in ("insert", "chatter_post")
