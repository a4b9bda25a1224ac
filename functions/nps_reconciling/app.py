"""Every night the counts of scores are put right, and accounts whose score has changed are told to their mappings."""

from typing import Any

from feedback_bridge.runtime.nps_reconciling import reconcile
from feedback_bridge.runtime.observability import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return reconcile()
