"""/admin/…: configs, deliveries, replay and status, for the CLI, the console and other programs."""

from typing import Any

from feedback_bridge.runtime.admin.api import answer
from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.problem import Response


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> Response:
    return answer(event, context)
