"""What the workers of one org share: its token, refreshed by one of them, its describes, and the calls used today."""

import json
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.aws.items import from_item, to_item

TOKEN_LIVES = timedelta(hours=2)
"""Salesforce's default session length. A token is used until Salesforce refuses it; this only clears the table."""

LOGIN_TAKES = timedelta(seconds=30)
"""After so long, a worker that wanted to log in is taken for dead and another one may."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The day's API calls as Salesforce last told them."""

    used: int
    limit: int
    at: datetime


@dataclass(frozen=True)
class OrgState:
    table: str
    org: str

    def token(self) -> dict[str, str] | None:
        item = self._get("token")
        return dict(json.loads(item["token"])) if item else None

    def save_token(self, token: dict[str, str], now: datetime) -> None:
        """Also ends the right to log in that `may_log_in` gave."""
        self._put("token", {"token": json.dumps(token), "expires_at": _epoch(now + TOKEN_LIVES)})
        self._delete("login")

    def may_log_in(self, now: datetime) -> bool:
        """True for one worker at a time; the others wait for the token that it will save."""
        item = {
            "org": self.org,
            "name": "login",
            "until": _epoch(now + LOGIN_TAKES),
            "expires_at": _epoch(now + TOKEN_LIVES),
        }
        try:
            with translated("agree on who logs in"):
                client("dynamodb").put_item(
                    TableName=self.table,
                    Item=to_item(item),
                    ConditionExpression="attribute_not_exists(#until) OR #until < :now",
                    ExpressionAttributeNames={"#until": "until"},
                    ExpressionAttributeValues={":now": {"N": str(_epoch(now))}},
                )
        except ConditionFailed:
            return False
        return True

    def login_failed(self) -> None:
        self._delete("login")

    def describe(self, sobject: str) -> tuple[dict[str, Any], datetime] | None:
        """The describe as it was saved, and when."""
        item = self._get(f"describe#{sobject.lower()}")
        if item is None:
            return None
        return json.loads(zlib.decompress(item["describe"])), datetime.fromisoformat(item["at"])

    def save_describe(self, sobject: str, describe: dict[str, Any], now: datetime) -> None:
        text = json.dumps(describe, ensure_ascii=False, separators=(",", ":"))
        values = {
            "describe": zlib.compress(text.encode(), 6),
            "at": now.isoformat(),
            "expires_at": _epoch(now + timedelta(days=7)),
        }
        self._put(f"describe#{sobject.lower()}", values)

    def usage(self) -> Usage | None:
        item = self._get("usage")
        return Usage(item["used"], item["limit"], datetime.fromisoformat(item["at"])) if item else None

    def save_usage(self, used: int, limit: int, now: datetime) -> None:
        self._put("usage", {"used": used, "limit": limit, "at": now.astimezone(UTC).isoformat()})

    def take_deletes(self, wanted: int, most: int, now: datetime) -> int:
        """How many of the wanted deletes this hour still has room for, of `most`; they are counted at once."""
        update = {
            "UpdateExpression": "SET expires_at = :expires ADD used :wanted",
            "ExpressionAttributeValues": to_item({":expires": _epoch(now + timedelta(days=2)), ":wanted": wanted}),
            "ReturnValues": "UPDATED_NEW",
        }
        with translated("count the deletes of this hour"):
            key = self._key(f"deletes#{now.astimezone(UTC):%Y-%m-%dT%H}")
            reply = client("dynamodb").update_item(TableName=self.table, Key=key, **update)
        before = int(reply["Attributes"]["used"]["N"]) - wanted
        return max(0, min(wanted, most - before))

    def _get(self, name: str) -> dict[str, Any] | None:
        with translated("read the org's state"):
            reply = client("dynamodb").get_item(TableName=self.table, Key=self._key(name), ConsistentRead=True)
        return from_item(reply["Item"]) if "Item" in reply else None

    def _put(self, name: str, values: dict[str, Any]) -> None:
        with translated("save the org's state"):
            client("dynamodb").put_item(TableName=self.table, Item=to_item({"org": self.org, "name": name, **values}))

    def _delete(self, name: str) -> None:
        with translated("save the org's state"):
            client("dynamodb").delete_item(TableName=self.table, Key=self._key(name))

    def _key(self, name: str) -> dict[str, Any]:
        return {"org": {"S": self.org}, "name": {"S": name}}


def _epoch(at: datetime) -> int:
    return int(at.timestamp())
