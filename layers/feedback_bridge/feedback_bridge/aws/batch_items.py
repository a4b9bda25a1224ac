"""Many items at once: reads of 100 and writes of 25, with what DynamoDB left over asked for again."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated
from feedback_bridge.errors import TransientError

READ_AT_ONCE, WRITE_AT_ONCE = 100, 25
_PAUSES = (0.05, 0.2, 0.8, None)
"""Seconds before what was left over is asked for again."""


def read_items(table: str, keys: Sequence[Any]) -> Iterator[Any]:
    """The items that exist, in no order. Raises TransientError when the table does not give them all."""
    for start in range(0, len(keys), READ_AT_ONCE):
        waiting: Any = {table: {"Keys": list(keys[start : start + READ_AT_ONCE]), "ConsistentRead": True}}
        for pause in _PAUSES:
            with translated("read from DynamoDB"):
                reply = client("dynamodb").batch_get_item(RequestItems=waiting)
            yield from reply["Responses"].get(table, [])
            waiting = reply.get("UnprocessedKeys")
            if not _again(waiting, pause):
                break


def write_items(table: str, items: Sequence[Any]) -> None:
    """Each replaces what stood under its key. Raises TransientError when the table does not take them all."""
    for start in range(0, len(items), WRITE_AT_ONCE):
        waiting: Any = {table: [{"PutRequest": {"Item": item}} for item in items[start : start + WRITE_AT_ONCE]]}
        for pause in _PAUSES:
            with translated("write to DynamoDB"):
                waiting = client("dynamodb").batch_write_item(RequestItems=waiting).get("UnprocessedItems")
            if not _again(waiting, pause):
                break


def _again(waiting: Any, pause: float | None) -> bool:
    if not waiting:
        return False
    if pause is None:
        raise TransientError("DynamoDB is busy.")
    time.sleep(pause)
    return True
