"""Deliveries that waited for a mapping or automation that was deleted: they end, or they would wait for ever."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from feedback_bridge.automation.names import is_automation
from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.delivery.delivery import NO_MAPPING, Delivery
from feedback_bridge.delivery.listening import Mappings


def withdrawn(
    feedback_ids: Iterable[str], deliveries: Deliveries, mappings: Mappings, now: datetime, *, automations: bool = False
) -> Iterator[Delivery]:
    """Those of `mappings`, or of `automations`, among the deliveries of the feedback. Raises TransientError."""
    for feedback_id in feedback_ids:
        for delivery in deliveries.of_feedback(feedback_id):
            name = delivery.mapping
            if delivery.final or name == NO_MAPPING or is_automation(name) != automations or mappings.named(name):
                continue
            reason = f"The {'automation' if automations else f'mapping {name}'} is no longer published."
            yield replace(delivery.now("skipped", now, reason), paused=False, waiting_since=None)
