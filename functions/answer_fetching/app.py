"""AnswersAwaited becomes FeedbackReceived, with the answers that the tool's API gives."""

from typing import Any

from feedback_bridge.runtime.answer_fetching import fetch_batch
from feedback_bridge.runtime.observability import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return fetch_batch(event["Records"])
