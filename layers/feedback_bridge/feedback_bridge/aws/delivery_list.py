"""Lists of deliveries, newest first: by month, or by status where they need attention."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.deliveries import OPEN, delivery_from, month_of
from feedback_bridge.aws.errors import translated
from feedback_bridge.aws.items import from_item, to_item
from feedback_bridge.aws.pages import ForeignCursor, resumed
from feedback_bridge.delivery.delivery import Delivery, Status

QUERIES_A_PAGE = 24
"""Bounds the work for a filter that matches little: the page then ends early, and its cursor goes on from there."""

READ_AT_ONCE = 500
"""Items looked at in one query where a filter will drop most of them; about half a megabyte."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries to list; None stands for any."""

    source: str | None = None
    mapping: str | None = None
    status: Status | None = None
    since: datetime | None = None

    @property
    def attention(self) -> bool:
        """Whether the short index of what needs attention answers it."""
        return self.status in OPEN


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a list goes on: after a delivery (its table key and its time), or at the head of a partition."""

    partition: str
    after: tuple[str, str, str] | None = None

    def cursor(self) -> str:
        return base64.urlsafe_b64encode(json.dumps([self.partition, *(self.after or ())]).encode()).decode()


@dataclass(frozen=True)
class DeliveryList:
    table: str
    retention_days: int

    def page(
        self, wanted: Wanted, now: datetime, *, most: int, cursor: str | None = None
    ) -> tuple[list[Delivery], str | None]:
        """At most `most` deliveries and the cursor of the next page (None: there is none). Raises ForeignCursor."""
        kept_since = now - timedelta(days=self.retention_days)
        oldest = max(wanted.since or kept_since, kept_since).astimezone(UTC)
        partitions = [str(wanted.status)] if wanted.attention else list(_months(now, oldest))
        place = _resumed(cursor, partitions) if cursor else _Place(partitions[0])
        found: list[Delivery] = []
        for _ in range(QUERIES_A_PAGE):
            more, last = self._query(wanted, oldest, place, most + 1 - len(found), by_client=bool(cursor))
            found += more
            if len(found) > most:
                return found[:most], _Place(place.partition, _key(found[most - 1])).cursor()
            following = partitions[partitions.index(place.partition) + 1 :]
            if last is None and not following:
                return found, None
            place = _Place(place.partition, last) if last else _Place(following[0])
        return found, place.cursor()

    def _query(
        self, wanted: Wanted, oldest: datetime, place: _Place, most: int, *, by_client: bool
    ) -> tuple[list[Delivery], tuple[str, str, str] | None]:
        """Some deliveries of one partition, and what the partition goes on after (None: it is exhausted)."""
        index, key = ("by_open_status", "open_status") if wanted.attention else ("by_month", "month")
        condition, names, values = _filter(wanted)
        query: dict[str, Any] = {
            "KeyConditionExpression": "#key = :key AND created_at >= :oldest",
            "ExpressionAttributeNames": {"#key": key, **names},
            "ExpressionAttributeValues": to_item({":key": place.partition, ":oldest": oldest.isoformat(), **values}),
            "Limit": READ_AT_ONCE if condition else most,
        }
        if condition:
            query["FilterExpression"] = condition
        if place.after:
            names_of_key = ("feedback_id", "mapping", "created_at")
            query["ExclusiveStartKey"] = to_item(
                {key: place.partition, **dict(zip(names_of_key, place.after, strict=True))}
            )
        with resumed(by_client), translated("list the deliveries"):
            reply = client("dynamodb").query(TableName=self.table, IndexName=index, ScanIndexForward=False, **query)
        last = from_item(reply["LastEvaluatedKey"]) if reply.get("LastEvaluatedKey") else None
        after = (last["feedback_id"], last["mapping"], last["created_at"]) if last else None
        return [delivery_from(from_item(item)) for item in reply["Items"]][:most], after


def _key(delivery: Delivery) -> tuple[str, str, str]:
    return delivery.feedback_id, delivery.mapping, delivery.created_at.isoformat()


def _filter(wanted: Wanted) -> tuple[str, dict[str, str], dict[str, str]]:
    status = None if wanted.attention else wanted.status
    equal = {
        name: value
        for name, value in (("source", wanted.source), ("mapping", wanted.mapping), ("status", status))
        if value is not None
    }
    condition = " AND ".join(f"#{name} = :{name}" for name in equal)
    return condition, {f"#{name}": name for name in equal}, {f":{name}": value for name, value in equal.items()}


def _months(now: datetime, oldest: datetime) -> Iterator[str]:
    """Newest first, from tomorrow's: the clocks of two workers may differ around midnight."""
    day = (now + timedelta(days=1)).astimezone(UTC).date().replace(day=1)
    while day >= oldest.date().replace(day=1):
        yield month_of(day)
        day = (day - timedelta(days=1)).replace(day=1)


def _resumed(cursor: str, partitions: list[str]) -> _Place:
    try:
        told = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, RecursionError):
        told = None
    if (
        not isinstance(told, list)
        or len(told) not in (1, 4)
        or not all(isinstance(part, str) and part for part in told)
    ):
        raise ForeignCursor
    if told[0] not in partitions:
        raise ForeignCursor
    return _Place(told[0], (told[1], told[2], told[3]) if len(told) == 4 else None)
