"""Config documents in DynamoDB.

`published#source` / `typeform-main`      what is in force; `first_published_at` never changes
`draft#source` / `typeform-main`          what is being edited; `etag` guards it
`version#source#typeform-main` / `000003` every publication, for good
`revision` / `revision`                   counts publications, so that a worker knows when to read again
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.config_items import (
    NO_DRAFT,
    NOT_PUBLISHED,
    Draft,
    Listed,
    Published,
    draft_from,
    draft_item,
    etag_is,
    published_from,
    published_item,
    still,
    version_name,
)
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.aws.items import from_item
from feedback_bridge.errors import BridgeError

__all__ = ["Configs", "Conflict", "Draft", "Listed", "Published"]

_REVISION = {"scope": {"S": "revision"}, "name": {"S": "revision"}}

_COLLISION_PAUSES = (0.05, 0.1, 0.2, 0.4)
"""Seconds. Every change counts the same revision up, so changes of different documents collide now and then."""


class Conflict(BridgeError):
    """Somebody else changed the document meanwhile."""


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
        return published_from(item) if item else None

    def all_published(self, kind: str) -> list[Published]:
        return [published_from(item) for item in self._query(f"published#{kind}")]

    def draft(self, kind: str, document_id: str) -> Draft | None:
        item = self._get(f"draft#{kind}", document_id)
        return draft_from(item) if item else None

    def listed(self, kind: str, *, most: int, after: str | None = None) -> tuple[list[Listed], str | None]:
        """A page of all documents of a kind by id, and the id to go on after (None: that was all)."""
        drafts = {item["name"]: draft_from(item) for item in self._query(f"draft#{kind}", most + 1, after)}
        published = {item["name"]: published_from(item) for item in self._query(f"published#{kind}", most + 1, after)}
        ids = sorted(drafts.keys() | published.keys())
        page = [Listed(document_id, drafts.get(document_id), published.get(document_id)) for document_id in ids[:most]]
        return page, page[-1].id if len(ids) > most else None

    def versions(self, kind: str, document_id: str, *, most: int, before: int | None = None) -> list[Published]:
        """Newest first, from the one below `before`."""
        start = version_name(before) if before else None
        return [
            published_from(item) for item in self._query(_versions(kind, document_id), most, start, newest_first=True)
        ]

    def version(self, kind: str, document_id: str, number: int) -> Published | None:
        item = self._get(_versions(kind, document_id), version_name(number))
        return published_from(item) if item else None

    def save_draft(
        self,
        kind: str,
        document_id: str,
        document: dict[str, Any],
        by: str,
        now: datetime,
        *,
        if_match: str | None = None,
        if_new: bool = False,
    ) -> Draft:
        """Raises Conflict when `if_match` is given and is not the draft's etag (`*`: any existing draft), and with
        `if_new` when there is a draft."""
        draft = Draft.new(document_id, document, by, now)
        guard = NO_DRAFT if if_new else etag_is(if_match)
        try:
            with translated("save the draft"):
                client("dynamodb").put_item(TableName=self.table, Item=draft_item(kind, draft), **guard)
        except ConditionFailed:
            reason = "There is a draft already." if if_new else "The draft has been changed since you read it."
            raise Conflict(reason) from None
        return draft

    def publish(
        self,
        kind: str,
        document_id: str,
        document: dict[str, Any],
        by: str,
        now: datetime,
        *,
        draft_etag: str | None = None,
        draft_follows: bool = False,
    ) -> Published:
        """The next version comes into force; a document that was disabled stays disabled. With `draft_etag` only while
        the draft is still that one; with `draft_follows` the draft becomes the same document.

        Raises Conflict when somebody changes the draft, or what is in force, at the same moment.
        """
        before = self.published(kind, document_id)
        latest = self.versions(kind, document_id, most=1)
        published = Published(
            id=document_id,
            version=(latest[0].version if latest else 0) + 1,
            document=document,
            enabled=before.enabled if before else True,
            published_at=now,
            published_by=by,
            first_published_at=before.first_published_at if before else now,
        )
        version = published_item(_versions(kind, document_id), version_name(published.version), published)
        in_force = published_item(f"published#{kind}", document_id, published)
        writes = [self._put(version, NOT_PUBLISHED), self._put(in_force, still(before))]
        if draft_follows:
            writes.append(self._put(draft_item(kind, Draft.new(document_id, document, by, now))))
        elif draft_etag is not None:
            writes.append({"ConditionCheck": self._at(f"draft#{kind}", document_id) | etag_is(draft_etag)})
        self._in_force(writes)
        return published

    def set_enabled(self, kind: str, document_id: str, enabled: bool) -> bool:
        """Whether there is such a published document."""
        update = {
            **self._at(f"published#{kind}", document_id),
            "UpdateExpression": "SET enabled = :enabled",
            "ConditionExpression": "attribute_exists(version)",
            "ExpressionAttributeValues": {":enabled": {"BOOL": enabled}},
        }
        try:
            self._in_force([{"Update": update}])
        except Conflict:
            return False
        return True

    def delete(self, kind: str, document_id: str, *, if_match: str | None = None) -> bool:
        """Takes draft and published document away; its versions stay. Whether there was anything.

        Raises Conflict when `if_match` is given and is not the draft's etag.
        """
        if self.draft(kind, document_id) is None and self.published(kind, document_id) is None:
            return False
        draft, published = (self._at(f"{state}#{kind}", document_id) for state in ("draft", "published"))
        self._in_force([{"Delete": draft | etag_is(if_match)}, {"Delete": published}])
        return True

    def _in_force(self, writes: list[dict[str, Any]]) -> None:
        """The writes and the new revision, all or none. Raises Conflict where a condition does not hold."""
        count = {
            "TableName": self.table,
            "Key": _REVISION,
            "UpdateExpression": "ADD #number :one",
            "ExpressionAttributeNames": {"#number": "number"},
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        for pause in (*_COLLISION_PAUSES, None):
            try:
                with translated("change the configuration"):
                    client("dynamodb").transact_write_items(TransactItems=[*writes, {"Update": count}])
            except BridgeError as error:
                reasons = _cancelled_because(error)
                if "ConditionalCheckFailed" in reasons:
                    raise Conflict("The document was changed by somebody else at the same moment.") from error
                if pause is None or "TransactionConflict" not in reasons:
                    raise
                time.sleep(pause)
            else:
                return

    def _put(self, item: dict[str, Any], condition: dict[str, Any] | None = None) -> dict[str, Any]:
        return {"Put": {"TableName": self.table, "Item": item, **(condition or {})}}

    def _at(self, scope: str, name: str) -> dict[str, Any]:
        return {"TableName": self.table, "Key": {"scope": {"S": scope}, "name": {"S": name}}}

    def _get(self, scope: str, name: str) -> dict[str, Any] | None:
        with translated("read the configuration"):
            reply = client("dynamodb").get_item(**self._at(scope, name), ConsistentRead=True)
        return from_item(reply["Item"]) if "Item" in reply else None

    def _query(
        self, scope: str, most: int | None = None, after: str | None = None, *, newest_first: bool = False
    ) -> Iterator[dict[str, Any]]:
        """The items of a scope in order of their names, from the one after `after`, at most `most`."""
        beyond = f" AND #name {'<' if newest_first else '>'} :after" if after else ""
        query = {
            "TableName": self.table,
            "ConsistentRead": True,
            "KeyConditionExpression": f"#scope = :scope{beyond}",
            "ExpressionAttributeNames": {"#scope": "scope", **({"#name": "name"} if after else {})},
            "ExpressionAttributeValues": {":scope": {"S": scope}, **({":after": {"S": after}} if after else {})},
            "ScanIndexForward": not newest_first,
        }
        with translated("read the configuration"):
            limit = {"MaxItems": most} if most else {}
            for page in client("dynamodb").get_paginator("query").paginate(**query, PaginationConfig=limit):
                yield from (from_item(item) for item in page["Items"])


def _versions(kind: str, document_id: str) -> str:
    return f"version#{kind}#{document_id}"


def _cancelled_because(error: BridgeError) -> frozenset[str]:
    """The reason codes of a cancelled transaction; empty for any other error."""
    cause = error.__cause__
    answer: Any = cause.response if isinstance(cause, ClientError) else {}
    return frozenset(reason.get("Code", "") for reason in answer.get("CancellationReasons", ()))
