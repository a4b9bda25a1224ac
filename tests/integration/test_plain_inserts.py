"""Inserts that nothing in Salesforce marks as ours, and answers that meet on a record, while workers die."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.runtime import response_mapping
from tests.integration.mapping_in_use import InUse
from tests.integration.queue_events import feedback, sqs_event

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
    """The worker's clock, after a claim has gone stale."""

    @staticmethod
    def now(zone: Any) -> datetime:
        return datetime.now(zone) + timedelta(minutes=6)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda: monkeypatch.setattr(response_mapping, "datetime", _Later)


def pending(now: datetime, **changes: Any) -> Delivery:
    known = Delivery("typeform-main:00001", "m", "typeform-main", "pending", now, now, sent_at=now)
    return replace(known, **changes)


def test_an_insert_is_claimed_by_one_worker_only_and_by_that_one_as_often_as_it_likes(bridge: InUse) -> None:
    now = datetime.now(UTC)
    assert bridge.deliveries.claim(pending(now), None)
    assert bridge.deliveries.claim(pending(now), None)
    other = now + timedelta(microseconds=1)
    assert not bridge.deliveries.claim(pending(other), None)
    assert not bridge.deliveries.claim(pending(other), pending(now))


def test_a_worker_that_read_before_another_one_delivered_cannot_claim(bridge: InUse) -> None:
    now = datetime.now(UTC)
    read = pending(now - timedelta(minutes=1), sent_at=None)
    bridge.deliveries.put_all([read])
    bridge.deliveries.put_all([pending(now, status="delivered", sent_at=None)])
    assert not bridge.deliveries.claim(pending(now + timedelta(seconds=1)), read)
    assert not bridge.deliveries.claim(pending(now + timedelta(seconds=1)), None)


def test_a_claim_of_a_worker_that_died_goes_stale(bridge: InUse) -> None:
    died = pending(datetime.now(UTC) - timedelta(minutes=6))
    bridge.deliveries.put_all([died])
    assert bridge.deliveries.claim(pending(datetime.now(UTC)), died)


def test_who_finds_another_worker_at_it_leaves_the_delivery_alone_and_comes_back(unmarked: InUse) -> None:
    unmarked.publish(CALL)
    claim = pending(datetime.now(UTC), reason="It is being written.")
    unmarked.deliveries.put_all([claim])
    tasks = len(unmarked.records("Task"))
    unmarked.send()
    assert unmarked.delivery() == claim
    assert unmarked.waiting() == 1
    assert len(unmarked.records("Task")) == tasks


def test_a_doubt_outlives_a_try_that_got_nowhere(unmarked: InUse, later: Any) -> None:
    unmarked.publish(CALL)
    fault(unmarked, WRITES, cut=True, when="after")
    unmarked.send()
    fault(unmarked, READS, status=503, body="<html>maintenance</html>")
    unmarked.send()
    assert unmarked.delivery().status == "pending"
    later()
    unmarked.send()
    task = unmarked.record("Task", Subject="電話する 対応が早い")
    assert (unmarked.delivery().status, unmarked.delivery().record_id) == ("delivered", task["Id"])


def test_two_that_sent_the_same_values_and_are_both_in_doubt_each_find_a_record_of_their_own(
    unmarked: InUse, later: Any
) -> None:
    unmarked.publish(CALL)
    before = len(unmarked.records("Task"))
    fault(unmarked, WRITES, cut=True, when="after")
    unmarked.send(feedback(1), feedback(2))
    later()
    unmarked.send(feedback(1), feedback(2))
    ids = {unmarked.delivery(number).record_id for number in (1, 2)}
    assert len(ids) == 2
    assert len(unmarked.records("Task")) == before + 2


def test_a_doubt_about_what_follows_outlives_one_about_the_record_before_it(unmarked: InUse, later: Any) -> None:
    unmarked.publish(LEAD_AND_CALL)
    before = len(unmarked.records("Task"))
    cut = {"match": WRITES, "effect": {"cut": True, "when": "after"}, "times": 1}
    unmarked.salesforce.control("POST", "/faults", {**cut, "skip": 1})
    unmarked.send()
    later()
    unmarked.salesforce.control("POST", "/faults", cut)
    unmarked.send()
    assert unmarked.delivery().status == "pending"
    unmarked.send()
    assert unmarked.outcome()[0] == "delivered"
    assert len(unmarked.records("Task")) == before + 1


def test_what_could_not_even_be_asked_is_written_as_soon_as_salesforce_is_back(unmarked: InUse) -> None:
    unmarked.publish(CALL)
    fault(unmarked, READS, status=503, body="<html>maintenance</html>")
    unmarked.send()
    assert unmarked.outcome()[0] == "pending"
    unmarked.send()
    assert unmarked.outcome()[0] == "delivered"


def test_a_plain_insert_that_follows_a_plain_insert_is_written_in_the_same_try(unmarked: InUse) -> None:
    unmarked.publish(LEAD_AND_CALL)
    unmarked.send()
    assert unmarked.outcome() == ("delivered", None)
    lead = unmarked.record("Lead", Email="hanako.sato@example.jp")
    assert unmarked.record("Task", WhoId=lead["Id"])["Subject"] == "電話する"


@pytest.mark.parametrize(
    ("detail", "asked"),
    [({}, []), ({"receives": 2}, ["typeform-main:00002"])],
    ids=["tried for the first time", "after a worker died with it"],
)
def test_an_older_answer_that_may_have_come_upon_the_newer_one_has_that_written_again(
    bridge: InUse, detail: dict[str, int], asked: list[str]
) -> None:
    """The worker that died may have had its write under way, to arrive after the newer one's."""
    bridge.publish(SCORE)
    bridge.send(feedback(2, occurred_at="2026-11-21T10:00:00Z"))
    older = feedback(1, occurred_at="2026-11-20T10:00:00Z")
    assert response_mapping.map_batch(sqs_event(older, **detail)["Records"]) == {"batchItemFailures": []}
    assert bridge.outcome()[0] == "skipped"
    assert [message["feedback_id"] for message in repeated(bridge)] == asked


def repeated(bridge: InUse) -> list[dict[str, Any]]:
    boto3.client("sqs").set_queue_attributes(QueueUrl=bridge.queue, Attributes={"VisibilityTimeout": "1"})
    reply = boto3.client("sqs").receive_message(QueueUrl=bridge.queue, MaxNumberOfMessages=10, WaitTimeSeconds=2)
    return [json.loads(message["Body"])["detail"] for message in reply.get("Messages", [])]
