"""What a Lambda worker remembers from call to call, forgotten: the next call is a new worker's first."""

from feedback_bridge.aws import secrets
from feedback_bridge.runtime import (
    arriving,
    deliveries,
    histories,
    ingest,
    orgs,
    outbound_messages,
    reading,
    response_mapping,
)

_REMEMBERED = (
    arriving.intake,
    arriving._rate_limits,
    deliveries.table,
    histories.table,
    ingest._configs,
    outbound_messages._configs,
    reading.archive,
    reading.configs,
    response_mapping._parts,
    secrets._provider,
)


def forget() -> None:
    for remembered in _REMEMBERED:
        remembered.cache_clear()
    orgs._made.clear()
