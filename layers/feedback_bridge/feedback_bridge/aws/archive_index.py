"""What a source sent: the ids in the archive, of a period from the oldest on, or from the newest back."""

import json
from datetime import UTC, datetime
from typing import Any

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated
from feedback_bridge.aws.items import from_item, to_item
from feedback_bridge.aws.pages import ForeignCursor, resumed


def received(
    table: str, source: str, since: datetime, until: datetime, *, most: int, after: str | None = None
) -> tuple[list[str], str | None]:
    """At most `most` feedback ids received from `since` to `until`, and what to go on after (None: that was all).

    Raises ForeignCursor for an `after` that this did not give.
    """
    query: dict[str, Any] = {
        "KeyConditionExpression": "#source = :source AND received_at BETWEEN :since AND :until",
        "ExpressionAttributeNames": {"#source": "source"},
        "ExpressionAttributeValues": to_item(
            {
                ":source": source,
                ":since": since.astimezone(UTC).isoformat(),
                ":until": until.astimezone(UTC).isoformat(),
            }
        ),
        "Limit": most,
    }
    return _page(table, source, query, after)


def latest(table: str, source: str, *, most: int, after: str | None = None) -> tuple[list[str], str | None]:
    """At most `most` feedback ids, newest first, and what to go on after (None: that was all).

    Raises ForeignCursor for an `after` that this did not give.
    """
    query: dict[str, Any] = {
        "KeyConditionExpression": "#source = :source",
        "ExpressionAttributeNames": {"#source": "source"},
        "ExpressionAttributeValues": to_item({":source": source}),
        "ScanIndexForward": False,
        "Limit": most,
    }
    return _page(table, source, query, after)


def _page(table: str, source: str, query: dict[str, Any], after: str | None) -> tuple[list[str], str | None]:
    if after is not None:
        query["ExclusiveStartKey"] = to_item({"source": source, **_place(after)})
    with resumed(after is not None), translated("list what a source sent"):
        reply = client("dynamodb").query(TableName=table, IndexName="by_source", **query)
    ids = [from_item(item)["feedback_id"] for item in reply["Items"]]
    last = reply.get("LastEvaluatedKey")
    return ids, _name(from_item(last)) if last else None


def _name(key: dict[str, Any]) -> str:
    return json.dumps([key["feedback_id"], key["received_at"]])


def _place(name: str) -> dict[str, str]:
    try:
        feedback_id, received_at = json.loads(name)
    except (ValueError, TypeError, RecursionError):
        raise ForeignCursor from None
    return {"feedback_id": str(feedback_id), "received_at": str(received_at)}
