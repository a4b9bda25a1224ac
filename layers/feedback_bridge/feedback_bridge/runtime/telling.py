"""Telling the bus what became of deliveries."""

from collections.abc import Mapping, Sequence
from typing import Any

from feedback_bridge.aws.bus import publish
from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.errors import BridgeError
from feedback_bridge.feedback.facts import DeliveryFact, DeliveryFailed, DeliverySkipped, DeliverySucceeded
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.observability import logger

_FACTS: Mapping[str, type[DeliveryFact]] = {
    "delivered": DeliverySucceeded,
    "skipped": DeliverySkipped,
    "failed": DeliveryFailed,
}


def tell(deliveries: Sequence[Delivery]) -> None:
    """The delivery itself is stored, so a bus that does not answer loses no record."""
    facts = [_FACTS[delivery.status](**_fields(delivery)) for delivery in deliveries if delivery.status in _FACTS]
    try:
        refused = publish(settings.event_bus(), facts)
    except BridgeError:
        refused = list(range(len(facts)))
    if refused:
        logger.error("deliveries could not be told on the bus", extra={"deliveries": len(refused)})


def _fields(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery_id": delivery.id,
        "feedback_id": delivery.feedback_id,
        "source": delivery.source,
        "mapping": delivery.mapping,
        "org": delivery.org,
        "object": delivery.object,
        "record_id": delivery.record_id,
        "reason": delivery.reason,
        "at": delivery.updated_at,
    }
