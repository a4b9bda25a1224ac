"""Storing what a batch came to, and having come again what is not settled with that."""

from collections.abc import Sequence

from feedback_bridge.aws.deliveries import Deliveries, Found
from feedback_bridge.aws.queues import backoff
from feedback_bridge.delivery.batch import Result
from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.delivery.patience import SOON
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.consumer import Verdicts
from feedback_bridge.runtime.messages import Message


def store(
    deliveries: Deliveries,
    ended: Sequence[Delivery],
    read: Found,
    result: Result,
    messages: Sequence[Message],
    verdicts: Verdicts,
) -> tuple[list[Delivery], list[Delivery]]:
    """Those of `ended` that are stored now, and those that are not: where another worker has put in a word since ours
    was `read`, that stands, and the message comes again to see it. Raises TransientError.
    """
    met = deliveries.put_unchanged(ended, read)
    of_feedback = {feedback_id for feedback_id, _ in met}
    for message in messages:
        first = SOON if message.detail["feedback_id"] in of_feedback else result.again.get(message.id)
        if first is not None:
            verdicts.again[message.id] = backoff(message.attempt, first=first, longest=settings.longest_wait())
    parted: tuple[list[Delivery], list[Delivery]] = [], []
    for delivery in ended:
        parted[(delivery.feedback_id, delivery.mapping) in met].append(delivery)
    return parted
