"""AWS's errors end here: above the adapters there is only transient and permanent."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from feedback_bridge.aws.items import from_item
from feedback_bridge.errors import PermanentError, TransientError

_PERMANENT = frozenset({"AccessDenied", "AccessDeniedException", "ResourceNotFoundException", "ValidationException"})


class ConditionFailed(Exception):
    """A conditional write found something else there: `item`, where it was asked for, else empty."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__("the condition of a write did not hold")
        self.item = item


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Run AWS calls; `what` completes the sentence "Could not …". A failed condition comes out as ConditionFailed."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        if code == "ConditionalCheckFailedException":
            raise ConditionFailed(from_item(error.response.get("Item", {}))) from error  # type: ignore[arg-type]
        kind = PermanentError if code in _PERMANENT else TransientError
        raise kind(f"Could not {what} ({code}).") from error
    except BotoCoreError as error:
        raise TransientError(f"Could not {what} ({type(error).__name__}).") from error
