"""Inserts that nothing in Salesforce marks as ours, and answers that meet on a record, while workers die."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feedback_bridge.delivery.delivery import Delivery
from tests.integration.mapping_in_use import InUse
from tests.integration.queue_events import feedback
from tests.integration.unanswered import (
    CALL,
    LEAD_AND_CALL,
    READS,
    WRITES,
    fault,
    in_thread,
    struck,
)

pytest_plugins = ["tests.integration.unanswered"]


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
    slow = in_thread(feedback())
    struck(unmarked)
    unmarked.send()
    assert unmarked.outcome()[0] == "delivered"
    slow.join()
    assert unmarked.outcome()[0] == "delivered"
    assert unmarked.waiting() == 2, "it comes again to see the other's word, and to look what it came upon"
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


def test_newer_content_finds_what_was_sent_of_the_older(unmarked: InUse, later: Any) -> None:
    unmarked.publish(CALL)
    before = len(unmarked.records("Task"))
    fault(unmarked, WRITES, cut=True, when="after")
    unmarked.send()
    newer = feedback(nps={**feedback()["nps"], "comment": "やっぱり遅い"})
    later()
    unmarked.send(newer, content=2)
    assert unmarked.outcome()[0] == "delivered"
    assert len(unmarked.records("Task")) == before + 1


def test_a_mapping_published_anew_finds_what_was_sent_by_the_old_one(unmarked: InUse, later: Any) -> None:
    unmarked.publish(CALL)
    before = len(unmarked.records("Task"))
    fault(unmarked, WRITES, cut=True, when="after")
    unmarked.send()
    unmarked.publish(CALL.replace("電話する", "Call"))
    later()
    unmarked.send(attempt=2)
    assert len(unmarked.records("Task")) == before + 1


def test_a_doubt_outlives_a_condition_that_did_not_hold_for_a_while(unmarked: InUse, later: Any) -> None:
    unmarked.publish(CALL)
    before = len(unmarked.records("Task"))
    fault(unmarked, WRITES, cut=True, when="after")
    unmarked.send()
    unmarked.publish(CALL + "\nwhen: {path: nps.score, op: le, value: 6}\n")
    unmarked.send(attempt=2)
    assert unmarked.outcome()[0] == "skipped"
    unmarked.publish(CALL)
    later()
    unmarked.send(replay="r")
    assert len(unmarked.records("Task")) == before + 1


def test_a_refused_search_concerns_nobody_but_who_is_looked_for(unmarked: InUse, later: Any) -> None:
    unmarked.publish(LEAD_AND_CALL)
    fault(unmarked, WRITES, cut=True, when="after")
    unmarked.send(feedback(1), feedback(2))
    later()
    fault(unmarked, READS, status=400, code="QUERY_TOO_COMPLICATED", message="too complicated")
    unmarked.send(feedback(1), feedback(2), feedback(3), attempt=2)
    assert unmarked.outcome(3)[0] == "delivered"


NOTE = """
write:
  object: Task
  operation: insert
  fields: {Description: {from: nps.comment}}
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_can_only_be_compared_is_found_too(unmarked: InUse, later: Any, when: str) -> None:
    unmarked.publish(NOTE)
    unmarked.load("Task", Description="ほかの言葉")
    before = len(unmarked.records("Task"))
    fault(unmarked, WRITES, cut=True, when=when)
    unmarked.send()
    unmarked.send(feedback(2, nps={**feedback()["nps"], "comment": "別の答え"}))
    later()
    unmarked.send(attempt=2)
    assert unmarked.outcome()[0] == "delivered"
    assert len(unmarked.records("Task")) == before + 2


def test_a_colleagues_record_is_not_taken_for_ours(unmarked: InUse, later: Any) -> None:
    unmarked.publish(CALL)
    before = len(unmarked.records("Task"))
    fault(unmarked, WRITES, cut=True)
    unmarked.send()
    who = unmarked.record("Contact", Email="hanako.sato@example.jp")["Id"]
    unmarked.load("Task", Subject="電話する 対応が早い", WhoId=who)
    later()
    unmarked.send(attempt=2)
    assert len(unmarked.records("Task")) == before + 2


POST = """
write:
  object: Contact
  operation: chatter_post
  match: {fields: {Email: respondent.email}, on_many: all}
  fields: {Body: {template: "NPS {{ nps.score }}: {{ nps.comment }}"}}
"""


def test_a_post_is_not_taken_for_another_on_the_same_record(unmarked: InUse, later: Any) -> None:
    unmarked.publish(POST)
    fault(unmarked, WRITES, cut=True)
    unmarked.send(feedback(1))
    unmarked.send(feedback(2, nps={**feedback()["nps"], "comment": "別の答え"}))
    later()
    unmarked.send(feedback(1), attempt=2)
    assert len(unmarked.records("FeedItem")) == 2


def test_posts_on_several_records_are_all_made_and_each_once(unmarked: InUse) -> None:
    unmarked.publish(POST)
    unmarked.load("Contact", LastName="佐藤二", Email="hanako.sato@example.jp")
    locked = {"row_code": "ENTITY_IS_LOCKED", "row_message": "the entity is locked for editing"}
    rule = {"match": {"method": "CREATE", "object": "FeedItem"}, "effect": locked, "times": 3, "skip": 1}
    unmarked.salesforce.control("POST", "/faults", rule)
    unmarked.send()
    unmarked.salesforce.control("DELETE", "/faults")
    unmarked.send(attempt=2)
    unmarked.send(replay="r")
    posts = unmarked.records("FeedItem")
    assert len({post["ParentId"] for post in posts}) == len(posts) == 2
    assert unmarked.delivery().object == "FeedItem"


def test_a_new_person_with_two_answers_in_a_batch_is_one_contact(bridge: InUse) -> None:
    bridge.publish(PERSON)
    who = {"email": "shinki@example.jp", "name": "新規"}
    older, newer = (feedback(day, occurred_at=f"2026-11-2{day}T10:00:00Z", respondent=who) for day in (0, 1))
    bridge.send(older, newer)
    bridge.send(newer, attempt=2)
    assert [bridge.outcome(day)[0] for day in (0, 1)] == ["delivered", "delivered"]
    bridge.record("Contact", Email="shinki@example.jp")


PERSON = """
write:
  object: Contact
  operation: upsert
  match: {fields: {Email: respondent.email}}
  fields: {LastName: {from: respondent.name}, NPS_Score__c: {from: nps.score}}
"""
