"""Answers that meet on a record, and requests that Salesforce carries out when nobody waits for them any more."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from feedback_bridge.aws.pauses import Pauses
from feedback_bridge.delivery.delivery import NO_MAPPING, Delivery
from feedback_bridge.runtime import orgs, response_mapping
from feedback_bridge.salesforce.http import new_http
from tests.integration.mapping_in_use import InUse
from tests.integration.queue_events import feedback, sqs_event
from tests.integration.unanswered import SCORE, WRITES, come_back, detail, fault, give, in_thread, score, struck, until

pytest_plugins = ["tests.integration.unanswered"]


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
    (second_look,) = looks(bridge)
    give(bridge, second_look, older)
    assert bridge.outcome()[0] == "pending", "a second look has no word on the delivery"
    (written_again,) = repeats(bridge)
    give(bridge, written_again, newer)
    assert score(bridge) == 3


RESPONSE = """
write:
  object: Survey_Response__c
  operation: upsert
  key: {field: Response_Id__c, value: id}
  fields: {NPS_Score__c: {from: nps.score}}
"""


def test_older_content_that_came_upon_newer_content_is_written_over_again(nobody_waits: None, bridge: InUse) -> None:
    bridge.publish(RESPONSE)
    older, changed = feedback(), feedback(nps={**feedback()["nps"], "score": 3})
    fault(bridge, WRITES, slow_seconds=1.5)
    slow = in_thread(older)
    struck(bridge)
    bridge.send(changed, content=2)
    slow.join()
    assert bridge.delivery().content == 2, "the slow worker lets the other's word stand"
    for _ in range(2):  # its second look, and what that asks for
        for message in come_back(bridge):
            give(bridge, message, older if detail(message).get("second_look") else changed)
    assert bridge.record("Survey_Response__c", Response_Id__c="typeform-main:00001")["NPS_Score__c"] == 3


def test_older_content_that_is_carried_out_late_is_written_over_again(nobody_waits: None, bridge: InUse) -> None:
    bridge.publish(SCORE)
    older, changed = feedback(), feedback(nps={**feedback()["nps"], "score": 3})
    fault(bridge, WRITES, when="later", slow_seconds=4, cut=True)
    bridge.send(older)
    (look,) = looks(bridge)
    bridge.send(changed, content=2)
    until(lambda: score(bridge) == 9)
    give(bridge, look, older)
    (again,) = repeats(bridge)
    give(bridge, again, changed, content=2)
    assert score(bridge) == 3


def test_who_comes_back_from_a_worker_that_died_looks_what_that_one_may_have_done(
    nobody_waits: None, bridge: InUse
) -> None:
    """Another message has delivered the same event, and a newer answer has come, before the dead worker's write did."""
    bridge.publish(SCORE)
    older = feedback(1, occurred_at="2026-11-20T10:00:00Z")
    bridge.send(older)
    bridge.send(feedback(2, occurred_at="2026-11-21T10:00:00Z"))
    bridge.send(older, receives=2)
    assert [detail(message)["feedback_id"] for message in repeats(bridge)] == ["typeform-main:00002"]


def test_a_duplicate_in_its_batch_does_not_swallow_a_second_look(nobody_waits: None, bridge: InUse) -> None:
    bridge.publish(SCORE)
    older = feedback(1, occurred_at="2026-11-20T10:00:00Z")
    bridge.send(older)
    bridge.send(feedback(2, occurred_at="2026-11-21T10:00:00Z"))
    look = sqs_event(older, attempt=2, second_look=True, mapping="m")["Records"][0]
    response_mapping.map_batch([{**look, "messageId": "look"}, *sqs_event(older)["Records"]])
    assert [detail(message)["feedback_id"] for message in repeats(bridge)] == ["typeform-main:00002"]


