"""The items of the config table: drafts, published documents, versions, and the conditions a write may set."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from feedback_bridge.aws.items import Item, to_item


@dataclass(frozen=True, slots=True)
class Draft:
    """`document` as it was sent, valid or not; `etag` changes with every save."""

    id: str
    document: dict[str, Any]
    etag: str
    saved_at: datetime
    saved_by: str

    @classmethod
    def new(cls, document_id: str, document: dict[str, Any], by: str, now: datetime) -> Self:
        return cls(document_id, document, secrets.token_hex(8), now, by)


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


@dataclass(frozen=True, slots=True)
class Listed:
    """A document with its two states; at least one is there."""

    id: str
    draft: Draft | None
    published: Published | None


def version_name(number: int) -> str:
    """Sorts as the number does."""
    return f"{number:06}"


def draft_item(kind: str, draft: Draft) -> Item:
    return to_item(
        {
            "scope": f"draft#{kind}",
            "name": draft.id,
            "document": json.dumps(draft.document, ensure_ascii=False),
            "etag": draft.etag,
            "saved_at": draft.saved_at.isoformat(),
            "saved_by": draft.saved_by,
        }
    )


def published_item(scope: str, name: str, published: Published) -> Item:
    """Serves what is in force and each version alike."""
    return to_item(
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


def draft_from(item: dict[str, Any]) -> Draft:
    return Draft(
        id=item["name"],
        document=json.loads(item["document"]),
        etag=item["etag"],
        saved_at=datetime.fromisoformat(item["saved_at"]),
        saved_by=item["saved_by"],
    )


def published_from(item: dict[str, Any]) -> Published:
    return Published(
        id=item["id"],
        version=item["version"],
        document=json.loads(item["document"]),
        enabled=item["enabled"],
        published_at=datetime.fromisoformat(item["published_at"]),
        published_by=item["published_by"],
        first_published_at=datetime.fromisoformat(item["first_published_at"]),
    )


NO_DRAFT = {"ConditionExpression": "attribute_not_exists(etag)"}
NOT_PUBLISHED = {"ConditionExpression": "attribute_not_exists(version)"}


def etag_is(etag: str | None) -> dict[str, Any]:
    """The condition that a draft has this etag; `*` stands for any, None for no condition."""
    if etag is None:
        return {}
    if etag == "*":
        return {"ConditionExpression": "attribute_exists(etag)"}
    return {"ConditionExpression": "etag = :etag", "ExpressionAttributeValues": {":etag": {"S": etag}}}


def still(before: Published | None) -> dict[str, Any]:
    """The condition that what is in force has not changed."""
    if before is None:
        return NOT_PUBLISHED
    return {
        "ConditionExpression": "version = :version AND enabled = :enabled",
        "ExpressionAttributeValues": {":version": {"N": str(before.version)}, ":enabled": {"BOOL": before.enabled}},
    }
