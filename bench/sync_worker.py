"""One run of a sync in a process of its own: `python -m bench.sync_worker`. Prints its counts, CPU seconds and peak."""

import json
import time
from datetime import UTC, datetime

import boto3

from bench.processes import peak_mb
from feedback_bridge.aws.clients import client
from feedback_bridge.runtime.reading import configs
from feedback_bridge.runtime.sync.page import engine
from feedback_bridge.runtime.sync.starting import begin, runs

SYNC = "bench-usage"


def main() -> None:
    published = configs().published("sync", SYNC)
    assert published is not None
    run = begin(published, "push", "bench", datetime.now(UTC))
    # What a warm worker has done already: clients, session, describe.
    working = engine()
    working.org("production").schema("Account")
    for service in ("s3", "dynamodb", "events", "sqs"):
        client(service)
    boto3.client("s3").head_bucket(Bucket="archive")
    before = time.process_time()
    while (wait := working.go_on(run.sync, run.id, "bench", lambda: True)) is not None:
        time.sleep(min(wait, 2))
    cpu = time.process_time() - before
    ended = runs().find(run.sync, run.id)
    assert ended is not None
    assert ended.status == "succeeded", ended.reason
    print(json.dumps({**ended.counts.model_dump(), "cpu": cpu, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
