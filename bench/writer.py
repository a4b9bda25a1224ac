"""What writing to Salesforce costs: calls, CPU beside a bare loop, and memory."""

import os
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bench import processes
from bench.answers import CONTACTS, batch
from bench.bare_writer import BareWriter, items_in
from bench.counted import aws_calls, requests_of
from bench.figure import Figure, at_most
from bench.handlers import handler
from bench.stage import Stage
from feedback_bridge.runtime.orgs import org

BATCH = 1_000
CALLS_LIMIT, CPU_LIMIT, PEAK_LIMIT, BULK_PEAK_LIMIT = 200, 2.5, 200, 250
BULK_ROWS = 100_000


def measure(stage: Stage) -> list[Figure]:
    """Ten batches of a thousand answers by ten thousand contacts; from the third on the bare loop runs in turns."""
    calls, ratio = _ten_thousand(stage)
    _all_arrived(stage)
    return [
        at_most("writer.calls_per_10000", calls, CALLS_LIMIT),
        at_most("writer.cpu_ratio", round(ratio, 2), CPU_LIMIT),
        at_most("writer.peak_mb_1000", _peak("bench.one_batch", CONTACTS, BATCH), PEAK_LIMIT),
        at_most("writer.bulk_peak_mb_100000", _peak("bench.bulk_rows", BULK_ROWS), BULK_PEAK_LIMIT),
    ]


def _ten_thousand(stage: Stage) -> tuple[int, float]:
    """The Salesforce calls of a new worker for all of them, login and describes included, and the ratio of CPU."""
    handle = handler("response_mapping")
    before = stage.salesforce_calls()
    handle(batch(0, BATCH))
    with aws_calls() as aws, requests_of(org("production").session().session) as sent:
        handle(batch(BATCH, BATCH))
    bare = BareWriter(sent, items_in(aws.made, stage.delivery_table), stage.delivery_table)
    calls = stage.salesforce_calls() - before
    ratios: list[float] = []
    for start in range(2 * BATCH, CONTACTS, BATCH):
        event = batch(start, BATCH)
        before = stage.salesforce_calls()
        ours = _cpu(handle, event)
        calls += stage.salesforce_calls() - before
        ratios.append(ours / _cpu(bare.run, event))
    return calls, median(ratios)


def _cpu(run: Callable[[Any], Any], event: Any) -> float:
    started = time.process_time()
    run(event)
    return time.process_time() - started


def _all_arrived(stage: Stage) -> None:
    """What was measured must be what was promised: a response and an updated contact for every answer."""
    responses = stage.org.control("GET", "/objects/Survey_Response__c/count")["live"]
    contacts = sum(1 for contact in stage.org.records("Contact") if contact["NPS_Score__c"] == 9)
    if (responses, contacts) != (CONTACTS, CONTACTS):
        raise RuntimeError(f"of {CONTACTS} answers, {responses} responses and {contacts} contacts were written")


def _peak(module: str, *arguments: int) -> float:
    told = processes.run(["-m", module, *map(str, arguments)], os.environ)
    return round(float(told), 1)
