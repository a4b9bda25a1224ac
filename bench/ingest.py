"""What taking a webhook costs: AWS calls, and CPU beside a handler that does the same without any of the product."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import boto3

from bench.counted import AwsCall, aws_calls
from bench.figure import Figure, at_most
from bench.handlers import handler
from bench.stage import Stage, example
from bench.webhooks import SECRET, SIGNATURE, signature, webhook

CALLS_LIMIT, CPU_LIMIT = 3, 1.5
WARM_UP, ROUNDS, WEBHOOKS = 20, 9, 50

Handle = Callable[[dict[str, Any]], dict[str, Any]]


def prepare(stage: Stage) -> None:
    stage.keep_secret("typeform-main", SECRET)
    stage.publish(example("sources.yaml", "typeform-main"))


def measure(stage: Stage) -> list[Figure]:
    """Of a warm worker: a new one also fetches the source's secret, once in five minutes."""
    handle = handler("ingest")
    for number in range(WARM_UP):
        _accepted(handle(webhook(number)))
    with aws_calls() as aws:
        for number in range(WARM_UP, WARM_UP + WEBHOOKS):
            _accepted(handle(webhook(number)))
    per_webhook = [
        aws.made[start : start + len(aws.made) // WEBHOOKS]
        for start in range(0, len(aws.made), len(aws.made) // WEBHOOKS)
    ]
    bare = Bare(per_webhook)
    ratios = []
    for one in range(1, ROUNDS + 1):
        webhooks = [webhook(WARM_UP + WEBHOOKS * one + number) for number in range(WEBHOOKS)]
        ratios.append(_cpu(handle, webhooks) / _cpu(bare.handle, webhooks))
    return [
        at_most("ingest.aws_calls", round(len(aws.made) / WEBHOOKS, 2), CALLS_LIMIT),
        at_most("ingest.cpu_ratio", round(median(ratios), 2), CPU_LIMIT),
    ]


class Bare:
    """Verifies the HMAC and makes the same AWS calls, with arguments that are ready."""

    def __init__(self, per_webhook: Sequence[Sequence[AwsCall]]) -> None:
        self._ready = [[_fresh(call) for call in calls] for calls in per_webhook]
        self._clients = {call.service: boto3.client(call.service) for calls in per_webhook for call in calls}
        self._next = 0

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        body = base64.b64decode(event["body"])
        if not hmac.compare_digest(event["headers"].get(SIGNATURE, ""), signature(body)):
            return {"statusCode": 401, "body": ""}
        number, self._next = self._next, self._next + 1
        for call in self._ready[number % len(self._ready)]:
            arguments = call.arguments
            if "Item" in arguments:
                arguments = {**arguments, "Item": {**arguments["Item"], "feedback_id": {"S": f"bare:{number}"}}}
            getattr(self._clients[call.service], METHODS[call.operation])(**arguments)
        return {"statusCode": 202, "body": json.dumps({"status": "accepted"})}
