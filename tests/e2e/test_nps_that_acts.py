"""A customer who was happy is not any more: who hears of it, and what happens when nobody acts."""

from __future__ import annotations

import json
import shlex
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from local.home import ROOT
from tests.e2e.bridge_in_use import Bridge, eventually
from tests.integration.webhook_receiver import Receiver

WALK = (ROOT / "docs/automations.md").read_text(encoding="utf-8").partition("## From a 9 to a 3")[2].partition("## ")[0]
GUIDE = [line for line in WALK.splitlines() if line.startswith("bridge ")]
KEY = "survey-key"
SLACK = f"slack-{uuid.uuid4().hex}"
"""A secret of this run: a worker remembers for minutes where an earlier one had its receiver."""
SURVEY = {
    "kind": "source", "id": "support-survey", "type": "webhook", "secret": "support-survey",
    "shared_secret": {"header": "X-Key"},
    "nps": {"segments": {"tier": "embedded.tier"}},
    "fields": {
        "id": "id", "occurred_at": "at", "email": "email", "name": "name", "account_id": "account", "score": "score",
        "comment": "comment", "embedded": {"tier": "tier"},
    },
}  # fmt: skip
BY_EMAIL = {"object": "Contact", "by": {"Email": "respondent.email"}}
RESCUE = {
    "kind": "automation", "id": "rescue", "source": "support-survey", "on": ["score_fell"], "org": "production",
    "write": {
        "object": "Task", "operation": "insert",
        "fields": {
            "Subject": {"template": "NPS {{ nps.previous_score }} → {{ nps.score }}: お客様にご連絡ください"},
            "Description": {"template": "{{ signal.reason }} {{ nps.comment }}"},
            "WhoId": {"lookup": BY_EMAIL},
            "OwnerId": {"lookup": {**BY_EMAIL, "select": "Account.OwnerId"}},
        },
    },
    "notify": [{"webhook": {"secret": SLACK, "text": "{{ respondent.name }}: {{ signal.reason }}"}}],
    "escalate": {
        "after_minutes": 1,
        "write": {
            "object": "Task", "operation": "insert",
            "fields": {
                "Subject": {"value": "まだ対応がありません"},
                "OwnerId": {"lookup": {"object": "User", "by": {"Id": "signal.owner_id"}, "select": "ManagerId"}},
            },
        },
        "notify": [{"webhook": {"secret": SLACK, "text": "Escalated: {{ signal.reason }}"}}],
    },
}  # fmt: skip
LATER = {
    "kind": "automation", "id": "much-later", "source": "support-survey", "on": ["detractor"], "org": "production",
    "write": {
        "object": "Case", "operation": "insert",
        "fields": {"Subject": {"value": "NPS"}, "ContactId": {"lookup": BY_EMAIL}},
    },
    "escalate": {"after_minutes": 1440, "notify": [{"event": {"name": "ignored", "text": "{{ signal.record_id }}"}}]},
}  # fmt: skip
TO_ACCOUNT = {
    "kind": "mapping", "id": "nps-to-account", "source": "*", "on": ["survey_response", "account_score"],
    "when": {"path": "account.nps.score", "op": "exists"},
    "write": {
        "org": "production", "object": "Account", "operation": "update",
        "key": {"field": "Id", "value": "account.id"},
        "fields": {"NPS_Net_Score__c": {"from": "account.nps.score"}},
    },
}  # fmt: skip


class Customer:
    """A contact of an account whose owner has a manager."""

    def __init__(self, bridge: Bridge) -> None:
        users = {row["Email"]: row["Id"] for row in bridge.records("SELECT Id, Email FROM User WHERE IsActive = true")}
        self.owner, self.manager = users["rep.sasaki@example.jp"], users["rep.grace@example.com"]
        org = bridge.stack.org
        org.patch(f"/services/data/v62.0/sobjects/User/{self.owner}", json={"ManagerId": self.manager})
        account = {"Name": "渡辺商店", "OwnerId": self.owner}
        self.account = org.post("/services/data/v62.0/sobjects/Account", json=account).json()["id"]
        self.email = f"{uuid.uuid4().hex}@example.jp"
        contact = {"LastName": "渡辺", "Email": self.email, "AccountId": self.account}
        self.contact = org.post("/services/data/v62.0/sobjects/Contact", json=contact).json()["id"]


@pytest.fixture(scope="module")
def bridge(bridge: Bridge, stack: Any, receiver: Receiver) -> Iterator[Bridge]:
    """What listens to every source is disabled afterwards: other tests' answers are none of its business."""
    bridge.secret("support-survey", KEY)
    bridge.secret(SLACK, json.dumps({"url": receiver.url, "signing_key": "k"}))
    for document in (SURVEY, TO_ACCOUNT, RESCUE, LATER):
        reply = bridge.publish(document)
        assert reply.status_code == 200, reply.text
        stack.api.post(f"/admin/{document['kind']}s/{document['id']}/enable")
    yield bridge
    for document in (TO_ACCOUNT, RESCUE, LATER):
        stack.api.post(f"/admin/{document['kind']}s/{document['id']}/disable")


