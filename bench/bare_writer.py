"""The least that can do the mapping function's input and output, from payloads that are ready.

It parses the same SQS event, makes the same Salesforce calls and writes the same delivery items, and nothing else: no
mapping, no describe, no look whether the answer has been delivered before, no facts on the bus.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import boto3
import requests

from bench.counted import AwsCall

ITEMS_A_CALL = 25


@dataclass(frozen=True)
class SalesforceCall:
    method: str
    url: str
    headers: dict[str, str]
    payload: Any


class BareWriter:
    """Everything that needs to be made only once is made here, as in the function."""

    def __init__(self, sent: Sequence[requests.PreparedRequest], items: Sequence[dict[str, Any]], table: str) -> None:
        self._calls = [_ready(request) for request in sent]
        self._items = items
        self._table = table
        self._http = requests.Session()
        self._dynamodb = boto3.client("dynamodb")

    def run(self, event: dict[str, Any]) -> list[Any]:
        details = [json.loads(record["body"])["detail"] for record in event["Records"]]
        for call in self._calls:
            reply = self._http.request(call.method, call.url, headers=call.headers, json=call.payload, timeout=60)
            reply.raise_for_status()
            reply.json()
        for start in range(0, len(self._items), ITEMS_A_CALL):
            puts: list[Any] = [{"PutRequest": {"Item": item}} for item in self._items[start : start + ITEMS_A_CALL]]
            self._dynamodb.batch_write_item(RequestItems={self._table: puts})
        return details


def items_in(calls: Sequence[AwsCall], table: str) -> list[dict[str, Any]]:
    """The items that the function put into a table, with a condition each; bare, they are written without."""
    actions = [call.arguments["TransactItems"] for call in calls if call.operation == "TransactWriteItems"]
    puts = [action["Put"] for some in actions for action in some if "Put" in action]
    items = [put["Item"] for put in puts if put["TableName"] == table]
    if not items:
        raise RuntimeError("the function wrote no deliveries as this benchmark knows it")
    return items


def _ready(request: requests.PreparedRequest) -> SalesforceCall:
    kept = {name: request.headers[name] for name in request.headers if name.startswith(("Authorization", "Sforce-"))}
    payload = json.loads(request.body) if request.body else None
    return SalesforceCall(str(request.method), str(request.url), kept, payload)
