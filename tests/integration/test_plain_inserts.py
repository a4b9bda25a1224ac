"""Inserts that nothing in Salesforce marks as ours, and answers that meet on a record, while workers die."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.runtime import orgs, response_mapping
from feedback_bridge.salesforce.http import new_http
from tests.integration.mapping_in_use import InUse
from tests.integration.queue_events import feedback

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


def pending(now: datetime, **changes: Any) -> Delivery:
    known = Delivery("typeform-main:00001", "m", "typeform-main", "pending", now, now, sent_at=now, under_way=True)
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
    read = pending(now - timedelta(minutes=1), sent_at=None, under_way=False)
    bridge.deliveries.put_all([read])
    bridge.deliveries.put_all([pending(now, status="delivered", sent_at=None, under_way=False)])
    assert not bridge.deliveries.claim(pending(now + timedelta(seconds=1)), read)
    assert not bridge.deliveries.claim(pending(now + timedelta(seconds=1)), None)


def test_a_claim_of_a_worker_that_died_goes_stale(bridge: InUse) -> None:
    died = pending(datetime.now(UTC) - timedelta(minutes=16))
    bridge.deliveries.put_all([died])
    assert bridge.deliveries.claim(pending(datetime.now(UTC)), died)


def test_who_got_nowhere_does_not_wipe_out_what_another_worker_has_written_meanwhile(unmarked: InUse) -> None:
    unmarked.publish(CALL)
    before = len(unmarked.records("Task"))
    fault(unmarked, READS, slow_seconds=1.5, cut=True)
    slow = threading.Thread(target=unmarked.send)
    slow.start()
    until(lambda: unmarked.salesforce.control("GET", "/faults")[0]["fired"] == 1)
    unmarked.send()
    assert unmarked.outcome()[0] == "delivered"
    slow.join()
    assert unmarked.outcome()[0] == "delivered"
    assert unmarked.waiting() == 1, "it comes again, to see the other's word"
    unmarked.send()
    assert len(unmarked.records("Task")) == before + 1


def test_who_finds_another_worker_at_it_leaves_the_delivery_alone_and_comes_back(unmarked: InUse) -> None:
    unmarked.publish(CALL)
    claim = pending(datetime.now(UTC), reason="It is being written.")
    unmarked.deliveries.put_all([claim])
    tasks = len(unmarked.records("Task"))
    unmarked.send()
    assert unmarked.delivery() == claim
    assert unmarked.waiting() == 1
    assert len(unmarked.records("Task")) == tasks


def test_what_salesforce_may_still_be_at_is_looked_for_and_not_sent_again_before_it_must_have_ended(
    unmarked: InUse, later: Any
) -> None:
    unmarked.publish(CALL)
    before = len(unmarked.records("Task"))
    fault(unmarked, WRITES, cut=True)
    unmarked.send()
    unmarked.send()
    assert unmarked.outcome()[0] == "pending"
    assert len(unmarked.records("Task")) == before
    later()
    unmarked.send()
    assert unmarked.outcome()[0] == "delivered"
    assert len(unmarked.records("Task")) == before + 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_salesforce_itself_gave_up_is_looked_for_and_sent_again_at_once(unmarked: InUse, when: str) -> None:
    unmarked.publish(CALL)
    before = len(unmarked.records("Task"))
    fault(unmarked, WRITES, when=when, status=500, code="UNKNOWN_EXCEPTION", message="An unexpected error occurred.")
    unmarked.send()
    assert unmarked.outcome()[0] == "pending"
    unmarked.send()
    assert unmarked.outcome()[0] == "delivered"
    assert len(unmarked.records("Task")) == before + 1


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


@pytest.fixture
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is to have a second look has it at once."""
    monkeypatch.setenv("WORKER_SECONDS", "0")
    monkeypatch.setenv("SALESFORCE_SECONDS", "0")


def test_an_older_answer_that_may_have_come_upon_the_newer_one_has_that_written_again(
    nobody_waits: None, bridge: InUse
) -> None:
    """The worker that died may have had its write under way, to arrive after the newer one's: now, or at the latest
    when Salesforce must have ended it.
    """
    bridge.publish(SCORE)
    newer, older = feedback(2, occurred_at="2026-11-21T10:00:00Z"), feedback(1, occurred_at="2026-11-20T10:00:00Z")
    bridge.send(newer)
    bridge.send(older)
    assert bridge.outcome()[0] == "skipped"
    assert come_back(bridge) == []
    bridge.send({**older, "id": "typeform-main:00003"}, receives=2)
    asked = {(told["feedback_id"], told.get("second_look", False)) for told in map(detail, come_back(bridge))}
    assert asked == {("typeform-main:00002", False), ("typeform-main:00003", True)}


def test_a_write_that_salesforce_carries_out_long_after_nobody_waits_for_it_does_not_stand_over_a_newer_answer(
    nobody_waits: None, bridge: InUse
) -> None:
    bridge.publish(SCORE)
    orgs.org("production").session().session = new_http(read_seconds=0.5)
    older = feedback(1, occurred_at="2026-11-20T10:00:00Z")
    newer = feedback(2, occurred_at="2026-11-21T10:00:00Z", nps={**older["nps"], "score": 3})
    fault(bridge, WRITES, slow_seconds=2)
    bridge.send(older)
    assert bridge.outcome()[0] == "pending"
    bridge.send(newer)
    until(lambda: score(bridge) == 9)
    (second_look,) = (message for message in come_back(bridge) if "second_look" in message["Body"])
    give(bridge, second_look, older)
    assert bridge.outcome()[0] == "pending", "a second look has no word on the delivery"
    (written_again,) = (message for message in come_back(bridge) if "order-" in message["Body"])
    give(bridge, written_again, newer)
    assert score(bridge) == 3


def score(bridge: InUse) -> float:
    return float(bridge.record("Contact", Email="hanako.sato@example.jp")["NPS_Score__c"])


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def give(bridge: InUse, message: dict[str, Any], told: dict[str, Any]) -> None:
    """A message of the queue back to its function; `told` is what the archive has of it."""
    bridge.send(told, attempt=int(message["MessageAttributes"]["attempt"]["StringValue"]), **detail(message))


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
