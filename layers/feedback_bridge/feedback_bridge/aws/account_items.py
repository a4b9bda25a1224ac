"""What is kept of accounts beside their counts, in the same table.

`account#001…` / `usage-2026-11@1f0c…`   the features that a person used, a set for each day
`account#001…` / `known`                 what last night found out
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from feedback_bridge.aws.batch_items import write_items
from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated
from feedback_bridge.aws.items import from_item, to_item
from feedback_bridge.health.known import NAME, Known
from feedback_bridge.health.usage import ITEM, Mark

_MOST_ACTIONS = 100


def mark(table: str, marks: Iterable[Mark], now: datetime, retention_days: int) -> None:
    """Each mark stands once, however often it is put. Raises TransientError; some may stand by then."""
    items: dict[tuple[str, str], dict[str, set[str]]] = {}
    for owner, name, day, feature in marks:
        items.setdefault((owner, name), defaultdict(set))[day].add(feature)
    expires_at = str(int((now + timedelta(days=retention_days)).timestamp()))
    updates = [{"Update": {"TableName": table, **_addition(key, days, expires_at)}} for key, days in items.items()]
    for start in range(0, len(updates), _MOST_ACTIONS):
        with translated("note the use of a product"):
            client("dynamodb").transact_write_items(TransactItems=updates[start : start + _MOST_ACTIONS])


def _addition(key: tuple[str, str], days: Mapping[str, set[str]], expires_at: str) -> dict[str, Any]:
    names = {f"#{index}": day for index, day in enumerate(days)}
    sets: dict[str, Any] = {f":{index}": {"SS": sorted(features)} for index, features in enumerate(days.values())}
    added = ", ".join(f"#{index} :{index}" for index in range(len(days)))
    return {
        "Key": {"owner": {"S": key[0]}, "name": {"S": key[1]}},
        "UpdateExpression": f"ADD {added} SET expires_at = :expires_at",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": sets | {":expires_at": {"N": expires_at}},
    }


def is_usage(name: str) -> bool:
    return name.startswith(ITEM)


def days_in(item: Mapping[str, Any]) -> dict[str, Collection[str]]:
    """The features of each day of an item of usage."""
    found = from_item(item)
    return {name: features for name, features in found.items() if isinstance(features, list)}


def known_in(item: Mapping[str, Any]) -> Known:
    """Of the item as DynamoDB gives it, or as `from_item` has read it; of an empty one nothing is known."""
    text = item.get("known", "{}")
    return Known.model_validate_json(text["S"] if isinstance(text, dict) else text)


def put_known(table: str, known: Mapping[str, Known]) -> None:
    """Raises TransientError."""
    texts = {owner: found.model_dump_json(exclude_none=True) for owner, found in known.items()}
    write_items(table, [to_item({"owner": owner, "name": NAME, "known": text}) for owner, text in texts.items()])
