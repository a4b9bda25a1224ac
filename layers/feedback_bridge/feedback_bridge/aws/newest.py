"""The newest answer of each record, in the table of what an org's workers share; one partition a record.

A stamp moves forward only, but where the same answer is given another time: it is put by a conditional update, a
hundred to a transaction.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from feedback_bridge.aws.batch_items import read_items
from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated
from feedback_bridge.aws.items import from_item
from feedback_bridge.delivery.order import Stamp
from feedback_bridge.errors import TransientError

_NAME = "newest"
_AT_ONCE = 100
"""Items of one transaction (DynamoDB: TransactWriteItems)."""

_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, None)
"""Seconds before a transaction that met another one is tried again."""


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
        overtaken: set[str] = set()
        records = list(stamps)
        for start in range(0, len(records), _AT_ONCE):
            overtaken |= self._put({record: stamps[record] for record in records[start : start + _AT_ONCE]})
        return overtaken

    def _put(self, stamps: dict[str, Stamp]) -> set[str]:
        overtaken: set[str] = set()
        for pause in _PAUSES:
            waiting = [record for record in stamps if record not in overtaken]
            reasons = self._transact({record: stamps[record] for record in waiting}) if waiting else []
            overtaken |= {record for record, reason in zip(waiting, reasons, strict=False) if _newer(reason)}
            if not reasons:
                return overtaken
            if pause is not None and not any(map(_newer, reasons)):
                time.sleep(pause)
        raise TransientError("Too many workers write to the same records at once.")

    def _transact(self, stamps: Mapping[str, Stamp]) -> Sequence[Mapping[str, Any]]:
        """Nothing when all were put; else why each was not."""
        expires_at = int((datetime.now(UTC) + timedelta(days=self.retention_days)).timestamp())
        updates = [{"Update": self._update(record, stamp, expires_at)} for record, stamp in stamps.items()]
        try:
            with translated("note the newest answers"):
                client("dynamodb").transact_write_items(TransactItems=updates)
        except TransientError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and (reasons := cause.response.get("CancellationReasons")):
                return reasons
            raise
        return ()

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


def _newer(reason: Mapping[str, Any]) -> bool:
    return reason.get("Code") == "ConditionalCheckFailed"
