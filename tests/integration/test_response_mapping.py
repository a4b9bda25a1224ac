"""The real handler of response_mapping with SQS events, against moto's AWS and the org simulator over HTTPS."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from feedback_bridge.runtime import mappings, pausing, reading, response_mapping
from tests.integration.mapping_in_use import InUse
from tests.integration.queue_events import feedback, sqs_event
from tests.integration.salesforce_workers import calls

pytest_plugins = ["tests.integration.mapping_in_use"]

TO_CONTACT = """
write:
  object: Contact
  operation: update
  match: {fields: {Email: respondent.email}, on_none: skip, on_many: fail}
  fields:
    NPS_Score__c: {from: nps.score}
    NPS_Band__c: {from: nps.band, map: {promoter: Promoter, passive: Passive, detractor: Detractor}}
    NPS_Comment__c: {from: nps.comment}
    NPS_Date__c: {from: occurred_at}
    NPS_Source__c: {value: Typeform}
"""
TO_RESPONSE = """
id: response
source: "*"
write:
  object: Survey_Response__c
  operation: upsert
  key: {field: Response_Id__c, value: id}
  fields: {Survey_Name__c: {from: survey.name}, NPS_Score__c: {from: nps.score}}
"""
TO_LEAD = """
id: lead
write:
  object: Lead
  operation: insert
  fields: {LastName: {from: respondent.name}, Company: {value: 東京商事}, Email: {from: respondent.email}}
