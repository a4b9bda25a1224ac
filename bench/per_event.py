"""What one event costs in each function that works off a queue, by the size of the batch it comes in. No limits.

`response_mapping.cpu_ms_at_10` are the milliseconds of one event when ten come at once.
"""

import time
from itertools import count

from bench.answers import CONTACTS, batch
from bench.counted import aws_calls
from bench.figure import Figure, without_limit
from bench.handlers import handler
from bench.stage import Stage

FUNCTIONS = {"nps_tagging": "FeedbackReceived", "response_mapping": "NpsTagged"}
REPEATED = {1: 50, 10: 20, 1_000: 2}
"""How many batches of each size."""


def measure(stage: Stage) -> list[Figure]:
    batches = count(start=2 * CONTACTS, step=max(REPEATED))
    return [
        figure
        for function, told in FUNCTIONS.items()
        for size, times in REPEATED.items()
        for figure in _figures(stage, function, told, size, [next(batches) for _ in range(times)])
    ]


def _figures(stage: Stage, function: str, told: str, size: int, starts: list[int]) -> list[Figure]:
    handle = handler(function)
    events = [batch(start, size, told) for start in starts]
    handle(batch(max(starts) + max(REPEATED) // 2, 1, told))
    before = stage.salesforce_calls()
    with aws_calls() as aws:
        started = time.process_time()
        failed = [handle(event)["batchItemFailures"] for event in events]
        seconds = time.process_time() - started
    if any(failed):
        raise RuntimeError(f"{function} failed on {sum(map(len, failed))} messages")
    answers = size * len(starts)
    per_event = {
        "cpu_ms": seconds * 1000 / answers,
        "aws_calls": len(aws.made) / answers,
        "salesforce_calls": (stage.salesforce_calls() - before) / answers,
    }
    return [without_limit(f"{function}.{name}_at_{size}", round(value, 4)) for name, value in per_event.items()]
