"""FeedbackReceived with a score in it becomes NpsTagged."""

from typing import Any

from feedback_bridge.runtime.nps_tagging import tag_batch
from feedback_bridge.runtime.observability import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return tag_batch(event["Records"])
