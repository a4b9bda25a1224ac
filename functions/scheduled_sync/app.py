"""Every few minutes: syncs that are due are begun, and runs that have fallen silent get a new worker."""

from typing import Any

from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.sync.tick import tick


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"begun": tick()}