def test_the_walk_through_of_the_guide_makes_a_task_for_the_owner_and_tells_him(bridge: Bridge) -> None:
    for command in GUIDE:
        bridge.command(*shlex.split(command)[1:], SALESFORCE_URL=bridge.stack.file.salesforce_url)
    (task,) = bridge.records("SELECT Subject, Owner.Email FROM Task WHERE Who.Email = 'ken.tanaka@example.jp'")
    assert task["Subject"] == "NPS 9 → 3: お客様にご連絡ください"
    assert (task["Owner"]["Email"], "The score fell by 6, from 9 to 3. 問い合わせへの返事が遅くなりました。") in _mail(
        bridge
    )


def test_a_promoter_who_falls_is_a_task_for_the_owner_and_for_the_manager_when_nobody_acts(
    bridge: Bridge, receiver: Receiver
) -> None:
    customer = Customer(bridge)
    known = {"email": customer.email}
    happy = bridge.answer(email=customer.email, token=uuid.uuid4().hex, hidden=known).json()["feedback_id"]
    bridge.ended(happy, "nps-to-contact")
    fields = "NPS_Score__c, NPS_Previous_Score__c, NPS_Change__c, NPS_Trend__c"
    by_id = f"SELECT {fields} FROM Contact WHERE Id = '{customer.contact}'"
    (contact,) = bridge.records(by_id)
    assert (contact["NPS_Score__c"], contact["NPS_Previous_Score__c"]) == (9, None)

    unhappy = _survey(bridge, customer, 3)
    ended = bridge.ended(unhappy, "nps-to-account", "automation.rescue", "automation.much-later")
    assert {item["status"] for item in ended.values()} == {"delivered"}
    (task,) = bridge.records(f"SELECT Id, Subject, Description, OwnerId FROM Task WHERE WhoId = '{customer.contact}'")
    assert task["OwnerId"] == customer.owner
    assert task["Subject"] == "NPS 9 → 3: お客様にご連絡ください"
    assert task["Description"] == "The score fell by 6, from 9 to 3. 対応が遅い"
    (account,) = bridge.records(f"SELECT NPS_Net_Score__c FROM Account WHERE Id = '{customer.account}'")
    assert account["NPS_Net_Score__c"] == -100
    told = eventually(lambda: [json.loads(body)["text"] for _, body in receiver.received], "the webhook")
    assert told == ["渡辺 結衣: The score fell by 6, from 9 to 3."]

    escalated = bridge.ended(unhappy, "automation.rescue.escalation")["automation.rescue.escalation"]
    assert escalated["status"] == "delivered"
    mine = f"SELECT OwnerId FROM Task WHERE Id = '{escalated['record_id']}'"
    assert bridge.records(mine)[0]["OwnerId"] == customer.manager
    assert json.loads(receiver.received[-1][1])["text"] == "Escalated: The score fell by 6, from 9 to 3."


def test_what_is_due_in_a_day_is_a_schedule_that_may_fill_the_queue(bridge: Bridge) -> None:
    customer = Customer(bridge)
    feedback = _survey(bridge, customer, 2)
    bridge.ended(feedback, "automation.much-later")
    scheduler = bridge.stack.client("scheduler")
    mine = [scheduler.get_schedule(Name=item["Name"]) for item in scheduler.list_schedules()["Schedules"]
            if item["Name"].startswith("feedback-bridge-") and len(item["Name"]) == 56]  # fmt: skip
    assert feedback in {json.loads(item["Target"]["Input"])["detail"]["feedback_id"] for item in mine}


def test_scores_are_shown_by_account_over_time_and_by_segment(bridge: Bridge) -> None:
    customer = Customer(bridge)
    for score in (9, 10, 7, 2):
        bridge.ended(_survey(bridge, customer, score, email=f"{uuid.uuid4().hex}@example.jp"), "nps-to-account")
    told = bridge.stack.api.get("/admin/nps", params={"account": customer.account}).json()
    assert (told["score"], told["answers"], told["promoters"], told["detractors"]) == (25, 4, 2, 1)
    assert told["segments"] == [
        {"segment": "tier", "value": "金", "score": 25, "answers": 4, "promoters": 2, "passives": 1, "detractors": 1}
    ]
    assert told["months"][-1]["score"] == 25
    assert "+25" in bridge.command("nps", "--account", customer.account)


def test_and_it_tells_the_manager_when_nobody_acts(bridge: Bridge) -> None:
    """The minute has passed while the other tests ran."""
    ended = bridge.ended("mail-survey:58410099", "automation.rescue-fallen.escalation")
    assert ended["automation.rescue-fallen.escalation"]["status"] == "delivered"
    assert "rep.grace@example.com" in {to for to, text in _mail(bridge) if "Task 00T" in text}


def _mail(bridge: Bridge) -> list[tuple[str, str]]:
    """To whom, and what, as the local SES has it."""
    reply = requests.get(f"{bridge.stack.file.aws_endpoint_url}/_ministack/ses/messages", timeout=10)
    return [(item["To"][0], item["BodyText"]) for sent in reply.json()["messages"].values() for item in sent]


def _survey(bridge: Bridge, customer: Customer, score: int, email: str | None = None) -> str:
    at = (datetime.now(UTC) - timedelta(seconds=5)).isoformat()
    answer = {
        "id": uuid.uuid4().hex, "at": at, "email": email or customer.email, "name": "渡辺 結衣",
        "account": customer.account, "score": str(score), "comment": "対応が遅い", "tier": "金",
    }  # fmt: skip
    reply: requests.Response = bridge.stack.web.post("/in/support-survey", json=answer, headers={"X-Key": KEY})
    assert reply.status_code == 202, reply.text
    return str(reply.json()["feedback_id"])
