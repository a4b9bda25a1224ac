"""Config documents in DynamoDB.

`published#source` / `typeform-main`      what is in force; `first_published_at` never changes
`draft#source` / `typeform-main`          what is being edited; `etag` guards it
`version#source#typeform-main` / `000003` every publication, for good
`revision` / `revision`                   counts publications, so that a worker knows when to read again
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.aws.items import Item, from_item, to_item
from feedback_bridge.errors import BridgeError

_REVISION = {"scope": {"S": "revision"}, "name": {"S": "revision"}}


class Conflict(BridgeError):
    """Somebody else changed the document meanwhile."""


@dataclass(frozen=True, slots=True)
class Draft:
    """`document` as it was sent, valid or not; `etag` changes with every save."""

    id: str
    document: dict[str, Any]
    etag: str
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True)
class Published:
    """A document in force. A feedback received before `first_published_at` reaches it only by replay."""

    id: str
    version: int
    document: dict[str, Any]
    enabled: bool
    published_at: datetime
    published_by: str
    first_published_at: datetime


@dataclass(frozen=True)
class Configs:
    table: str

    def revision(self) -> int:
        """Grows with everything that comes into force; one small read tells a worker that its copies still hold."""
        with translated("read the configuration"):
            reply = client("dynamodb").get_item(TableName=self.table, Key=_REVISION, ConsistentRead=True)
        return int(reply["Item"]["number"]["N"]) if "Item" in reply else 0

    def published(self, kind: str, document_id: str) -> Published | None:
        item = self._get(f"published#{kind}", document_id)
        return _published(item) if item else None

    def all_published(self, kind: str) -> list[Published]:
        return [_published(item) for item in self._query(f"published#{kind}")]

    def draft(self, kind: str, document_id: str) -> Draft | None:
        item = self._get(f"draft#{kind}", document_id)
        return _draft(item) if item else None

    def drafts(self, kind: str) -> list[Draft]:
        return [_draft(item) for item in self._query(f"draft#{kind}")]

    def versions(self, kind: str, document_id: str) -> list[Published]:
        """Newest first."""
        return [_published(item) for item in self._query(f"version#{kind}#{document_id}")][::-1]

    def save_draft(
        self, kind: str, document_id: str, document: dict[str, Any], by: str, now: datetime, *, if_match: str | None = None
    ) -> Draft:
        """Raises Conflict when `if_match` is given and is not the draft's etag (`*`: any existing draft)."""
        draft = Draft(document_id, document, secrets.token_hex(8), now, by)
        item = {"scope": f"draft#{kind}", "name": document_id, "document": json.dumps(document, ensure_ascii=False)}
        item |= {"etag": draft.etag, "saved_at": now.isoformat(), "saved_by": by}
        guard: dict[str, Any] = {}
        if if_match == "*":
            guard = {"ConditionExpression": "attribute_exists(etag)"}
        elif if_match is not None:
            guard = {"ConditionExpression": "etag = :etag", "ExpressionAttributeValues": {":etag": {"S": if_match}}}
        try:
            with translated("save the draft"):
                client("dynamodb").put_item(TableName=self.table, Item=to_item(item), **guard)
        except ConditionFailed:
            raise Conflict("The draft has been changed since you read it.") from None
        return draft

    def publish(self, kind: str, document_id: str, document: dict[str, Any], by: str, now: datetime) -> Published:
        """The next version comes into force, enabled. Raises Conflict when somebody publishes at the same moment."""
        before = self.published(kind, document_id)
        latest = self.versions(kind, document_id)
        published = Published(
            id=document_id,
            version=(latest[0].version if latest else 0) + 1,
            document=document,
            enabled=before.enabled if before else True,
            published_at=now,
            published_by=by,
            first_published_at=before.first_published_at if before else now,
        )
        self._in_force(
            [
                _put(self.table, f"version#{kind}#{document_id}", f"{published.version:06}", published, new=True),
                _put(self.table, f"published#{kind}", document_id, published),
            ]
        )
        return published

    def set_enabled(self, kind: str, document_id: str, enabled: bool) -> bool:
        """Whether there is such a published document."""
        key = {"scope": {"S": f"published#{kind}"}, "name": {"S": document_id}}
        update = {
            "TableName": self.table,
            "Key": key,
            "UpdateExpression": "SET enabled = :enabled",
            "ConditionExpression": "attribute_exists(version)",
            "ExpressionAttributeValues": {":enabled": {"BOOL": enabled}},
        }
        try:
            self._in_force([{"Update": update}])
        except Conflict:
            return False
        return True

    def delete(self, kind: str, document_id: str) -> bool:
        """Takes draft and published document away; its versions stay. Whether there was anything."""
        found = self.draft(kind, document_id) is not None or self.published(kind, document_id) is not None
        keys = [{"scope": {"S": f"{state}#{kind}"}, "name": {"S": document_id}} for state in ("draft", "published")]
        self._in_force([{"Delete": {"TableName": self.table, "Key": key}} for key in keys])
        return found

    def _in_force(self, writes: list[dict[str, Any]]) -> None:
        """The writes and the new revision, all or none."""
        count = {
            "TableName": self.table,
            "Key": _REVISION,
            "UpdateExpression": "ADD #number :one",
            "ExpressionAttributeNames": {"#number": "number"},
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        try:
            with translated("change the configuration"):
                client("dynamodb").transact_write_items(TransactItems=[*writes, {"Update": count}])
        except BridgeError as error:
            if isinstance(error.__cause__, ClientError) and "TransactionCanceled" in str(error):
                raise Conflict("The document was changed by somebody else at the same moment.") from error
            raise

    def _get(self, scope: str, name: str) -> dict[str, Any] | None:
        key = {"scope": {"S": scope}, "name": {"S": name}}
        with translated("read the configuration"):
            reply = client("dynamodb").get_item(TableName=self.table, Key=key, ConsistentRead=True)
        return from_item(reply["Item"]) if "Item" in reply else None

    def _query(self, scope: str) -> Iterator[dict[str, Any]]:
        with translated("read the configuration"):
            pages = client("dynamodb").get_paginator("query").paginate(
                TableName=self.table,
                ConsistentRead=True,
                KeyConditionExpression="#scope = :scope",
                ExpressionAttributeNames={"#scope": "scope"},
                ExpressionAttributeValues={":scope": {"S": scope}},
            )
            for page in pages:
                yield from (from_item(item) for item in page["Items"])


def _put(table: str, scope: str, name: str, published: Published, *, new: bool = False) -> dict[str, Any]:
    item: Item = to_item(
        {
            "scope": scope,
            "name": name,
            "id": published.id,
            "version": published.version,
            "document": json.dumps(published.document, ensure_ascii=False),
            "enabled": published.enabled,
            "published_at": published.published_at.isoformat(),
            "published_by": published.published_by,
            "first_published_at": published.first_published_at.isoformat(),
        }
    )
    guard = {"ConditionExpression": "attribute_not_exists(version)"} if new else {}
    return {"Put": {"TableName": table, "Item": item, **guard}}


def _published(item: dict[str, Any]) -> Published:
    return Published(
        id=item["id"],
        version=item["version"],
        document=json.loads(item["document"]),
        enabled=item["enabled"],
        published_at=datetime.fromisoformat(item["published_at"]),
        published_by=item["published_by"],
        first_published_at=datetime.fromisoformat(item["first_published_at"]),
    )


def _draft(item: dict[str, Any]) -> Draft:
    return Draft(
        id=item["name"],
        document=json.loads(item["document"]),
        etag=item["etag"],
        saved_at=datetime.fromisoformat(item["saved_at"]),
        saved_by=item["saved_by"],
    )
