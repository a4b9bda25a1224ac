"""The deliveries, for those who look at them or note what became of a message; whoever writes to an org has its own."""

from functools import cache

from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.runtime import settings


@cache
def table() -> Deliveries:
    return Deliveries(settings.delivery_table(), settings.retention_days())
