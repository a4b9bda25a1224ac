"""The archive: what the tools sent, as they sent it, one item per feedback.

A compressed body lies in the table item, for an eighth of the price of an S3 PUT; a large one goes to the bucket.
The canonical Feedback is not kept: it is always read again from what was sent.
"""

import secrets
import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.aws.items import from_item, to_item
from feedback_bridge.feedback.raw import Kept, Raw

MOST_IN_ITEM = 128 * 1024
"""Compressed bytes of one body; an item holds at most 400 KB, and body and answers may both be in it."""


ERASED_AT = "erased_at"
"""Stands on what is left of an erased event: its id, so that it does not come back (`aws/erasure.py`)."""


def folder_of(feedback_id: str) -> str:
    """Where in the bucket the large bodies of an event are."""
    source, _, event_id = feedback_id.partition(":")
    return f"raw/{source}/{event_id}/"


@dataclass(frozen=True)
class Archive:
    table: str
    bucket: str
    retention_days: int

    def keep(self, raw: Raw) -> Kept:
        """Durable once this returns. The same content again is a duplicate; other content of the event replaces it."""
        held = self._put(raw, "attribute_not_exists(feedback_id)", {})
        replaced: dict[str, Any] = {}
        while held is not None:
            if ERASED_AT in held:
                return Kept("erased", raw)
            if held["digest"] == raw.digest:
                return Kept(
                    "duplicate",
                    replace(raw, received_at=datetime.fromisoformat(held["received_at"]), content=held["content"]),
                )
            newer, replaced = replace(raw, content=held["content"] + 1), held
            held = self._put(newer, "content = :held", {":held": {"N": str(held["content"])}})
            raw = newer
        self._forget(replaced)
        return Kept("accepted" if raw.content == 1 else "updated", raw)

    def find(self, feedback_id: str) -> Raw | None:
        with translated("read the archive"):
            reply = client("dynamodb").get_item(
                TableName=self.table, Key={"feedback_id": {"S": feedback_id}}, ConsistentRead=True
            )
        item = from_item(reply.get("Item", {}))
        return self._raw(item) if item and ERASED_AT not in item else None

    def add_answers(self, raw: Raw, answers: bytes, person: str | None = None) -> None:
        """Keep what the tool's API gave for an announced response, unless a newer announcement came meanwhile.

        `person` is whom they are about: the announcement said nothing of that.
        """
        stored = {**self._stored("answers", raw, answers), **({"person": person} if person else {})}
        names = ", ".join(f"{name} = :{name}" for name in stored)
        try:
            with translated("keep the fetched answers"):
                reply = client("dynamodb").update_item(
                    TableName=self.table,
                    Key={"feedback_id": {"S": raw.feedback_id}},
                    UpdateExpression=f"SET {names}",
                    ConditionExpression="content = :content",
                    ExpressionAttributeValues={
                        **{f":{name}": value for name, value in to_item(stored).items()},
                        ":content": {"N": str(raw.content)},
                    },
                    ReturnValues="UPDATED_OLD",
                )
        except ConditionFailed:
            self._forget(stored)
        else:
            self._forget(from_item(reply.get("Attributes", {})))

    def _put(self, raw: Raw, condition: str, values: dict[str, Any]) -> dict[str, Any] | None:
        """None when written, else the item that stands there instead."""
        stored = self._stored("body", raw, raw.body)
        item = {
            "feedback_id": raw.feedback_id,
            "source": raw.source,
            "received_at": raw.received_at.isoformat(),
            "expires_at": int((raw.received_at + timedelta(days=self._days(raw))).timestamp()),
            "content_type": raw.content_type,
            "digest": raw.digest,
            "content": raw.content,
            "person": raw.person,
            **stored,
        }
        try:
            with translated("keep the event in the archive"):
                client("dynamodb").put_item(
                    TableName=self.table,
                    Item=to_item(item),
                    ConditionExpression=condition,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **({"ExpressionAttributeValues": values} if values else {}),
                )
        except ConditionFailed as error:
            self._forget(stored)
            return error.item
        return None

    def _days(self, raw: Raw) -> int:
        """No longer than large bodies are kept in the bucket."""
        return min(raw.keep_days or self.retention_days, self.retention_days)

    def _stored(self, name: str, raw: Raw, data: bytes) -> dict[str, Any]:
        """The attribute that holds `data`: itself, compressed, or the key of its object in the bucket.

        Each object has a name of its own, since nobody knows yet whether the item will take it.
        """
        compressed = zlib.compress(data, 6)
        if len(compressed) <= MOST_IN_ITEM:
            return {name: compressed}
        key = f"{folder_of(raw.feedback_id)}{raw.content}-{name}-{secrets.token_hex(8)}.zz"
        with translated("keep a large body in the archive"):
            client("s3").put_object(Bucket=self.bucket, Key=key, Body=compressed, ContentType="application/zlib")
        return {f"{name}_key": key}

    def _forget(self, replaced: dict[str, Any]) -> None:
        """The large bodies of a version that is no more, or that has not come to be."""
        for name in ("body_key", "answers_key"):
            if name in replaced:
                with translated("remove a replaced body"):
                    client("s3").delete_object(Bucket=self.bucket, Key=replaced[name])

    def _loaded(self, name: str, item: dict[str, Any]) -> bytes | None:
        if name in item:
            return zlib.decompress(item[name])
        if f"{name}_key" not in item:
            return None
        with translated("read a large body from the archive"):
            reply = client("s3").get_object(Bucket=self.bucket, Key=item[f"{name}_key"])
            return zlib.decompress(reply["Body"].read())

    def _raw(self, item: dict[str, Any]) -> Raw:
        return Raw(
            feedback_id=item["feedback_id"],
            source=item["source"],
            received_at=datetime.fromisoformat(item["received_at"]),
            content_type=item["content_type"],
            body=self._loaded("body", item) or b"",
            digest=item["digest"],
            content=item["content"],
            answers=self._loaded("answers", item),
        )
