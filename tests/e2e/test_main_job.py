"""The main job on the deployed stack: a signed survey answer becomes the right Salesforce record."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from local.showcase_events import SENT
from tests.e2e.bridge_in_use import SAMPLES, Bridge, eventually

CONTACT, RESPONSE, LEAD = "nps-to-contact", "response-to-survey-response", "form-to-lead"


def token() -> str:
    return uuid.uuid4().hex


def test_a_signed_answer_becomes_a_record_and_a_score_on_the_contact(bridge: Bridge) -> None:
    email, contact_id = bridge.customer()
    reply = bridge.answer(email=email, token=token())
    assert reply.status_code == 202
    feedback_id = reply.json()["feedback_id"]
    ended = bridge.ended(feedback_id, CONTACT, RESPONSE)
    assert (ended[CONTACT]["status"], ended[RESPONSE]["status"]) == ("delivered", "delivered")
    fields = "Id, NPS_Score__c, NPS_Band__c, Contact__r.Email"
    (record,) = bridge.records(f"SELECT {fields} FROM Survey_Response__c WHERE Response_Id__c = '{feedback_id}'")
    assert record["Id"] == ended[RESPONSE]["record_id"]
    assert (record["NPS_Score__c"], record["NPS_Band__c"]) == (9, "Promoter")
    assert record["Contact__r"]["Email"] == email
    (contact,) = bridge.records(f"SELECT NPS_Score__c FROM Contact WHERE Id = '{contact_id}'")
    assert ended[CONTACT]["record_id"] == contact_id
    assert contact["NPS_Score__c"] == 9


def test_the_same_event_again_is_a_duplicate_with_the_same_id_and_no_second_record(bridge: Bridge) -> None:
    body = bridge.typeform(token=token())
    first = bridge.send("typeform-main", "typeform", body).json()
    again = [bridge.send("typeform-main", "typeform", body).json() for _ in range(3)]
    assert first["status"] == "accepted"
    assert {(item["feedback_id"], item["status"]) for item in again} == {(first["feedback_id"], "duplicate")}
    bridge.ended(first["feedback_id"], RESPONSE)
    found = bridge.records(f"SELECT Id FROM Survey_Response__c WHERE Response_Id__c = '{first['feedback_id']}'")
    assert len(found) == 1


def test_answers_that_were_only_announced_are_fetched(bridge: Bridge) -> None:
    body = (SAMPLES / "qualtrics" / "promoter.json").read_bytes()
    feedback_id = bridge.send("qualtrics-main", "qualtrics", body).json()["feedback_id"]
    assert bridge.ended(feedback_id, CONTACT, RESPONSE)[RESPONSE]["status"] == "delivered"
    feedback = bridge.stack.api.get(f"/admin/feedback/{feedback_id}").json()
    assert feedback["nps"]["score"] == 10
    assert feedback["nps"]["band"] == "promoter"


def test_a_form_becomes_a_lead_past_the_tagging(bridge: Bridge) -> None:
    form = (SAMPLES / "webhook" / "form.txt").read_bytes().replace(b"2026-000417", token().encode())
    form = form.replace(b"&score=6", b"")
    feedback_id = bridge.send("webhook-main", "webhook", form).json()["feedback_id"]
    lead = bridge.ended(feedback_id, LEAD)[LEAD]
    (record,) = bridge.records(f"SELECT LastName, LeadSource FROM Lead WHERE Id = '{lead['record_id']}'")
    assert record["LeadSource"] == "Web"


def test_a_score_that_is_none_is_said_on_the_delivery_and_the_answer_still_arrives(bridge: Bridge) -> None:
    reply = bridge.answer("impossible_score", token=token())
    delivery = bridge.ended(reply.json()["feedback_id"], RESPONSE)[RESPONSE]
    assert delivery["status"] == "delivered"
    assert any("score is not between 0 and 10" in warning for warning in delivery["warnings"])


def deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


BAD = {
    "truncated": (lambda body: body[: len(body) // 2], 400),
    "not UTF-8": (lambda body: body.replace("佐藤".encode(), b"\xff\xfe"), 400),
    "deeply nested": (lambda body: deep(10_000), 400),
    "no event": (lambda body: b'{"event_type": "form_response"}', 422),
    "a list": (lambda body: b"[1, 2]", 400),
    "oversized": (lambda body: body + b" " * (1024 * 1024), 413),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_body_is_told_what_is_wrong_even_when_it_is_signed(bridge: Bridge, name: str) -> None:
    spoil, status = BAD[name]
    reply = bridge.send("typeform-main", "typeform", spoil(bridge.typeform(token=token())))
    assert reply.status_code == status, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json()["status"] == status
    assert reply.json()["detail"]


def test_a_wrong_content_type_is_415(bridge: Bridge) -> None:
    reply = bridge.send("typeform-main", "typeform", bridge.typeform(), **{"Content-Type": "text/html"})
    assert reply.status_code == 415


def test_a_body_that_nobody_has_signed_is_401_and_never_told_why(bridge: Bridge) -> None:
    body = bridge.typeform(token=token())
    unsigned = bridge.stack.web.post("/in/typeform-main", data=body, headers={"Content-Type": "application/json"})
    wrong = bridge.send("typeform-main", "typeform", body, **{"Typeform-Signature": "sha256=AAAA"})
    assert (unsigned.status_code, wrong.status_code) == (401, 401)
    assert unsigned.json() == wrong.json()


def test_unknown_and_disabled_sources_are_404(bridge: Bridge) -> None:
    assert bridge.stack.web.post("/in/nobody", data=b"{}").status_code == 404
    bridge.stack.api.post("/admin/sources/webhook-main/disable")
    try:
        assert bridge.send("webhook-main", "webhook", b"submission_id=1").status_code == 404
    finally:
        bridge.stack.api.post("/admin/sources/webhook-main/enable")
    assert bridge.stack.web.get("/in/webhook-main").status_code == 200


def test_a_mapping_that_names_what_the_org_has_not_is_refused_by_path(bridge: Bridge) -> None:
    document = {
        "kind": "mapping",
        "id": "wrong",
        "source": "nobody",
        "on": "survey_response",
        "write": {
            "org": "production",
            "object": "Contact",
            "operation": "update",
            "match": {"fields": {"Email": "respondent.email"}},
            "fields": {"Nonsense__c": {"from": "nps.score"}, "NPS_Score__c": {"value": "nine"}},
        },
    }
    refused = bridge.publish(document)
    assert refused.status_code == 422
    paths = " ".join(error["path"] for error in refused.json()["errors"])
    assert "Nonsense__c" in paths
    assert "NPS_Score__c" in paths
    assert "source" in paths
    unknown_org = {**document, "write": {**document["write"], "org": "nowhere"}}  # type: ignore[dict-item]
    assert any("org" in error["path"] for error in bridge.publish(unknown_org).json()["errors"])


def test_the_admin_api_wants_a_token_that_may(bridge: Bridge) -> None:
    assert bridge.stack.web.get("/admin/deliveries").status_code == 401
    forged = bridge.stack.web.get("/admin/deliveries", headers={"Authorization": "Bearer fb_guess"})
    assert forged.status_code == 401


def test_while_salesforce_refuses_the_token_the_event_waits_and_says_so(bridge: Bridge) -> None:
    org = bridge.stack.org
    assert org.post("/_org/sessions/expire").status_code == 200
    assert org.post("/_org/pause").status_code == 200
    reply = bridge.send(
        "typeform-main", "typeform", bridge.typeform(token=token(), submitted_at="2026-11-21T06:00:00Z")
    )
    feedback_id = reply.json()["feedback_id"]
    try:
        waiting = eventually(lambda: _pending(bridge, feedback_id), "a delivery that waits")
        assert waiting["reason"]
    finally:
        org.post("/_org/resume")
    assert bridge.ended(feedback_id, RESPONSE)[RESPONSE]["status"] == "delivered"


def _pending(bridge: Bridge, feedback_id: str) -> dict[str, Any] | None:
    items = bridge.stack.api.get("/admin/deliveries", params={"status": "pending"}).json()["items"]
    return next((item for item in items if item["feedback_id"] == feedback_id and item["mapping"] == RESPONSE), None)


def test_a_paused_mapping_is_told_to_the_alarm_topic(bridge: Bridge) -> None:
    """The rule from the bus to the topic, live."""
    sns, sqs = bridge.stack.client("sns"), bridge.stack.client("sqs")
    topic = next(arn for item in sns.list_topics()["Topics"] if "AlarmTopic" in (arn := item["TopicArn"]))
    queue = sqs.create_queue(QueueName=f"alarms-{token()[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    may_fill = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Statement": [may_fill]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    detail = {"version": 1, "mapping": "m", "org": "production", "reason": "a field is gone"}
    entry = {"EventBusName": bridge.stack.file.stack_name, "Source": "feedback.bridge", "DetailType": "MappingPaused"}
    bridge.stack.client("events").put_events(Entries=[{**entry, "Detail": json.dumps(detail)}])
    told = eventually(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"), "the alarm")
    assert "a field is gone" in told[0]["Body"]


def test_the_demo_sends_every_tool_of_the_examples() -> None:
    assert {sample.source for sample in SENT} == {"typeform-main", "qualtrics-main", "webhook-main"}
