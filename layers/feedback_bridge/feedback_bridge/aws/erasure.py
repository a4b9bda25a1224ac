"""What is stored of a person, found by the key of the address, and taken away: bodies, deliveries, stamps.

Of an erased event its id remains for a while, with the key and no content: a tool's repetition of it, and a message of
it that still waits in a queue, are recognised by that and come to nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from feedback_bridge.aws.archive import ERASED_AT, folder_of
from feedback_bridge.aws.batch_items import read_items
from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.aws.items import from_item, to_item
from feedback_bridge.aws.pages import ForeignCursor, resumed

MARK_STAYS = timedelta(days=30)
"""Longer than any message lives in a queue (14 days), and than tools repeat."""

_DELETES_AT_ONCE = 1000
"""Of one DeleteObjects call."""


@dataclass(frozen=True)
class Traces:
    """`archive`, `deliveries` and `org_state` are tables."""

    archive: str
    bucket: str
    deliveries: str
    org_state: str

    def of_person(self, person: str, *, most: int, after: str | None = None) -> tuple[list[str], str | None]:
        """Feedback ids of the person, erased ones as long as they are known, and what to go on after.

        Raises ForeignCursor, TransientError.
        """
        query: dict[str, Any] = {
            "KeyConditionExpression": "person = :person",
            "ExpressionAttributeValues": {":person": {"S": person}},
            "Limit": most,
        }
        if after is not None:
            if not after:
                raise ForeignCursor
            query["ExclusiveStartKey"] = to_item({"person": person, "feedback_id": after})
        with resumed(after is not None), translated("find the person's feedback"):
            reply = client("dynamodb").query(TableName=self.archive, IndexName="by_person", **query)
        ids = [from_item(item)["feedback_id"] for item in reply["Items"]]
        last = reply.get("LastEvaluatedKey")
        return ids, from_item(last)["feedback_id"] if last else None

    def empty(self, feedback_id: str, person: str, now: datetime) -> bool:
        """Leave nothing of an event in the archive but the mark. Whether there was a body."""
        mark = {
            "feedback_id": feedback_id,
            "person": person,
            ERASED_AT: now.isoformat(),
            "expires_at": int((now + MARK_STAYS).timestamp()),
        }
        with translated("erase an event"):
            reply = client("dynamodb").put_item(TableName=self.archive, Item=to_item(mark), ReturnValues="ALL_OLD")
        return "digest" in reply.get("Attributes", {})

    def delete(self, feedback_id: str) -> bool:
        """Take an item of the archive away altogether. Whether it was there."""
        with translated("erase a body"):
            reply = client("dynamodb").delete_item(
                TableName=self.archive, Key={"feedback_id": {"S": feedback_id}}, ReturnValues="ALL_OLD"
            )
        return "Attributes" in reply

    def bodies(self, feedback_ids: Sequence[str]) -> list[str]:
        """Those of which the archive still holds a body."""
        keys = [{"feedback_id": {"S": feedback_id}} for feedback_id in feedback_ids]
        return [item["feedback_id"]["S"] for item in read_items(self.archive, keys) if ERASED_AT not in item]

    def objects(self, feedback_id: str) -> list[str]:
        """The keys of an event's large bodies in the bucket, of every version of it."""
        with translated("find large bodies"):
            pages = client("s3").get_paginator("list_objects_v2")
            found = pages.paginate(Bucket=self.bucket, Prefix=folder_of(feedback_id))
            return [item["Key"] for page in found for item in page.get("Contents", [])]

    def remove_objects(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _DELETES_AT_ONCE):
            batch = [{"Key": key} for key in keys[start : start + _DELETES_AT_ONCE]]
            with translated("erase large bodies"):
                client("s3").delete_objects(Bucket=self.bucket, Delete={"Objects": batch, "Quiet": True})

    def remove_delivery(self, feedback_id: str, mapping: str) -> None:
        key = {"feedback_id": {"S": feedback_id}, "mapping": {"S": mapping}}
        with translated("erase a delivery"):
            client("dynamodb").delete_item(TableName=self.deliveries, Key=key)

    def stamps(self, feedback_id: str) -> list[tuple[str, str]]:
        """The keys of the stamps by which this answer is known as the newest of a record."""
        with translated("find the newest answers"):
            pages = (
                client("dynamodb")
                .get_paginator("query")
                .paginate(
                    TableName=self.org_state,
                    IndexName="by_feedback",
                    KeyConditionExpression="feedback_id = :id",
                    ExpressionAttributeValues={":id": {"S": feedback_id}},
                )
            )
            return [(item["org"]["S"], item["name"]["S"]) for page in pages for item in page["Items"]]

    def remove_stamp(self, org: str, name: str, feedback_id: str) -> bool:
        """Unless it is another answer's by now. Whether it was there."""
        try:
            with translated("erase a newest answer"):
                client("dynamodb").delete_item(
                    TableName=self.org_state,
                    Key={"org": {"S": org}, "name": {"S": name}},
                    ConditionExpression="feedback_id = :id",
                    ExpressionAttributeValues={":id": {"S": feedback_id}},
                )
        except ConditionFailed:
            return False
        return True


def erased(table: str, feedback_ids: Sequence[str]) -> set[str]:
    """Those of these events that have been erased. Raises TransientError."""
    keys = [{"feedback_id": {"S": feedback_id}} for feedback_id in dict.fromkeys(feedback_ids)]
    return {item["feedback_id"]["S"] for item in read_items(table, keys) if ERASED_AT in item}
