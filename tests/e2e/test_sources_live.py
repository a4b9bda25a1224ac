"""Sources on the deployed stack: an org's outbound messages, sources set up and tried out, dead letters, erasure."""

from __future__ import annotations

import json
import uuid
from typing import Any
from xml.etree import ElementTree

import pytest

from cli.signing import signed
from tests.e2e.bridge_in_use import Bridge, eventually
from tests.outbound_message import ORGANIZATION, full, message, notification, record_id

ACK = "{http://soap.sforce.com/2005/09/outbound}Ack"
MAPPING = {
    "kind": "mapping",
    "id": "live-sources",
    "source": "live-typeform",
    "on": "survey_response",
    "write": {
        "org": "production",
        "object": "Contact",
        "operation": "update",
        "match": {"fields": {"Email": "respondent.email"}},
        "fields": {"NPS_Comment__c": {"from": "nps.comment", "too_long": "truncate"}},
    },
}


@pytest.fixture(scope="module")
def bridge(stack: Any) -> Bridge:
    """The org in force, sending outbound messages."""
    bridge = Bridge(stack)
    bridge.set_secrets()
    bridge.secret("live-outbound", "k3y/+=")
    org = {
        "kind": "org",
        "id": "production",
        "login_url": stack.file.salesforce_url,
        "auth": "jwt_bearer",
        "secret": "salesforce-production",
        "outbound_messages": {"organization_id": ORGANIZATION, "secret": "live-outbound"},
    }
    published = bridge.publish(org)
    assert published.status_code == 200, published.text
    return bridge


def post(bridge: Bridge, body: bytes, key: str = "k3y/+=") -> Any:
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
    return bridge.stack.web.post(
        "/salesforce/production/outbound-messages", data=body, headers=headers, params={"key": key}
    )


def test_an_outbound_message_is_acknowledged_and_becomes_feedback(bridge: Bridge) -> None:
    reply = post(bridge, message(notification(41, Subject="返品したい", Status="Closed"), notification(42)))
    assert (reply.status_code, reply.headers["Content-Type"].partition(";")[0]) == (200, "text/xml")
    assert [ack.text for ack in ElementTree.fromstring(reply.content).iter(ACK)] == ["true"]
    feedback_id = f"salesforce-production:{full('04l5g0000000041')}"
    shown = bridge.stack.api.get(f"/admin/feedback/{feedback_id}").json()
    assert (shown["type"], shown["embedded"]["Subject"]) == ("salesforce_event", "返品したい")
    assert shown["salesforce"]["record_id"] == record_id(41)


def test_a_message_with_another_key_or_of_another_org_is_refused(bridge: Bridge) -> None:
    assert post(bridge, message(notification(43)), key="guess").status_code == 401
    assert post(bridge, message(notification(43), organization="00D5g00000XXXXX")).status_code == 401


def test_a_source_is_set_up_and_tried_out_by_the_command(bridge: Bridge) -> None:
    name = f"live-{uuid.uuid4().hex[:8]}"
    told = json.loads(bridge.command("sources", "add", "typeform", name, "--publish", "--json"))
    assert told["published"] is True
    tried = json.loads(bridge.command("sources", "test", name, "--json", "--timeout", "90"))
    assert tried["status"] == "accepted"
    assert tried["deliveries"]
    assert json.loads(bridge.command("sources", "samples", name, "--json"))["items"]
    begun = json.loads(bridge.command("sources", "rotate", name, "--json"))
    assert begun["secret"] != told["secret"]
    assert json.loads(bridge.command("sources", "test", name, "--json", "--timeout", "90"))["status"] == "accepted"


@pytest.fixture(scope="module")
def live(bridge: Bridge) -> Bridge:
    bridge.secret("live-typeform", "typeform-secret-of-the-demo")
    nps = {"score": "answers.nps.value", "comment": "answers.why.value"}
    source = {"kind": "source", "id": "live-typeform", "type": "typeform", "secret": "live-typeform", "nps": nps}
    for document in (source, MAPPING):
        published = bridge.publish(document)
        assert published.status_code == 200, published.text
    return bridge


