"""FeedbackReceived without a score, and NpsTagged, become Salesforce records and deliveries."""

from typing import Any

from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.response_mapping import map_batch


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return map_batch(event["Records"])
