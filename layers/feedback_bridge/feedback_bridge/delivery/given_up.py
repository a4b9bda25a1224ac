"""Why a message was given up, in a sentence for whoever has to decide whether to try again."""

from collections.abc import Mapping, Sequence

from feedback_bridge.delivery.delivery import Delivery


def explanation(queue: str, readable: bool, attributes: Mapping[str, str], deliveries: Sequence[Delivery]) -> str:
    """`queue` gave it up; `attributes` are what EventBridge wrote to a message that it could not hand over;
    `deliveries` are those of its feedback."""
    if not readable:
        return "It is no event of our bus, so no function can read it: sending it back will not help."
    if "ERROR_CODE" in attributes:
        target = attributes.get("TARGET_ARN", "").rpartition(":")[2] or "its target"
        why = attributes.get("ERROR_MESSAGE") or attributes["ERROR_CODE"]
        return f"EventBridge could not hand it to {target}: {why}"
    failed = [item for item in deliveries if item.status in ("failed", "pending") and item.reason]
    if failed:
        latest = max(failed, key=lambda item: item.updated_at)
        return f"{queue} gave it up: {latest.reason}"
    if deliveries:
        return "Its deliveries have all ended well since: sending it back would change nothing."
    return f"{queue} gave it up without a word; the logs say more."
