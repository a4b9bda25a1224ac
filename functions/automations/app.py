"""NpsSignal, and what is due later, become Salesforce records, e-mail, webhooks, events and deliveries."""

from typing import Any

from feedback_bridge.runtime.automations import act_batch
from feedback_bridge.runtime.observability import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return act_batch(event["Records"])
