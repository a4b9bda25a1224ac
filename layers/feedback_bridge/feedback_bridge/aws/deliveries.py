"""Deliveries in DynamoDB, one item each; `delivery_list.py` lists them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from feedback_bridge.aws.batch_items import read_items, write_items
from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.aws.items import from_item, to_item
from feedback_bridge.aws.transactions import write_each
from feedback_bridge.delivery.delivery import NO_MAPPING, Delivery, RecordWritten, Status
from feedback_bridge.delivery.sought import Sought

Found = Mapping[tuple[str, str], Delivery]
"""Deliveries by (feedback id, mapping)."""

OPEN: tuple[Status, ...] = ("pending", "failed")
"""What needs attention, and so stands in an index of its own."""

CLAIM_HOLDS = timedelta(minutes=15)
"""Unless it is known better how long a worker can live, and Salesforce be at its last request."""


@dataclass(frozen=True)
class Deliveries:
    """`claim_holds`: after so long neither a worker that claimed and said no more nor Salesforce can still be at it."""

    table: str
    retention_days: int = 400
    claim_holds: timedelta = CLAIM_HOLDS

    def find_all(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Delivery]:
        """Those that exist, by (feedback id, mapping)."""
        unique = [{"feedback_id": {"S": one}, "mapping": {"S": two}} for one, two in dict.fromkeys(keys)]
        found = (delivery_from(from_item(item)) for item in read_items(self.table, unique))
        return {(delivery.feedback_id, delivery.mapping): delivery for delivery in found}

    def put_all(self, deliveries: Sequence[Delivery]) -> None:
        """Each replaces what stood under its key. Raises TransientError when the table does not take them all."""
        latest = {(delivery.feedback_id, delivery.mapping): delivery for delivery in deliveries}
        write_items(self.table, [to_item(self._item(delivery)) for delivery in latest.values()])

    def put_unchanged(self, deliveries: Sequence[Delivery], read: Found) -> set[tuple[str, str]]:
        """Each replaces what was `read` under its key, or our own claim. The keys where something else stands by now:
        another worker has had to do with it, and has the word. Raises TransientError.
        """
        latest = {(delivery.feedback_id, delivery.mapping): delivery for delivery in deliveries}
        keys = list(latest)
        puts = [{"Put": self._unchanged(delivery, read.get(key))} for key, delivery in latest.items()]
        return {keys[position] for position in write_each("write the deliveries", puts)}

    def _unchanged(self, delivery: Delivery, before: Delivery | None) -> dict[str, Any]:
        """Or as we put it ourselves: a claim, or what this call did when its answer was lost."""
        values = {":now": {"S": _text(delivery.updated_at)}}
        condition = "attribute_not_exists(feedback_id)"
        if before is not None:
            condition, values[":before"] = "updated_at = :before", {"S": _text(before.updated_at)}
        return {
            "TableName": self.table,
            "Item": to_item(self._item(delivery)),
            "ConditionExpression": f"{condition} OR updated_at = :now",
            "ExpressionAttributeValues": values,
        }

    def claim(self, delivery: Delivery, before: Delivery | None) -> bool:
        """Store a delivery whose insert is about to be sent, unless one may still be under way or another worker has
        been at it since: what stands there must still be `before`, or our own claim.
        """
        moment = delivery.updated_at.isoformat()
        unchanged, values = "attribute_not_exists(feedback_id)", {}
        if before is not None:
            unchanged = "(updated_at = :before AND (attribute_not_exists(under_way) OR sent_at < :stale))"
            stale = (delivery.updated_at - self.claim_holds).isoformat()
            values = {":before": {"S": before.updated_at.isoformat()}, ":stale": {"S": stale}}
        try:
            with translated("claim a delivery"):
                client("dynamodb").put_item(
                    TableName=self.table,
                    Item=to_item(self._item(delivery)),
                    ConditionExpression=f"{unchanged} OR (updated_at = :now AND sent_at = :now)",
                    ExpressionAttributeValues={**values, ":now": {"S": moment}},
                )
        except ConditionFailed:
            return False
        return True

    def end_waiting(self, feedback_ids: Iterable[str]) -> None:
        """Take away the word that a feedback has not reached its mappings, now that it has."""
        for feedback_id in feedback_ids:
            with suppress(ConditionFailed), translated("write the deliveries"):
                client("dynamodb").delete_item(
                    TableName=self.table,
                    Key={"feedback_id": {"S": feedback_id}, "mapping": {"S": NO_MAPPING}},
                    ConditionExpression="#status IN (:pending, :failed)",
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues={":pending": {"S": "pending"}, ":failed": {"S": "failed"}},
                )

    def of_feedback(self, feedback_id: str) -> list[Delivery]:
        with translated("read the deliveries"):
            pages = (
                client("dynamodb")
                .get_paginator("query")
                .paginate(
                    TableName=self.table,
                    KeyConditionExpression="feedback_id = :id",
                    ExpressionAttributeValues={":id": {"S": feedback_id}},
                    ConsistentRead=True,
                )
            )
            return [delivery_from(from_item(item)) for page in pages for item in page["Items"]]

    def _item(self, delivery: Delivery) -> dict[str, Any]:
        return {
            "feedback_id": delivery.feedback_id,
            "mapping": delivery.mapping,
            "source": delivery.source,
            "status": delivery.status,
            "open_status": delivery.status if delivery.status in OPEN else None,
            **_since(delivery.created_at, self.retention_days),
            "updated_at": _text(delivery.updated_at),
            "reason": delivery.reason,
            "attempts": delivery.attempts,
            "content": delivery.content,
            "mapping_version": delivery.mapping_version,
            "org": delivery.org,
            "object": delivery.object,
            "record_id": delivery.record_id,
            "records": json.dumps([[r.effect, r.object, r.operation, r.record_id] for r in delivery.records])
            if delivery.records
            else None,
            "warnings": list(delivery.warnings) or None,
            "replay": delivery.replay,
            "paused": delivery.paused or None,
            "waiting_since": _text(delivery.waiting_since) if delivery.waiting_since else None,
            "sent_at": delivery.sent_at.isoformat() if delivery.sent_at else None,
            "under_way": delivery.under_way or None,
            "sought": json.dumps([[one.effect, one.object, one.fields] for one in delivery.sought], ensure_ascii=False)
            if delivery.sought
            else None,
        }


@lru_cache
def _text(moment: datetime) -> str:
    """Remembered, as a batch has one moment for thousands of deliveries."""
    return moment.isoformat()


@lru_cache
def _since(created_at: datetime, retention_days: int) -> Mapping[str, Any]:
    return {
        "month": month_of(created_at.astimezone(UTC).date()),
        "created_at": _text(created_at),
        "expires_at": int((created_at + timedelta(days=retention_days)).timestamp()),
    }


def delivery_from(item: dict[str, Any]) -> Delivery:
    return Delivery(
        feedback_id=item["feedback_id"],
        mapping=item["mapping"],
        source=item["source"],
        status=item["status"],
        created_at=datetime.fromisoformat(item["created_at"]),
        updated_at=datetime.fromisoformat(item["updated_at"]),
        reason=item.get("reason"),
        attempts=item["attempts"],
        content=item["content"],
        mapping_version=item.get("mapping_version"),
        org=item.get("org"),
        object=item.get("object"),
        record_id=item.get("record_id"),
        records=tuple(RecordWritten(*row) for row in json.loads(item.get("records", "[]"))),
        warnings=tuple(item.get("warnings", ())),
        replay=item.get("replay"),
        paused=item.get("paused", False),
        waiting_since=datetime.fromisoformat(item["waiting_since"]) if "waiting_since" in item else None,
        sent_at=datetime.fromisoformat(item["sent_at"]) if "sent_at" in item else None,
        under_way=item.get("under_way", False),
        sought=tuple(Sought(*row) for row in json.loads(item.get("sought", "[]"))),
    )


def month_of(day: date) -> str:
    return day.isoformat()[:7]
