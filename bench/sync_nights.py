"""A night's sync: so many accounts, of which 2 % changed since yesterday.

    python -m bench sync                    100,000 accounts
    python -m bench.sync_nights 1000000     as many as you have memory and patience for: the simulated org holds them

CPU is compared with the same done by hand when both sides are files on a disk: two csv.DictReaders, a comparison of
dicts, a csv.DictWriter for what differs.
"""

import csv
import io
import json
import os
import sys
import time
from typing import Any

import boto3

from bench import sync_worker
from bench.figure import Figure, at_most
from bench.processes import run
from bench.stage import Stage, stage

ACCOUNTS, MILLION = 100_000, 1_000_000
CHANGED_EVERY = 50
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


def measure(ready: Stage, accounts: int = ACCOUNTS) -> list[Figure]:
    """On a stage that has its org."""
    ready.publish(DOCUMENT)
    _load(ready, accounts)
    told, held = _table(accounts, COLUMNS, changed=True), _table(accounts, FIELDS, changed=False)
    boto3.client("s3").put_object(Bucket="archive", Key="files/bench/accounts.csv", Body=told.encode())
    before = ready.salesforce_calls()
    found = json.loads(run(["-m", "bench.sync_worker"], os.environ).splitlines()[-1])
    calls = ready.salesforce_calls() - before
    bare = min(_by_hand(told, held) for _ in range(3))
    changed = -(-accounts // CHANGED_EVERY)
    assert found["matched"] == accounts
    figures = [at_most(f"sync.peak_mb_{accounts}", found["peak_mb"], 250)]
    if accounts == ACCOUNTS:
        ratio = found["written"] / changed
        figures += [
            at_most(f"sync.calls_{accounts}", calls, 100),
            Figure("sync.rows_written_ratio", ratio, 1, ratio == 1),
            at_most("sync.cpu_ratio", found["cpu"] / bare, 3),
        ]
    return figures


def _load(ready: Stage, accounts: int) -> None:
    for start in range(0, accounts, LOADED_AT_ONCE):
        rows = [
            {"Name": f"取引先 {number}", **dict(zip(FIELDS, _row(number, changed=False), strict=True))}
            for number in range(start, min(start + LOADED_AT_ONCE, accounts))
        ]
        ready.org.control("POST", "/objects/Account/records", rows)


def _row(number: int, *, changed: bool) -> tuple[str, int, int, int]:
    days = number % 30 + (changed and number % CHANGED_EVERY == 0)
    return f"ACCOUNT-{number:08}", days, number % 97, number % 5_000


def _table(accounts: int, names: tuple[str, ...], *, changed: bool) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows(_row(number, changed=changed) for number in range(accounts))
    return text.getvalue()


def _by_hand(told: str, held: str) -> float:
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


if __name__ == "__main__":
    with stage() as ready:
        ready.add_org()
        for figure in measure(ready, int(sys.argv[1]) if len(sys.argv) > 1 else ACCOUNTS):
            print(figure)
