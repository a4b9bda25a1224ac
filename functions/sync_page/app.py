"""A run of a sync goes on from where it was saved last, for as long as this function may run."""

from typing import Any

from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.sync.page import work_through


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return work_through(event["Records"], context.get_remaining_time_in_millis)
