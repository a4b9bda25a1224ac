"""Deliveries: listed, shown, and asked for once more."""

from dataclasses import asdict
from typing import Any

from feedback_bridge.aws.delivery_list import DeliveryList, Wanted
from feedback_bridge.aws.pages import ForeignCursor
from feedback_bridge.delivery.delivery import NO_MAPPING, STATUSES, Delivery, Status, split_delivery_id
from feedback_bridge.runtime import deliveries, settings
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, Wrong, unfit
from feedback_bridge.runtime.admin.replaying import announce_again, new_replay


def list_deliveries(call: Call) -> Reply:
    wanted = Wanted(call.query.get("source"), call.query.get("mapping"), _status(call), call.moment("since"))
    listing = DeliveryList(settings.delivery_table(), settings.retention_days())
    try:
        found, following = listing.page(wanted, call.now, most=call.limit(), cursor=call.query.get("cursor"))
    except ForeignCursor as error:
        raise unfit("cursor", "does not belong to this list") from error
    return Reply(200, {"items": [told(delivery) for delivery in found], "next": following})


def show(call: Call, delivery_id: str) -> Reply:
    return Reply(200, told(_delivery(delivery_id)))


def replay(call: Call, delivery_id: str) -> Reply:
    """The archived event goes through today's mapping again; what was written before is found, not doubled."""
    delivery = _delivery(delivery_id)
    name = new_replay(call.now)
    mapping = None if delivery.mapping == NO_MAPPING else delivery.mapping
    announce_again([delivery.feedback_id], name, mapping)
    return Reply(202, {"replay": name, "count": 1, "delivery_id": delivery.id})


def told(delivery: Delivery) -> dict[str, Any]:
    """The JSON of a delivery: what every program sees of it."""
    return {
        "id": delivery.id,
        "feedback_id": delivery.feedback_id,
        "source": delivery.source,
        "mapping": None if delivery.mapping == NO_MAPPING else delivery.mapping,
        "mapping_version": delivery.mapping_version,
        "status": delivery.status,
        "reason": delivery.reason,
        "org": delivery.org,
        "object": delivery.object,
        "record_id": delivery.record_id,
        "records": [asdict(record) for record in delivery.records],
        "warnings": list(delivery.warnings),
        "attempts": delivery.attempts,
        "replay": delivery.replay,
        "created_at": delivery.created_at.isoformat(),
        "updated_at": delivery.updated_at.isoformat(),
    }


def _status(call: Call) -> Status | None:
    given = call.query.get("status")
    if given is not None and given not in STATUSES:
        raise unfit("status", f"must be one of {', '.join(STATUSES)}")
    return next((status for status in STATUSES if status == given), None)


def _delivery(delivery_id: str) -> Delivery:
    key = split_delivery_id(delivery_id)
    found = [item for item in deliveries.table().of_feedback(key[0]) if item.mapping == key[1]] if key else []
    if not found:
        raise Wrong(404, "There is no such delivery.")
    return found[0]


ENDPOINTS = (
    Endpoint("GET", "/admin/deliveries", "viewer", list_deliveries),
    Endpoint("GET", "/admin/deliveries/<delivery_id>", "viewer", show),
    Endpoint("POST", "/admin/deliveries/<delivery_id>/replay", "operator", replay),
)
