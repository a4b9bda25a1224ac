"""Work that has to wait, is asked for again, or is there twice: what becomes of it, and what it costs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from feedback_bridge.aws.pauses import Pause, Pauses
from feedback_bridge.aws.queues import backoff
from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.feedback.raw import Raw
from feedback_bridge.runtime import consumer, mappings, orgs, pausing, reading, response_mapping, settings
from feedback_bridge.salesforce import find
from tests.integration.mapping_in_use import InUse
from tests.integration.queue_events import feedback, sqs_event

pytest_plugins = ["tests.integration.mapping_in_use"]

LEAD = """
write:
  object: Lead
  operation: insert
  fields: {LastName: {from: respondent.name}, Company: {value: 個人}, Email: {from: respondent.email}}
"""
RESPONSE = """
write:
  object: Survey_Response__c
  operation: upsert
  key: {field: Response_Id__c, value: id}
  fields: {Survey_Name__c: {from: survey.name}, NPS_Score__c: {from: nps.score}}
"""
BY_SOURCE = """
write:
  object: Contact
  operation: update
  match: {fields: {NPS_Source__c: respondent.user_id}}
  fields: {NPS_Score__c: {from: nps.score}}
"""
SOURCE_FIELD = {"name": "NPS_Source__c", "label": "NPS Source", "type": "string", "length": 80}
SHOP = {
    "kind": "source", "id": "typeform-main", "type": "webhook", "secret": "s", "shared_secret": {"header": "X-Key"},
    "fields": {"id": "id", "score": "score"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_faults(bridge: InUse) -> Iterator[None]:
    yield
    bridge.salesforce.control("DELETE", "/faults")


def down(bridge: InUse, path: str = "/services/data") -> None:
    bridge.salesforce.control("POST", "/faults", {"match": {"path": path}, "effect": {"status": 503}})


def up(bridge: InUse) -> None:
    bridge.salesforce.control("DELETE", "/faults")


def test_a_replay_of_an_old_delivery_is_waited_for_as_long_as_any_other(bridge: InUse) -> None:
    bridge.publish(RESPONSE)
    bridge.send(feedback(2))
    long_ago = datetime.now(UTC) - timedelta(days=30)
    bridge.deliveries.put_all(
        [Delivery("typeform-main:00001", "m", "typeform-main", "delivered", long_ago, long_ago, org="production")]
    )
    down(bridge, "composite/sobjects")
    for _ in range(3):
        bridge.send(replay="replay-1")
        assert bridge.delivery().status == "pending"
    up(bridge)
    bridge.send(replay="replay-1")
    assert (bridge.delivery().status, bridge.delivery().created_at) == ("delivered", long_ago)


def test_an_event_and_its_replay_in_one_batch_make_one_record(bridge: InUse) -> None:
    bridge.salesforce.control("DELETE", "/objects/Lead/fields/Feedback_Bridge_Id__c")
    bridge.publish(LEAD)
    before = len(bridge.records("Lead"))
    (event,), (replayed,) = sqs_event(feedback())["Records"], sqs_event(feedback(), replay="replay-1")["Records"]
    reply = response_mapping.map_batch([event, {**replayed, "messageId": "message-1"}])
    assert reply == {"batchItemFailures": []}
    assert len(bridge.records("Lead")) == before + 1
    assert (bridge.delivery().status, bridge.delivery().replay) == ("delivered", "replay-1")


def test_a_batch_that_looks_for_a_field_that_is_gone_asks_once_and_pauses(bridge: InUse) -> None:
    bridge.publish(BY_SOURCE)
    people = [feedback(number, respondent={"user_id": f"M-{number}"}) for number in range(40)]
    bridge.send(people[0])
    bridge.salesforce.control("DELETE", "/objects/Contact/fields/NPS_Source__c")
    before = int(bridge.salesforce.control("GET", "/calls")["total"])
    bridge.send(*people[1:])
    assert int(bridge.salesforce.control("GET", "/calls")["total"]) - before == 1
    assert {bridge.delivery(number).paused for number in range(1, 40)} == {True}


def paused() -> dict[str, Pause]:
    return {pause.mapping: pause for pause in Pauses(settings.org_state_table()).of_org("production")}


def test_a_paused_mapping_is_not_called_mended_while_its_org_does_not_answer(
    bridge: InUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(pausing, "announce", lambda bus, facts: told.extend(fact.detail_type() for fact in facts))
    monkeypatch.setattr(mappings, "ASKED_EVERY", 0)
    bridge.publish(BY_SOURCE)
    somebody = feedback(respondent={"user_id": "M-1"})
    bridge.salesforce.control("DELETE", "/objects/Contact/fields/NPS_Source__c")
    bridge.send(somebody)
    down(bridge)
    bridge.send(somebody)
    assert (told, set(paused())) == (["MappingPaused"], {"m"})
    up(bridge)
    bridge.salesforce.control("POST", "/objects/Contact/fields", SOURCE_FIELD)
    bridge.send(somebody)
    assert bridge.delivery().status == "skipped"
    assert (told, paused()) == (["MappingPaused", "MappingResumed"], {})


def test_a_pause_that_the_bus_did_not_take_is_told_by_the_next_worker(
    bridge: InUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def refuse_once(bus: str, facts: Any) -> None:
        told.append(facts[0].detail_type())
        if len(told) == 1:
            raise TransientError("The event bus did not take the event.")

    monkeypatch.setattr(pausing, "announce", refuse_once)
    bridge.publish(BY_SOURCE)
    bridge.salesforce.control("DELETE", "/objects/Contact/fields/NPS_Source__c")
    bridge.send(feedback(respondent={"user_id": "M-1"}))
    bridge.send(feedback(respondent={"user_id": "M-1"}))
    assert told == ["MappingPaused", "MappingPaused"]
    assert set(paused()) == {"m"}


def test_what_is_read_again_from_the_archive_counts_as_the_version_that_lies_there(bridge: InUse) -> None:
    bridge.publish(RESPONSE)
    bridge.configs.publish("source", "typeform-main", SHOP, "test", datetime(2026, 1, 1, tzinfo=UTC))
    now = datetime.now(UTC)
    for digest, score in (("d1", 3), ("d2", 9)):
        body = b'{"id": "00001", "score": %d}' % score
        reading.archive().keep(Raw("typeform-main:00001", "typeform-main", now, "application/json", body, digest))
    bridge.send({**feedback(), "nps": {"score": 9}}, content=2)
    (message,) = sqs_event(feedback(), feedback=None, replay="order-1", mapping="m")["Records"]
    response_mapping.map_batch([message])
    assert (bridge.delivery().replay, bridge.delivery().content) == ("order-1", 2)
    bridge.send({**feedback(), "nps": {"score": 3}}, content=1)
    assert bridge.record("Survey_Response__c", Response_Id__c="typeform-main:00001")["NPS_Score__c"] == 9


def test_while_the_secret_of_the_org_is_gone_what_comes_waits(bridge: InUse) -> None:
    bridge.publish(RESPONSE)
    bridge.send(feedback(2))
    secrets_manager = boto3.client("secretsmanager")
    held = secrets_manager.get_secret_value(SecretId="test-stack/salesforce-production")["SecretString"]
    secrets_manager.delete_secret(SecretId="test-stack/salesforce-production", ForceDeleteWithoutRecovery=True)
    token = {"org": {"S": "production"}, "name": {"S": "token"}}
    boto3.client("dynamodb").delete_item(TableName=settings.org_state_table(), Key=token)
    orgs._made.clear()
    bridge.send()
    status, reason = bridge.outcome()
    assert (status, "bridge secrets set salesforce-production" in (reason or "")) == ("pending", True)
    secrets_manager.create_secret(Name="test-stack/salesforce-production", SecretString=held)
    bridge.send()
    assert bridge.delivery().status == "delivered"


def test_what_is_put_off_is_given_up_after_a_week() -> None:
    seconds = sum(backoff(attempt) for attempt in range(1, consumer.MOST_ATTEMPTS))
    assert seconds / 86400 == pytest.approx(7, rel=0.03)


@pytest.mark.parametrize(("attempt", "status"), [("3", "pending"), (str(consumer.MOST_ATTEMPTS), "failed")])
def test_trouble_with_our_own_tables_is_waited_for_and_not_for_ever(
    bridge: InUse, monkeypatch: pytest.MonkeyPatch, attempt: str, status: str
) -> None:
    def missing(*_: object) -> None:
        raise PermanentError("Could not read the configuration (AccessDeniedException).")

    monkeypatch.setattr(type(bridge.configs), "revision", missing)
    (record,) = sqs_event(feedback())["Records"]
    record["messageAttributes"] = {"attempt": {"stringValue": attempt}}
    assert response_mapping.map_batch([record]) == {"batchItemFailures": []}
    assert (bridge.delivery(mapping="-").status, bridge.waiting()) == (status, int(status == "pending"))


def test_a_document_that_this_version_cannot_read_holds_up_its_own_events_until_it_can(
    bridge: InUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(pausing, "announce", lambda bus, facts: told.extend(fact.detail_type() for fact in facts))
    bridge.publish(RESPONSE)
    written = {"org": "production", "object": "Contact", "operation": "update", "match": {"fields": {"Email": "id"}}}
    newer = {"kind": "mapping", "id": "newer", "source": ["typeform-main"], "on": "survey_response", "write": written}
    bridge._put({**newer, "colour": "blue"})
    bridge.send(feedback(1), feedback(2, source="survey"), feedback(3, type="chat_transcript"))
    assert bridge.delivery().status == "delivered"
    status, reason = bridge.outcome(mapping="newer")
    assert (status, bridge.delivery(mapping="newer").org) == ("pending", "production")
    assert "colour: is not a known setting; this version cannot read the document" in (reason or "")
    keys = [(f"typeform-main:{number:05}", "newer") for number in (2, 3)]
    assert bridge.deliveries.find_all(keys) == {}
    bridge._put({**newer, "write": {**written, "fields": {"NPS_Score__c": {"from": "nps.score"}}}})
    bridge.send(receives=2)
    assert bridge.delivery(mapping="newer").status == "skipped"
    assert told == ["MappingPaused", "MappingResumed"]


def test_a_document_that_cannot_be_read_and_is_disabled_holds_nothing_up(bridge: InUse) -> None:
    bridge._put({"kind": "mapping", "id": "newer", "colour": "blue"})
    bridge.configs.set_enabled("mapping", "newer", False)
    bridge.send()
    assert bridge.outcome(mapping="newer") == ("skipped", "The mapping is disabled.")


def test_a_search_that_finds_thousands_fails_alone(bridge: InUse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "MOST_FOUND", 3)
    for number in range(4):
        bridge.load("Contact", LastName="同姓", FirstName=str(number), NPS_Source__c="皆")
    bridge.load("Contact", LastName="一人", NPS_Source__c="M-1")
    bridge.publish(BY_SOURCE)
    bridge.send(feedback(1, respondent={"user_id": "皆"}), feedback(2, respondent={"user_id": "M-1"}))
    assert (bridge.delivery(1).status, str(bridge.delivery(1).reason).partition(":")[0]) == ("failed", "TOO_MANY_FOUND")
    assert bridge.delivery(2).status == "delivered"
