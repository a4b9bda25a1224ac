"""Conditional writes of many items, a hundred to a transaction, of which each stands or falls for itself."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated
from feedback_bridge.errors import TransientError

_AT_ONCE = 100
"""Items of one transaction (DynamoDB: TransactWriteItems)."""

_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, None)
"""Seconds before a transaction that met another one is tried again."""


def write_each(what: str, actions: Sequence[Mapping[str, Any]]) -> set[int]:
    """The positions of those whose condition does not hold; all the others are written. No two are of one item.

    `what` completes the sentence "Could not …". Raises TransientError.
    """
    unmet: set[int] = set()
    for start in range(0, len(actions), _AT_ONCE):
        unmet |= _written(what, {at: actions[at] for at in range(start, min(start + _AT_ONCE, len(actions)))})
    return unmet


def _written(what: str, actions: Mapping[int, Mapping[str, Any]]) -> set[int]:
    unmet: set[int] = set()
    for pause in _PAUSES:
        waiting = [position for position in actions if position not in unmet]
        reasons = _transact(what, [actions[position] for position in waiting]) if waiting else ()
        if not reasons:
            return unmet
        failed = {at for at, reason in zip(waiting, reasons, strict=False) if _condition_failed(reason)}
        unmet |= failed
        if pause is not None and not failed:
            time.sleep(pause)
    raise TransientError(f"Could not {what}: too many workers write the same at once.")


def _transact(what: str, actions: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Nothing when all were written; else why each was not."""
    try:
        with translated(what):
            client("dynamodb").transact_write_items(TransactItems=actions)
    except TransientError as error:
        cause = error.__cause__
        if isinstance(cause, ClientError) and (reasons := cause.response.get("CancellationReasons")):
            return reasons
        raise
    return ()


def _condition_failed(reason: Mapping[str, Any]) -> bool:
    return reason.get("Code") == "ConditionalCheckFailed"
