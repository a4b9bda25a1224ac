"""Messages of events that have been erased since they were sent come to nothing."""

from collections.abc import Sequence

from feedback_bridge.aws.erasure import erased
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.messages import Message
from feedback_bridge.runtime.observability import logger


def without_erased(messages: Sequence[Message]) -> list[Message]:
    """The others. Only those are asked about that have waited, or that come by their id alone:
    any other is seconds old. Raises TransientError."""
    asked = {message.detail["feedback_id"] for message in messages if _may_be_old(message)}
    gone = erased(settings.feedback_table(), sorted(asked)) if asked else set()
    if gone:
        logger.info("erased meanwhile", extra={"messages": len(gone)})
    return [message for message in messages if message.detail["feedback_id"] not in gone]


def _may_be_old(message: Message) -> bool:
    detail = message.detail
    return message.attempt > 1 or message.receives > 1 or detail.get("feedback") is None
