"""A burst of webhooks at the local stack, as it is really deployed: none of them may be lost."""

import os

from bench.figure import Figure, at_most, without_limit
from bench.processes import run

WEBHOOKS, LIMIT = 5_000, 0
PATIENCE_SECONDS = 3600
"""It deploys a stack, whose functions share this machine: minutes where nothing else runs, much longer elsewhere."""


def measure() -> list[Figure]:
    told = run(["-m", "bench.burst", str(WEBHOOKS)], os.environ, patience_seconds=PATIENCE_SECONDS)
    lost, refused = (int(number) for number in told.splitlines()[-1].split())
    return [at_most("ingest.burst_lost", lost, LIMIT), without_limit("ingest.burst_refused", refused)]
