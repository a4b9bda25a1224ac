"""POST /in/{source}: a tool's webhook, answered 202 once it is durable. GET answers the tool's check of the URL."""

from typing import Any

from feedback_bridge.runtime.ingest import receive
from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.problem import Response


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> Response:
    return receive(event)