def test_a_second_look_at_what_no_archive_has_brings_it_along(nobody_waits: None, bridge: InUse) -> None:
    account = bridge.records("Account")[0]["Id"]
    bridge.publish(ACCOUNT)
    night = feedback(source="account-score", type="account_score", account={"id": account, "key": account})
    bridge.send({**night, "id": "account-score:abc-2026-11-21"}, receives=2)
    (look,) = looks(bridge)
    assert detail(look)["feedback"]["account"]["id"] == account


ACCOUNT = """
on: account_score
source: account-score
write:
  object: Account
  operation: update
  key: {field: Id, value: account.id}
  fields: {Description: {value: 良好}}
"""


def test_a_second_look_leaves_every_other_word_alone(bridge: InUse) -> None:
    bridge.publish(SCORE)
    unfit = {
        "row_code": "INVALID_FIELD_FOR_INSERT_UPDATE",
        "row_message": "Unable to create/update fields: NPS_Score__c",
    }
    rule = {"match": {"method": "UPDATE", "object": "Contact"}, "effect": unfit, "times": 1}
    bridge.salesforce.control("POST", "/faults", rule)
    bridge.send()
    paused, now = bridge.delivery(), datetime.now(UTC)
    dead = Delivery("typeform-main:00001", NO_MAPPING, "typeform-main", "failed", now, now, "Dead letter.", content=2)
    automation = replace(dead, mapping="automation.rescue", status="pending", reason="Quiet until 08:00.")
    bridge.deliveries.put_all([dead, automation])
    assert paused.paused
    for mapping in ("m", "gone"):
        bridge.send(attempt=2, second_look=True, mapping=mapping)
    assert bridge.deliveries.of_feedback("typeform-main:00001") == [dead, automation, paused]
    assert Pauses("OrgStateTable").of_org("production"), "the mapping has not resumed"


LEAD = """
write:
  object: Lead
  operation: insert
  duplicates: use_match
  fields: {LastName: {from: respondent.name}, Company: {template: "{{ nps.score }}"}, Email: {from: respondent.email}}
"""


def test_the_newest_answer_stands_on_what_a_duplicate_rule_found_too(bridge: InUse) -> None:
    bridge.salesforce.control("DELETE", "/objects/Lead/fields/Feedback_Bridge_Id__c")
    bridge.salesforce.control("PUT", "/duplicate-rules/Lead", {"action": "Block", "matches": ["Lead"]})
    who = {"email": "kaburi@example.jp", "name": "重複"}
    bridge.load("Lead", LastName="重複", Company="前から", Email="kaburi@example.jp")
    bridge.publish(LEAD)
    older = feedback(1, occurred_at="2026-11-20T10:00:00Z", respondent=who)
    newer = feedback(2, occurred_at="2026-11-21T10:00:00Z", nps={**older["nps"], "score": 3}, respondent=who)
    bridge.send(newer)
    bridge.send(older)
    bridge.salesforce.control("DELETE", "/duplicate-rules/Lead")
    assert bridge.record("Lead", Email="kaburi@example.jp")["Company"] == "3"


def test_a_record_that_refuses_all_answers_costs_few_calls(bridge: InUse) -> None:
    bridge.publish(SCORE)
    rule = {"object": "Contact", "field": "NPS_Score__c", "equals": 9, "message": "不可", "error_field": "NPS_Score__c"}
    bridge.salesforce.control("POST", "/validation-rules", rule)
    bridge.salesforce.control("DELETE", "/calls")
    bridge.send(*(feedback(number, occurred_at=f"2026-11-20T10:00:{number:02}Z") for number in range(1, 51)))
    assert bridge.salesforce.control("GET", "/calls")["total"] < 20
    assert {bridge.outcome(number)[0] for number in range(1, 51)} == {"failed", "pending"}


def looks(bridge: InUse) -> list[dict[str, Any]]:
    return [message for message in come_back(bridge) if "second_look" in message["Body"]]


def repeats(bridge: InUse) -> list[dict[str, Any]]:
    return [message for message in come_back(bridge) if "order-" in message["Body"]]
