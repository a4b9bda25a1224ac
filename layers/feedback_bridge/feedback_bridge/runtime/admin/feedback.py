"""One feedback: what was said, as it is read today, and what became of it."""

from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply
from feedback_bridge.runtime.admin.deliveries import told
from feedback_bridge.runtime.admin.samples import stored
from feedback_bridge.runtime.deliveries import table


def show(call: Call, feedback_id: str) -> Reply:
    feedback = stored(feedback_id)
    deliveries = [told(delivery) for delivery in table().of_feedback(feedback_id)]
    return Reply(200, {**feedback.to_document(), "deliveries": deliveries})


ENDPOINTS = (Endpoint("GET", "/admin/feedback/<feedback_id>", "viewer", show),)
