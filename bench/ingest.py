"""What taking a webhook costs: AWS calls, and CPU beside a handler that does the same without any of the product."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from bench.bare_ingest import BareIngest
from bench.counted import aws_calls
from bench.figure import Figure, at_most
from bench.handlers import handler
from bench.stage import Stage
from bench.webhooks import SECRET, webhook

CALLS_LIMIT, CPU_LIMIT = 3, 1.5
ROUNDS, WEBHOOKS = 9, 50

Handle = Callable[[dict[str, Any]], dict[str, Any]]


def measure(_: Stage) -> list[Figure]:
    """Of a warm worker: a new one also fetches the source's secret, and again every five minutes."""
    handle = handler("ingest")
    _cpu(handle, _webhooks(0))
    per_webhook = []
    for event in _webhooks(1):
        with aws_calls() as aws:
            _cpu(handle, [event])
        per_webhook.append(aws.made)
    bare = BareIngest(per_webhook, SECRET)
    ratios = []
    for number in range(2, 2 + ROUNDS):
        events = _webhooks(number)
        ratios.append(_cpu(handle, events) / _cpu(bare.handle, events))
    calls = sum(map(len, per_webhook)) / WEBHOOKS
    return [
        at_most("ingest.aws_calls", round(calls, 2), CALLS_LIMIT),
        at_most("ingest.cpu_ratio", round(median(ratios), 2), CPU_LIMIT),
    ]


def _webhooks(number: int) -> list[dict[str, Any]]:
    """Each round has its own: the same again would be a duplicate."""
    return [webhook(number * WEBHOOKS + one) for one in range(WEBHOOKS)]


def _cpu(handle: Handle, events: Sequence[dict[str, Any]]) -> float:
    started = time.process_time()
    answers = [handle(event) for event in events]
    seconds = time.process_time() - started
    refused = [answer for answer in answers if answer["statusCode"] != 202 or "duplicate" in answer["body"]]
    if refused:
        raise RuntimeError(f"a webhook was not accepted: {refused[0]}")
    return seconds
