"""Nights of a sync: 100,000 accounts, and in the last one a million, of which 2 % changed since the night before.

CPU is compared with the same done by hand when both sides are files in memory: two csv.DictReaders, a comparison of
dicts, a csv.DictWriter for what differs. That the sync also speaks TLS, signs what it lays down in S3 and writes the
changes to the org is in its figure, and not in the one by hand.
"""

import csv
import io
import json
import os
import time
from typing import Any

import boto3

from bench import sync_worker
from bench.figure import Figure, at_most
from bench.processes import run
from bench.stage import Stage

ACCOUNTS, MILLION = 100_000, 1_000_000
CHANGED_EVERY = 50
NIGHTS = 3
LOADED_AT_ONCE = 5_000
COLUMNS = ("account", "days", "features", "minutes")
FIELDS = ("AccountNumber", "Pendo_Days_Active__c", "Pendo_Features_Used__c", "Pendo_Minutes__c")
DOCUMENT: dict[str, Any] = {
    "kind": "sync",
    "id": sync_worker.SYNC,
    "tool": {"type": "file", "path": "bench/accounts.csv", "key": COLUMNS[0]},
    "salesforce": {"org": "production", "object": "Account", "key": FIELDS[0]},
    "push": {"fields": dict(zip(FIELDS[1:], COLUMNS[1:], strict=True))},
    "schedule": "never",
}


def measure(ready: Stage) -> list[Figure]:
    """On a stage that has its org."""
    ready.publish(DOCUMENT)
    nights = []
    by_hand = []
    for night in range(1, NIGHTS + 1):
        nights.append(_night(ready, night, ACCOUNTS, 0 if night == 1 else ACCOUNTS))
        by_hand.append(_by_hand())
    million = _night(ready, NIGHTS + 1, MILLION, ACCOUNTS)
    written = sum(night["written"] for night in [*nights, million])
    changed = (NIGHTS * ACCOUNTS + MILLION) // CHANGED_EVERY
    cpu = min(night["cpu"] for night in nights)
    return [
        at_most(f"sync.calls_{ACCOUNTS}", max(night["org_calls"] for night in nights), 100),
        Figure("sync.rows_written_ratio", round(written / changed, 4), 1, written == changed),
        at_most(f"sync.peak_mb_{ACCOUNTS}", round(max(night["peak_mb"] for night in nights), 1), 250),
        at_most(f"sync.peak_mb_{MILLION}", round(million["peak_mb"], 1), 250),
        at_most("sync.cpu_ratio", round(cpu / min(by_hand), 2), 3),
        at_most("sync.cpu_growth_per_row", round(million["cpu"] / MILLION / (cpu / ACCOUNTS), 2), 2),
    ]


def _night(ready: Stage, night: int, accounts: int, known: int) -> dict[str, Any]:
    """What the worker told of its run, with the calls that the org counted. `known` accounts are there already."""
    _load(ready, known, accounts)
    body = _table(accounts, COLUMNS, night).encode()
    boto3.client("s3").put_object(Bucket="archive", Key="files/bench/accounts.csv", Body=body)
    before = ready.salesforce_calls()
    told: dict[str, Any] = json.loads(run(["-m", "bench.sync_worker"], os.environ).splitlines()[-1])
    assert told["matched"] == accounts
    return {**told, "org_calls": ready.salesforce_calls() - before}


def _load(ready: Stage, known: int, accounts: int) -> None:
    for start in range(known, accounts, LOADED_AT_ONCE):
        rows = [
            {"Name": f"取引先 {number}", **dict(zip(FIELDS, _row(number, 0), strict=True))}
            for number in range(start, min(start + LOADED_AT_ONCE, accounts))
        ]
        ready.org.control("POST", "/objects/Account/records", rows)


def _row(number: int, night: int) -> tuple[str, int, int, int]:
    """Before the first night, number 0, nothing has changed yet."""
    days = number % 30 + (night if number % CHANGED_EVERY == 0 else 0)
    return f"ACCOUNT-{number:08}", days, number % 97, number % 5_000


def _table(accounts: int, names: tuple[str, ...], night: int) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows(_row(number, night) for number in range(accounts))
    return text.getvalue()


def _by_hand() -> float:
    """CPU seconds."""
    told, held = _table(ACCOUNTS, COLUMNS, 1), _table(ACCOUNTS, FIELDS, 0)
    before = time.process_time()
    records = {row["AccountNumber"]: row for row in csv.DictReader(io.StringIO(held, newline=""))}
    output = io.StringIO(newline="")
    writer = csv.DictWriter(output, FIELDS)
    writer.writeheader()
    for row in csv.DictReader(io.StringIO(told, newline="")):
        wanted = dict(zip(FIELDS, row.values(), strict=True))
        if records.get(row["account"]) != wanted:
            writer.writerow(wanted)
    return time.process_time() - before
