"""POST /salesforce/{org}/outbound-messages: what an org's flows send, acknowledged once it is durable."""

from typing import Any

from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.outbound_messages import receive
from feedback_bridge.runtime.problem import Response


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> Response:
    return receive(event)
