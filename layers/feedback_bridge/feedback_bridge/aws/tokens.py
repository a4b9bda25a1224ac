"""Who may call the admin API. The table holds SHA-256 hashes: a token is shown once, when it is made."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated
from feedback_bridge.aws.items import from_item, to_item

Scope = Literal["admin", "operator", "viewer", "agent"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class Token:
    """`hash` identifies it in lists and for revoking; `expires_at` is None for one that does not expire."""

    hash: str
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def create_token(table: str, name: str, scope: Scope, now: datetime, *, days: int | None) -> str:
    """Store the hash of a new token and return it in clear: the only time it is seen."""
    token = f"fb_{secrets.token_urlsafe(32)}"
    expires_at = now + timedelta(days=days) if days is not None else None
    item = {
        "token_hash": token_hash(token),
        "token_name": name,
        "scope": scope,
        "created_at": now.isoformat(),
        "expires_at": int(expires_at.timestamp()) if expires_at else None,
    }
    with translated("store the token"):
        client("dynamodb").put_item(TableName=table, Item=to_item(item))
    return token


def find_token(table: str, token: str, now: datetime) -> Token | None:
    """The token if it is known and has not expired (TTL removes items hours late)."""
    with translated("look up the token"):
        reply = client("dynamodb").get_item(
            TableName=table, Key={"token_hash": {"S": token_hash(token)}}, ConsistentRead=True
        )
    if "Item" not in reply:
        return None
    found = _token(from_item(reply["Item"]), now)
    return None if found.expires_at and found.expires_at <= now else found


def list_tokens(table: str, now: datetime) -> Iterator[Token]:
    with translated("list the tokens"):
        for page in client("dynamodb").get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                yield _token(from_item(item), now)


def revoke_token(table: str, digest: str) -> bool:
    """Whether there was such a token."""
    with translated("revoke the token"):
        reply = client("dynamodb").delete_item(
            TableName=table, Key={"token_hash": {"S": digest}}, ReturnValues="ALL_OLD"
        )
    return "Attributes" in reply


def _token(item: dict[str, object], now: datetime) -> Token:
    expires = item.get("expires_at")
    return Token(
        hash=str(item["token_hash"]),
        name=str(item["token_name"]),
        scope=item["scope"],  # type: ignore[arg-type]
        created_at=datetime.fromisoformat(str(item["created_at"])),
        expires_at=datetime.fromtimestamp(expires, tz=now.tzinfo) if isinstance(expires, int) else None,
    )
