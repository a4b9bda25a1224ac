"""The newest answer of each record, in the table of what an org's workers share; one partition a record.

A stamp moves forward only, but where the same answer is given another time: it is put by a conditional update.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from feedback_bridge.aws.batch_items import read_items
from feedback_bridge.aws.items import from_item
from feedback_bridge.aws.transactions import write_each
from feedback_bridge.delivery.order import Stamp

_NAME = "newest"


@dataclass(frozen=True)
class NewestAnswers:
    """Kept as long as a replay can reach back."""

    table: str
    retention_days: int

    def read(self, records: Sequence[str]) -> dict[str, Stamp]:
        items = [from_item(item) for item in read_items(self.table, [_key(record) for record in records])]
        return {item["org"]: Stamp(item["occurred_at"], item["feedback_id"]) for item in items}

    def put(self, stamps: Mapping[str, Stamp]) -> set[str]:
        """Put each where no newer one of another answer stands. The records where one does. Raises TransientError."""
        expires_at = int((datetime.now(UTC) + timedelta(days=self.retention_days)).timestamp())
        updates = [{"Update": self._update(record, stamp, expires_at)} for record, stamp in stamps.items()]
        records = list(stamps)
        return {records[position] for position in write_each("note the newest answers", updates)}

    def _update(self, record: str, stamp: Stamp, expires_at: int) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "Key": _key(record),
            "UpdateExpression": "SET occurred_at = :at, feedback_id = :id, expires_at = :expires",
            "ConditionExpression": "attribute_not_exists(occurred_at) OR occurred_at <= :at OR feedback_id = :id",
            "ExpressionAttributeValues": {
                ":at": {"S": stamp.occurred_at},
                ":id": {"S": stamp.feedback_id},
                ":expires": {"N": str(expires_at)},
            },
        }


def _key(record: str) -> dict[str, Any]:
    return {"org": {"S": record}, "name": {"S": _NAME}}
