"""Deliveries in DynamoDB, one item each; `delivery_list.py` lists them."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.aws.items import from_item, to_item
from feedback_bridge.delivery.delivery import NO_MAPPING, Delivery, RecordWritten, Status
from feedback_bridge.errors import TransientError

OPEN: tuple[Status, ...] = ("pending", "failed")
"""What needs attention, and so stands in an index of its own."""

_READ_AT_ONCE, _WRITE_AT_ONCE = 100, 25


@dataclass(frozen=True)
class Deliveries:
    table: str
    retention_days: int = 400

    def find_all(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Delivery]:
        """Those that exist, by (feedback id, mapping)."""
        found: dict[tuple[str, str], Delivery] = {}
        unique = list(dict.fromkeys(keys))
        for start in range(0, len(unique), _READ_AT_ONCE):
            asked = [
                {"feedback_id": {"S": one}, "mapping": {"S": two}} for one, two in unique[start : start + _READ_AT_ONCE]
            ]
            for item in self._read(asked):
                delivery = delivery_from(from_item(item))
                found[delivery.feedback_id, delivery.mapping] = delivery
        return found

    def put_all(self, deliveries: Sequence[Delivery]) -> None:
        """Each replaces what stood under its key. Raises TransientError when the table does not take them all."""
        latest = {(delivery.feedback_id, delivery.mapping): delivery for delivery in deliveries}
        requests = [{"PutRequest": {"Item": to_item(self._item(delivery))}} for delivery in latest.values()]
        for start in range(0, len(requests), _WRITE_AT_ONCE):
            self._write(requests[start : start + _WRITE_AT_ONCE])

    def end_waiting(self, feedback_ids: Iterable[str]) -> None:
        """Take away the word that a feedback is waiting to reach its mappings, now that it has."""
        for feedback_id in feedback_ids:
            with suppress(ConditionFailed), translated("write the deliveries"):
                client("dynamodb").delete_item(
                    TableName=self.table,
                    Key={"feedback_id": {"S": feedback_id}, "mapping": {"S": NO_MAPPING}},
                    ConditionExpression="#status = :pending",
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues={":pending": {"S": "pending"}},
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

    def _read(self, keys: Sequence[Any]) -> Iterator[Any]:
        waiting: Any = {self.table: {"Keys": list(keys), "ConsistentRead": True}}
        for pause in (0.05, 0.2, 0.8, None):
            with translated("read the deliveries"):
                reply = client("dynamodb").batch_get_item(RequestItems=waiting)
            yield from reply["Responses"].get(self.table, [])
            waiting = reply.get("UnprocessedKeys")
            if not waiting:
                return
            if pause is not None:
                time.sleep(pause)
        raise TransientError("The deliveries table is busy.")

    def _write(self, requests: Sequence[Any]) -> None:
        waiting: Any = {self.table: list(requests)}
        for pause in (0.05, 0.2, 0.8, None):
            with translated("write the deliveries"):
                waiting = client("dynamodb").batch_write_item(RequestItems=waiting).get("UnprocessedItems")
            if not waiting:
                return
            if pause is not None:
                time.sleep(pause)
        raise TransientError("The deliveries table is busy.")

    def _item(self, delivery: Delivery) -> dict[str, Any]:
        return {
            "feedback_id": delivery.feedback_id,
            "mapping": delivery.mapping,
            "source": delivery.source,
            "status": delivery.status,
            "open_status": delivery.status if delivery.status in OPEN else None,
            "month": month_of(delivery.created_at.astimezone(UTC).date()),
            "created_at": delivery.created_at.isoformat(),
            "updated_at": delivery.updated_at.isoformat(),
            "expires_at": int((delivery.created_at + timedelta(days=self.retention_days)).timestamp()),
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
    )


def month_of(day: date) -> str:
    return day.isoformat()[:7]
