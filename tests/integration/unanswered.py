"""Salesforce that does not answer, workers that die, and what comes of it later.

A test file gets the fixtures with a line of its own:

pytest_plugins = ["tests.integration.unanswered"]
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest

from feedback_bridge.runtime import response_mapping
from tests.integration.mapping_in_use import InUse
from tests.integration.queue_events import sqs_event

pytest_plugins = ["tests.integration.mapping_in_use"]

CALL = """
write:
  object: Task
  operation: insert
  fields:
    Subject: {template: "電話する {{ nps.comment }}"}
    WhoId: {lookup: {object: Contact, by: {Email: respondent.email}, on_none: omit, on_many: newest}}
"""
LEAD_AND_CALL = """
write:
  object: Lead
  operation: insert
  fields: {LastName: {from: respondent.name}, Company: {value: 個人}, Email: {from: respondent.email}}
then:
  - write: {object: Task, operation: insert, fields: {WhoId: {record: Id}, Subject: {value: 電話する}}}
"""
SCORE = """
write:
  object: Contact
  operation: update
  match: {fields: {Email: respondent.email}}
  fields: {NPS_Score__c: {from: nps.score}}
"""
MARKER = "Feedback_Bridge_Id__c"
READS, WRITES = {"path": "/composite$|/query"}, {"path": "/composite/sobjects"}


@pytest.fixture
def unmarked(bridge: InUse) -> Iterator[InUse]:
    for name in ("Task", "Lead"):
        bridge.salesforce.control("DELETE", f"/objects/{name}/fields/{MARKER}")
    yield bridge
    bridge.salesforce.control("DELETE", "/faults")


def fault(bridge: InUse, match: dict[str, str], **effect: Any) -> None:
    bridge.salesforce.control("POST", "/faults", {"match": match, "effect": effect, "times": 1})


class _Later:
    """The worker's clock, when neither another worker nor Salesforce can be at an insert any more."""

    @staticmethod
    def now(zone: Any) -> datetime:
        return datetime.now(zone) + timedelta(minutes=16)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda: monkeypatch.setattr(response_mapping, "datetime", _Later)


@pytest.fixture
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is to have a second look has it at once."""
    monkeypatch.setenv("WORKER_SECONDS", "0")
    monkeypatch.setenv("SALESFORCE_SECONDS", "0")


def in_thread(*documents: dict[str, Any], **how: Any) -> threading.Thread:
    """Another worker, at the same time."""
    thread = threading.Thread(target=response_mapping.map_batch, args=(sqs_event(*documents, **how)["Records"],))
    thread.start()
    return thread


def score(bridge: InUse) -> float:
    return float(bridge.record("Contact", Email="hanako.sato@example.jp")["NPS_Score__c"])


def struck(bridge: InUse) -> None:
    """Once the fault has: whoever it struck is held there."""
    until(lambda: any(rule["fired"] for rule in bridge.salesforce.control("GET", "/faults")))


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def give(bridge: InUse, message: dict[str, Any], told: dict[str, Any], **more: Any) -> None:
    """A message of the queue back to its function; `told` is what the archive has of it."""
    attempt = int(message["MessageAttributes"]["attempt"]["StringValue"])
    bridge.send(told, attempt=attempt, **{**detail(message), **more})


def detail(message: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(message["Body"])["detail"])


def come_back(bridge: InUse) -> list[dict[str, Any]]:
    """What the function put on its own queue, with a delay of a second at most."""
    boto3.client("sqs").set_queue_attributes(QueueUrl=bridge.queue, Attributes={"VisibilityTimeout": "60"})
    time.sleep(1.1)
    reply = boto3.client("sqs").receive_message(
        QueueUrl=bridge.queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return list(reply.get("Messages", []))
