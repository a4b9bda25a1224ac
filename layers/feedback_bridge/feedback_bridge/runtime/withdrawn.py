"""Deliveries that waited for a mapping which was deleted meanwhile: they end, or they would wait for ever."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from feedback_bridge.automation.names import is_automation
from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.delivery.arrival import Arrival
from feedback_bridge.delivery.batch import Result
from feedback_bridge.delivery.delivery import NO_MAPPING, Delivery
from feedback_bridge.delivery.listening import Mappings


def withdrawn(
    arrivals: Sequence[Arrival], result: Result, deliveries: Deliveries, mappings: Mappings, now: datetime
) -> Iterator[Delivery]:
    """Looked for when a message is done that had to wait, or that asks for such a mapping. Raises TransientError."""
    done = {
        arrival.feedback_id
        for arrival in arrivals
        if arrival.key not in result.again
        and (arrival.tried or (arrival.mapping and mappings.named(arrival.mapping) is None))
    }
    for feedback_id in done:
        for delivery in deliveries.of_feedback(feedback_id):
            if delivery.final or delivery.mapping == NO_MAPPING or mappings.named(delivery.mapping):
                continue
            if is_automation(delivery.mapping):
                continue  # of another function
            reason = f"The mapping {delivery.mapping} is no longer published."
            yield replace(delivery.now("skipped", now, reason), paused=False, waiting_since=None)
