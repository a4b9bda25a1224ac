"""Deliveries in DynamoDB, listed newest first by month, or by status where they need attention."""

import base64
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

_OPEN: tuple[Status, ...] = ("pending", "failed")
_READ_AT_ONCE, _WRITE_AT_ONCE = 100, 25


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries to list; None stands for any."""

    source: str | None = None
    mapping: str | None = None
    status: Status | None = None
    since: datetime | None = None


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
                delivery = _delivery(from_item(item))
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
            return [_delivery(from_item(item)) for page in pages for item in page["Items"]]

    def page(
        self, wanted: Wanted, now: datetime, *, most: int, cursor: str | None = None
    ) -> tuple[list[Delivery], str | None]:
        """A page, newest first, and the cursor of the next (None: there is none). Raises ValueError for no cursor of ours."""
        oldest = max(
            wanted.since or now - timedelta(days=self.retention_days), now - timedelta(days=self.retention_days)
        )
        partitions = [wanted.status] if wanted.status in _OPEN else list(_months(now, oldest))
        index, key = ("by_open_status", "open_status") if wanted.status in _OPEN else ("by_month", "month")
        partition, start = _resumed(cursor) if cursor else (partitions[0], None)
        if partition not in partitions:
            raise ValueError("the cursor does not belong to this list")
        found: list[Delivery] = []
        for name in partitions[partitions.index(partition) :]:
            found, start = self._page(index, key, name, wanted, oldest, most, found, start)
            if len(found) == most:
                return found, _cursor(name, start) if start else _cursor_of_next(partitions, name)
        return found, None

    def _page(
        self,
        index: str,
        key: str,
        name: str,
        wanted: Wanted,
        oldest: datetime,
        most: int,
        found: list[Delivery],
        start: Any,
    ) -> tuple[list[Delivery], Any]:
        """`found` filled up to `most` from one partition, and where to go on in it (None: it is exhausted)."""
        condition, names, values = _filter(wanted)
        query: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": index,
            "KeyConditionExpression": "#key = :key AND created_at >= :oldest",
            "ExpressionAttributeNames": {"#key": key, **names},
            "ExpressionAttributeValues": to_item({":key": name, ":oldest": oldest.isoformat(), **values}),
            "ScanIndexForward": False,
            **({"FilterExpression": condition} if condition else {}),
        }
        while len(found) < most:
            at = {"ExclusiveStartKey": start} if start else {}
            with translated("list the deliveries"):
                reply = client("dynamodb").query(**query, **at, Limit=max(most - len(found), 1))
            found = found + [_delivery(from_item(item)) for item in reply["Items"]]
            start = reply.get("LastEvaluatedKey")
            if start is None:
                break
        return found, start

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
            "open_status": delivery.status if delivery.status in _OPEN else None,
            "month": _month(delivery.created_at.astimezone(UTC).date()),
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


def _delivery(item: dict[str, Any]) -> Delivery:
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


def _months(now: datetime, oldest: datetime) -> Iterator[str]:
    """Newest first, from tomorrow's: the clocks of two workers may differ around midnight."""
    day = (now + timedelta(days=1)).astimezone(UTC).date().replace(day=1)
    while day >= oldest.astimezone(UTC).date().replace(day=1):
        yield _month(day)
        day = (day - timedelta(days=1)).replace(day=1)


def _month(day: date) -> str:
    return day.isoformat()[:7]


def _filter(wanted: Wanted) -> tuple[str, dict[str, str], dict[str, str]]:
    equal = {
        name: value
        for name, value in (
            ("source", wanted.source),
            ("mapping", wanted.mapping),
            ("status", wanted.status if wanted.status not in _OPEN else None),
        )
        if value is not None
    }
    condition = " AND ".join(f"#{name} = :{name}" for name in equal)
    return condition, {f"#{name}": name for name in equal}, {f":{name}": value for name, value in equal.items()}


def _cursor(partition: str, start: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([partition, start]).encode()).decode()


def _cursor_of_next(partitions: Sequence[str | None], name: str | None) -> str | None:
    following = list(partitions)[list(partitions).index(name) + 1 :]
    return _cursor(str(following[0]), None) if following else None


def _resumed(cursor: str) -> tuple[str, Any]:
    try:
        partition, start = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError) as error:
        raise ValueError("the cursor does not belong to this list") from error
    return str(partition), start
