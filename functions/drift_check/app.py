"""Every night, by EventBridge Scheduler: does every published mapping and automation still fit its org?"""

from datetime import UTC, datetime
from typing import Any

from feedback_bridge.runtime.drift import check_every_org
from feedback_bridge.runtime.observability import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return check_every_org(datetime.now(UTC))