"""


def contact_of(bridge: InUse, email: str = "hanako.sato@example.jp") -> dict[str, Any]:
    return bridge.record("Contact", Email=email)


def test_a_score_arrives_at_the_contact_as_a_number_with_its_band_and_time(bridge: InUse) -> None:
    bridge.publish(TO_CONTACT)
    bridge.send()
    contact = contact_of(bridge)
    assert contact["NPS_Score__c"] == 9
    assert contact["NPS_Band__c"] == "Promoter"
    assert contact["NPS_Comment__c"] == "対応が早い"
    assert contact["NPS_Date__c"] == "2026-11-21T03:04:05.000+0000"
    delivery = bridge.delivery()
    assert (delivery.status, delivery.record_id, delivery.attempts) == ("delivered", contact["Id"], 1)


def test_nobody_with_that_address_is_skipped_and_said(bridge: InUse) -> None:
    bridge.publish(TO_CONTACT)
    bridge.send(feedback(respondent={"email": "nobody@example.jp"}))
    assert bridge.delivery().status == "skipped"
    assert "no Contact" in (bridge.delivery().reason or "")


def test_feedback_that_no_mapping_hears_has_a_delivery_that_says_so(bridge: InUse) -> None:
    bridge.send()
    assert bridge.delivery(mapping="-").status == "skipped"
    assert "No published mapping" in (bridge.delivery(mapping="-").reason or "")


def test_a_mapping_hears_what_arrives_after_it_was_first_published(bridge: InUse) -> None:
    bridge.publish(TO_CONTACT, at=datetime(2026, 12, 1, tzinfo=UTC))
    bridge.send()
    bridge.send(feedback(), replay="history-typeform-main:00002-1", recomputed=True)
    assert contact_of(bridge)["NPS_Score__c"] is None
    bridge.send(feedback(), replay="replay-1", mapping="m")
    assert contact_of(bridge)["NPS_Score__c"] == 9


def test_a_batch_of_two_hundred_answers_costs_a_read_and_a_write_per_object(bridge: InUse) -> None:
    bridge.publish(TO_CONTACT)
    bridge.publish(TO_RESPONSE)
    bridge.send(feedback(0))  # logs in and describes
    before = calls(bridge.salesforce)
    bridge.send(
        *(
            feedback(number, occurred_at=f"2026-11-21T04:{number // 60:02}:{number % 60:02}Z")
            for number in range(1, 201)
        )
    )
    assert calls(bridge.salesforce) - before == 3
    assert len(bridge.records("Survey_Response__c")) == 201
    assert {bridge.delivery(number, "response").status for number in range(1, 201)} == {"delivered"}


def test_the_same_feedback_again_has_no_second_effect(bridge: InUse) -> None:
    bridge.publish(TO_LEAD)
    before = len(bridge.records("Lead"))
    bridge.send(feedback(), feedback())
    bridge.send()
    assert len(bridge.records("Lead")) == before + 1


def test_a_replay_changes_the_lead_that_was_made_and_makes_none(bridge: InUse) -> None:
    bridge.publish(TO_LEAD)
    bridge.send()
    before = len(bridge.records("Lead"))
    bridge.send(feedback(respondent={"email": "hanako.new@example.jp", "name": "佐藤 花子"}), replay="replay-1")
    leads = bridge.records("Lead")
    assert len(leads) == before
    assert "hanako.new@example.jp" in {lead["Email"] for lead in leads}


def test_an_older_answer_never_overwrites_a_newer_one(bridge: InUse) -> None:
    bridge.publish(TO_CONTACT)
    bridge.send(feedback(2, occurred_at="2026-11-21T10:00:00Z"))
    older = {"score": 3, "band": "detractor", "label": "detractor", "normalised": -1}
    bridge.send(feedback(1, occurred_at="2026-11-20T10:00:00+09:00", nps=older))
    assert contact_of(bridge)["NPS_Score__c"] == 9
    assert bridge.delivery(1).status == "skipped"
    assert "newer answer" in (bridge.delivery(1).reason or "")


def test_an_answer_whose_date_is_put_right_does_not_stand_in_its_own_way(bridge: InUse) -> None:
    bridge.publish(TO_CONTACT)
    bridge.send(feedback(1))
    worse = {"score": 3, "band": "detractor", "label": "detractor", "normalised": -1}
    bridge.send(feedback(1, occurred_at="2026-11-20T03:04:05Z", nps=worse), content=2)
    assert (contact_of(bridge)["NPS_Score__c"], bridge.delivery().status) == (3, "delivered")


def test_an_answer_dated_in_the_future_does_not_stand_until_then(bridge: InUse) -> None:
    bridge.publish(TO_CONTACT)
    bridge.send(feedback(1, occurred_at="2062-11-21T03:04:05Z"))
    worse = {"score": 3, "band": "detractor", "label": "detractor", "normalised": -1}
    bridge.send(feedback(2, occurred_at="2026-11-22T03:04:05Z", received_at="2026-11-22T03:04:06Z", nps=worse))
    assert contact_of(bridge)["NPS_Score__c"] == 3


def test_a_score_that_is_none_is_said_on_the_delivery_and_the_rest_goes_through(bridge: InUse) -> None:
    bridge.publish(TO_CONTACT)
    bridge.send(feedback(nps={"given": 11, "problem": "the score is not between 0 and 10", "comment": "遅い"}))
    assert contact_of(bridge)["NPS_Comment__c"] == "遅い"
    assert contact_of(bridge)["NPS_Score__c"] is None
    assert bridge.delivery().warnings == ("NPS: the score is not between 0 and 10",)


def test_while_salesforce_is_down_the_event_waits_and_its_delivery_says_so(bridge: InUse) -> None:
    bridge.publish(TO_CONTACT)
    bridge.send(feedback(9, occurred_at="2026-11-01T00:00:00Z"))
    bridge.salesforce.control("POST", "/pause")
    try:
        bridge.send()
        assert bridge.delivery().status == "pending"
        assert "Salesforce" in (bridge.delivery().reason or "")
    finally:
        bridge.salesforce.control("POST", "/resume")
    bridge.send()
    assert (bridge.delivery().status, bridge.delivery().attempts) == ("delivered", 2)
    assert contact_of(bridge)["NPS_Score__c"] == 9


REFUSED = {"score": 5, "band": "detractor", "label": "detractor", "normalised": -1, "comment": "禁止"}


def refuse_it(bridge: InUse) -> None:
    """By a validation rule of the org."""
    rule = {"object": "Contact", "field": "NPS_Comment__c", "equals": "禁止", "message": "不可"}
    bridge.salesforce.control("POST", "/validation-rules", {**rule, "error_field": "NPS_Comment__c"})


def test_one_refused_record_does_not_hold_up_its_batch(bridge: InUse) -> None:
    bridge.publish(TO_CONTACT)
    refuse_it(bridge)
    bridge.send(feedback(1, nps=REFUSED), feedback(2, respondent={"email": "ada@example.com"}))
    assert bridge.delivery(1).status == "failed"
    assert "validation rule" in (bridge.delivery(1).reason or "")
    assert "禁止" not in (bridge.delivery(1).reason or "")
    assert contact_of(bridge, "ada@example.com")["NPS_Score__c"] == 9


def test_one_refused_answer_does_not_take_the_older_one_on_the_same_record_with_it(bridge: InUse) -> None:
    bridge.publish(TO_CONTACT)
    refuse_it(bridge)
    older, newer = ({"occurred_at": f"2026-11-21T0{hour}:00:00Z"} for hour in (1, 2))
    bridge.send(feedback(1, nps=REFUSED, **newer), feedback(2, **older))
    assert [bridge.delivery(number).status for number in (1, 2)] == ["failed", "delivered"]
    assert contact_of(bridge)["NPS_Score__c"] == 9


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("marker", [True, False], ids=["with our marker field", "without it"])
def test_an_insert_cut_off_before_or_after_its_commit_is_there_once(bridge: InUse, when: str, marker: bool) -> None:
    if not marker:
        bridge.salesforce.control("DELETE", "/objects/Lead/fields/Feedback_Bridge_Id__c")
    try:
        bridge.publish(TO_LEAD)
        before = len(bridge.records("Lead"))
        bridge.salesforce.control(
            "POST",
            "/faults",
            [{"match": {"path": "composite/sobjects"}, "effect": {"cut": True, "when": when}, "times": 1}],
        )
        bridge.send()
        assert bridge.delivery(mapping="lead").status == "pending"
        # as if the time had passed in which another worker, or Salesforce, may be at it
        response_mapping.datetime = _Later  # type: ignore[attr-defined]
        bridge.send()
        assert len(bridge.records("Lead")) == before + 1
        assert bridge.delivery(mapping="lead").status == "delivered"
        assert bridge.delivery(mapping="lead").record_id in {lead["Id"] for lead in bridge.records("Lead")}
    finally:
        response_mapping.datetime = datetime  # type: ignore[attr-defined]
        bridge.salesforce.control("DELETE", "/faults")


class _Later:
    @staticmethod
    def now(zone: Any) -> datetime:
        from datetime import timedelta

        return datetime.now(zone) + timedelta(minutes=13)


def test_a_mapping_whose_field_is_gone_pauses_aloud_once_and_goes_on_when_it_is_back(
    bridge: InUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(pausing, "announce", lambda bus, facts: told.extend(fact.detail_type() for fact in facts))
    monkeypatch.setattr(mappings, "ASKED_EVERY", 0)
    bridge.publish(TO_CONTACT)
    bridge.send(feedback(9, occurred_at="2026-11-01T00:00:00Z"))
    field = bridge.salesforce.control("DELETE", "/objects/Contact/fields/NPS_Comment__c")
    assert field is not None
    for number in (1, 2):
        bridge.send(feedback(number, occurred_at=f"2026-11-2{number}T00:00:00Z"))
        assert bridge.delivery(number).status == "pending"
        assert "NPS_Comment__c" in (bridge.delivery(number).reason or "")
    assert told == ["MappingPaused"]
    added = {"name": "NPS_Comment__c", "label": "NPS Comment", "type": "textarea", "length": 32768}
    bridge.salesforce.control("POST", "/objects/Contact/fields", added)
    bridge.send(feedback(1, occurred_at="2026-11-21T00:00:00Z"), feedback(2, occurred_at="2026-11-22T00:00:00Z"))
    assert told == ["MappingPaused", "MappingResumed"]
    assert {bridge.delivery(number).status for number in (1, 2)} == {"delivered"}


@pytest.mark.parametrize("again", [{"receives": 2}, {"replay": "replay-1", "mapping": "m"}])
def test_what_waited_for_a_mapping_that_was_deleted_ends_with_a_word(
    bridge: InUse, monkeypatch: pytest.MonkeyPatch, again: dict[str, Any]
) -> None:
    monkeypatch.setattr(mappings, "ASKED_EVERY", 0)
    bridge.publish(TO_CONTACT)
    bridge.publish(TO_RESPONSE)
    bridge.salesforce.control("DELETE", "/objects/Contact/fields/NPS_Comment__c")
    bridge.send()
    assert bridge.delivery().status == "pending"
    bridge.configs.delete("mapping", "m")
    bridge.send(feedback(), **again)
    assert (bridge.delivery().status, bridge.delivery().paused) == ("skipped", False)
    assert bridge.delivery().reason == "The mapping m is no longer published."
    assert bridge.delivery(mapping="response").status == "delivered"


def test_what_waits_for_an_automation_is_not_ended_with_the_mappings(bridge: InUse) -> None:
    bridge.publish(TO_RESPONSE)
    bridge.send(feedback())
    waiting = replace(bridge.delivery(mapping="response"), mapping="automation.rescue", status="pending")
    bridge.deliveries.put_all([waiting])
    bridge.send(feedback(), receives=2)
    assert bridge.delivery(mapping="automation.rescue") == waiting


def test_a_message_that_breaks_us_is_alone_with_it_and_its_delivery_says_so(bridge: InUse) -> None:
    bridge.publish(TO_RESPONSE)
    poison = {**feedback(7), "received_at": "no time at all"}
    reply = response_mapping.map_batch(sqs_event(feedback(1), poison, feedback(2))["Records"])
    assert reply == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert {bridge.delivery(number, "response").status for number in (1, 2)} == {"delivered"}
    assert bridge.delivery(7, "-").status == "pending"
    assert "Try 1 of 5" in (bridge.delivery(7, "-").reason or "")


def test_a_worker_that_died_on_a_message_is_told_of_by_the_next_one_and_forgotten_by_success(bridge: InUse) -> None:
    bridge.publish(TO_RESPONSE)
    poison = {**feedback(7), "received_at": "no time at all"}
    reply = response_mapping.map_batch(sqs_event(poison, receives=5)["Records"])
    assert reply == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert bridge.delivery(7, "-").status == "failed"
    assert "dead letters" in (bridge.delivery(7, "-").reason or "")
    bridge.send(feedback(7), receives=2)
    assert bridge.delivery(7, "response").status == "delivered"
    assert ("typeform-main:00007", "-") not in bridge.deliveries.find_all([("typeform-main:00007", "-")])


def test_what_comes_twice_takes_no_word_away_that_was_the_last(bridge: InUse) -> None:
    """A worker that was only slow, and a score whose history changed: neither has a delivery of its own to write."""
    for more in ({}, {"replay": "history-typeform-main:00002-1", "recomputed": True}):
        bridge.send(feedback(7))
        assert bridge.delivery(7, "-").status == "skipped"
        bridge.send(feedback(7), receives=2, **more)
        assert bridge.delivery(7, "-").status == "skipped"


def test_a_recomputed_score_that_has_to_wait_leaves_the_last_word_on_its_feedback(
    bridge: InUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge.send(feedback(7))
    recomputed = {"replay": "history-typeform-main:00002-1", "recomputed": True}
    with monkeypatch.context() as trouble:
        trouble.setenv("CONFIG_TABLE", "GoneTable")
        reading.configs.cache_clear()
        response_mapping._parts.cache_clear()
        bridge.send(feedback(7), **recomputed)
        assert bridge.waiting() == 1
    reading.configs.cache_clear()
    response_mapping._parts.cache_clear()
    assert bridge.delivery(7, "-").status == "skipped"
    bridge.send(feedback(7), receives=2, **recomputed)
    assert bridge.delivery(7, "-").status == "skipped"
