"""The newest answer of each record, in the table of what an org's workers share; one partition a record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from feedback_bridge.aws.batch_items import read_items, write_items
from feedback_bridge.aws.items import from_item, to_item
from feedback_bridge.delivery.order import Stamp

_NAME = "newest"


@dataclass(frozen=True)
class NewestAnswers:
    """Kept as long as a replay can reach back."""

    table: str
    retention_days: int

    def read(self, records: Sequence[str]) -> dict[str, Stamp]:
        keys = [{"org": {"S": record}, "name": {"S": _NAME}} for record in records]
        items = [from_item(item) for item in read_items(self.table, keys)]
        return {item["org"]: Stamp(item["occurred_at"], item["feedback_id"]) for item in items}

    def put(self, stamps: Mapping[str, Stamp]) -> None:
        expires_at = int((datetime.now(UTC) + timedelta(days=self.retention_days)).timestamp())
        write_items(
            self.table,
            [
                to_item(
                    {
                        "org": record,
                        "name": _NAME,
                        "occurred_at": stamp.occurred_at,
                        "feedback_id": stamp.feedback_id,
                        "expires_at": expires_at,
                    }
                )
                for record, stamp in stamps.items()
            ],
        )