def answer(bridge: Bridge, email: str) -> str:
    body = bridge.typeform("promoter", email, token=uuid.uuid4().hex)
    sending = signed("typeform", body, "typeform-secret-of-the-demo")
    reply = bridge.stack.web.post("/in/live-typeform", data=sending.body, headers=sending.headers)
    assert reply.status_code == 202, reply.text
    return str(reply.json()["feedback_id"])


def letters(bridge: Bridge, feedback_id: str) -> list[str]:
    listed = json.loads(bridge.command("dead-letters", "list", "--json"))["items"]
    return [item["id"] for item in listed if item["feedback_id"] == feedback_id]


def test_a_dead_letter_is_seen_sent_back_and_worked_on(live: Bridge) -> None:
    email, _ = live.customer()
    feedback_id = answer(live, email)
    live.ended(feedback_id, "live-sources")
    detail = {"version": 1, "feedback_id": feedback_id, "source": "live-typeform", "type": "survey_response",
              "scored": True, "replay": "replay-of-a-dead-letter", "mapping": "live-sources"}  # fmt: skip
    stacks = live.stack.client("cloudformation").describe_stacks(StackName=live.stack.file.stack_name)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}
    body = json.dumps({"detail-type": "NpsTagged", "source": "feedback.bridge", "detail": detail})
    live.stack.client("sqs").send_message(QueueUrl=outputs["ResponseMappingDeadLettersUrl"], MessageBody=body)
    (letter,) = letters(live, feedback_id)
    done = json.loads(live.command("dead-letters", "redrive", letter, "--json"))
    assert (len(done["redriven"]), done["left"]) == (1, [])

    def worked_on() -> bool:
        delivery = live.stack.api.get(f"/admin/deliveries/{feedback_id}~live-sources").json()
        return delivery["replay"] == "replay-of-a-dead-letter" and delivery["status"] == "delivered"

    eventually(worked_on, "the dead letter's delivery")
    assert letters(live, feedback_id) == []


def test_a_person_is_erased_everywhere(live: Bridge) -> None:
    email, contact = live.customer()
    feedback_id = answer(live, email)
    live.ended(feedback_id, "live-sources")
    told = json.loads(live.command("erase", email, "--yes", "--json"))
    assert told["complete"] is True
    assert told["removed"]["feedback"] == 1
    assert told["removed"]["deliveries"] >= 1
    assert {"org": "production", "object": "Contact", "record_id": contact} in told["salesforce_records"]
    assert live.stack.api.get(f"/admin/feedback/{feedback_id}").status_code == 404
    assert live.stack.api.get(f"/admin/deliveries/{feedback_id}~live-sources").status_code == 404
    assert set(json.loads(live.command("erase", email, "--yes", "--json"))["removed"].values()) == {0}


def test_a_period_is_sent_through_todays_mapping_again(live: Bridge) -> None:
    email, _ = live.customer()
    feedback_id = answer(live, email)
    live.ended(feedback_id, "live-sources")
    told = json.loads(
        live.command("backfill", "live-typeform", "--since", "2020-01-01", "--mapping", "live-sources", "--json")
    )
    assert told["count"] >= 1

    def repeated() -> bool:
        delivery = live.stack.api.get(f"/admin/deliveries/{feedback_id}~live-sources").json()
        return delivery["replay"] == told["replay"] and delivery["status"] != "pending"

    eventually(repeated, "the replayed delivery")


def test_the_api_tells_of_itself_without_a_token(stack: Any) -> None:
    reply = stack.web.get("/openapi.json")
    assert reply.status_code == 200
    assert reply.json()["openapi"] == "3.1.0"
    assert {"/in/{source}", "/admin/mappings/{document_id}/preview"} <= reply.json()["paths"].keys()
