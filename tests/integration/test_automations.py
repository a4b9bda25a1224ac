"""The real handler of automations with signals, against moto's AWS, the org simulator over HTTPS and a webhook."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from feedback_bridge.aws.configs import Configs
from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.aws.secrets import _provider as secret_cache
from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.runtime import automation_parts, automations, histories, orgs, reading
from local.salesforce_org.running import RunningOrg
from tests.integration.queue_events import LONG_AGO, feedback, sqs_event
from tests.integration.webhook_receiver import Receiver, receiving

RESCUE = yaml.safe_load("""
kind: automation
id: rescue
"on": [detractor, score_fell]
org: production
cooling: {days: 30}
write:
  object: Task
  operation: insert
  fields:
    Subject: {template: "NPS {{ nps.score }}: 電話してください"}
    Description: {template: "{{ signal.reason }} {{ nps.comment }}", too_long: truncate}
    Priority: {value: High}
    WhoId: {lookup: {object: Contact, by: {Email: respondent.email}}}
    OwnerId: {lookup: {object: Contact, by: {Email: respondent.email}, select: Account.OwnerId}}
notify:
  - email: {to: {record: Owner.Email}, subject: "低評価 {{ nps.score }}", text: "{{ nps.comment }}"}
  - webhook: {secret: slack-cs, text: "{{ respondent.name }}: {{ nps.score }} <!channel>"}
    when: {path: nps.score, op: le, value: 3}
escalate:
  after_minutes: 60
  notify:
    - email:
        to: {lookup: {object: User, by: {Id: signal.owner_id}, select: Manager.Email}}
        subject: "まだ対応がありません"
        text: "{{ signal.reason }} Task {{ signal.record_id }}"
""")
NOW = datetime.now(UTC).replace(microsecond=0)
EXAMPLES = Path(__file__).parents[2] / "examples"


class Bridge:
    """The deployed function, and what can be seen of its work."""

    def __init__(self, aws: dict[str, str], salesforce: RunningOrg, receiver: Receiver) -> None:
        self.configs = Configs(aws["CONFIG_TABLE"])
        self.deliveries = Deliveries(aws["DELIVERY_TABLE"])
        self.salesforce = salesforce
        self.receiver = receiver
        self.queue = aws["QUEUE_URL"]

    def publish(self, document: dict[str, Any], at: datetime = LONG_AGO) -> None:
        self.configs.publish(document["kind"], document["id"], document, "test", at)

    def signal(self, *documents: dict[str, Any], name: str = "detractor", **detail: Any) -> dict[str, Any]:
        told = {"signal": name, "reason": "The score is 3.", "person": "email#hana", **detail}
        return automations.act_batch(sqs_event(*documents, detail_type="NpsSignal", **told)["Records"])

    def due(self, detail: dict[str, Any]) -> dict[str, Any]:
        event = sqs_event(feedback(), detail_type="AutomationDue")
        event["Records"][0]["body"] = json.dumps({"detail-type": "AutomationDue", "detail": detail})
        return automations.act_batch(event["Records"])

    def delivery(self, number: int = 1, mapping: str = "automation.rescue") -> Delivery:
        key = (f"typeform-main:{number:05}", mapping)
        return self.deliveries.find_all([key])[key]

    def tasks(self) -> list[dict[str, Any]]:
        return [row for row in self.salesforce.records("Task") if row["Subject"].startswith("NPS")]

    def schedules(self) -> list[dict[str, Any]]:
        scheduler = boto3.client("scheduler")
        names = [item["Name"] for item in scheduler.list_schedules()["Schedules"]]
        return [scheduler.get_schedule(Name=name) for name in names]

    def mails(self) -> list[dict[str, Any]]:
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.ses.models import ses_backends

        sent = ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].sent_messages
        return [
            {"to": message.destinations["ToAddresses"], "text": message.body, "subject": message.subject}
            for message in sent
        ]


@pytest.fixture
def bridge(
    aws: dict[str, str], salesforce: RunningOrg, credentials: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bridge]:
    monkeypatch.setenv("QUEUE_ARN", "arn:aws:sqs:us-east-1:123456789012:work")
    monkeypatch.setenv("WAKE_UP_ROLE", "arn:aws:iam::123456789012:role/wake")
    monkeypatch.setenv("MAIL_SENDER", "bridge@example.jp")
    for cached in (
        secret_cache,
        automation_parts.parts,
        automations._wake_ups,
        reading.configs,
        reading.archive,
        histories.table,
    ):
        cached.cache_clear()
    orgs._made.clear()
    boto3.client("sesv2").create_email_identity(EmailIdentity="bridge@example.jp")
    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name="test-stack/salesforce-production", SecretString=credentials)
    with receiving(salesforce.directory) as receiver:
        address = json.dumps({"url": receiver.url, "signing_key": "鍵"})
        secrets.create_secret(Name="test-stack/slack-cs", SecretString=address)
        bridge = Bridge(aws, salesforce, receiver)
        bridge.publish(
            {"kind": "org", "id": "production", "login_url": salesforce.url, "secret": "salesforce-production",
             "timezone": "Asia/Tokyo"}
        )  # fmt: skip
        yield bridge


def answer(number: int = 1, score: int = 3, days_ago: float = 0, **changes: Any) -> dict[str, Any]:
    at = (NOW - timedelta(days=days_ago)).isoformat()
    nps = {"score": score, "band": "detractor", "label": "detractor", "normalised": -1, "comment": "対応が遅い"}
    return feedback(number, nps=nps, occurred_at=at, received_at=at, **changes)


def test_a_detractor_is_a_task_of_the_account_owner_who_is_told_at_once(bridge: Bridge) -> None:
    bridge.publish(RESCUE)
    assert bridge.signal(answer()) == {"batchItemFailures": []}
    (task,) = bridge.tasks()
    rep = next(row for row in bridge.salesforce.records("User") if row["Email"] == "rep.sasaki@example.jp")
    assert (task["OwnerId"], task["Priority"]) == (rep["Id"], "High")
    assert task["Description"] == "The score is 3. 対応が遅い"
    (mail,) = bridge.mails()
    assert mail["to"] == ["rep.sasaki@example.jp"]
    delivery = bridge.delivery()
    assert (delivery.status, delivery.object, delivery.record_id) == ("delivered", "Task", task["Id"])
    assert [record.object for record in delivery.records] == [
        "Task",
        "Feedback_Bridge_Email",
        "Feedback_Bridge_Webhook",
    ]


def test_a_webhook_is_signed_and_what_a_customer_wrote_mentions_nobody(bridge: Bridge) -> None:
    bridge.publish(RESCUE)
    bridge.signal(answer())
    ((headers, body),) = bridge.receiver.received
    assert json.loads(body) == {"text": "佐藤 花子: 3 &lt;!channel&gt;"}
    signed = f"{headers['x-feedback-bridge-timestamp']}.".encode() + body
    expected = hmac.new("鍵".encode(), signed, hashlib.sha256).hexdigest()
    assert headers["x-feedback-bridge-signature"] == f"sha256={expected}"


def test_two_signals_of_one_answer_and_the_same_again_make_it_run_once(bridge: Bridge) -> None:
    bridge.publish(RESCUE)
    bridge.signal(answer())
    bridge.signal(answer(), name="score_fell")
    bridge.signal(answer(), answer())
    assert len(bridge.tasks()) == 1
    assert len(bridge.mails()) == 1


def test_a_person_is_told_of_once_in_a_cooling_period_and_the_delivery_says_so(bridge: Bridge) -> None:
    bridge.publish(RESCUE)
    bridge.signal(answer(1))
    bridge.signal(answer(2))
    bridge.signal(answer(3), person="email#ken")
    assert len(bridge.tasks()) == 2
    assert bridge.delivery(2).status == "skipped"
    assert "same person in the last 30 days" in (bridge.delivery(2).reason or "")


def test_what_came_to_nothing_cools_nothing(bridge: Bridge) -> None:
    bridge.publish({**RESCUE, "when": {"path": "embedded.tier", "op": "eq", "value": "gold"}})
    bridge.signal(answer(1, embedded={"tier": "silver"}))
    bridge.signal(answer(2))
    assert (bridge.delivery(1).status, bridge.delivery(2).status) == ("skipped", "delivered")


def test_a_signal_that_it_does_not_listen_to_and_an_old_answer_do_nothing(bridge: Bridge) -> None:
    bridge.publish(RESCUE)
    bridge.signal(answer(1), name="promoter")
    bridge.signal(answer(2, days_ago=8))
    assert bridge.tasks() == []
    assert "more than 7 days ago" in (bridge.delivery(2).reason or "")


def test_when_nobody_acts_the_manager_is_told(bridge: Bridge) -> None:
    _manage(bridge)
    bridge.publish(RESCUE)
    bridge.signal(answer())
    (schedule,) = bridge.schedules()
    assert schedule["ActionAfterCompletion"] == "DELETE"
    due = json.loads(schedule["Target"]["Input"])["detail"]
    _keep(bridge, answer())
    bridge.due(due)
    assert bridge.mails()[-1]["to"] == ["rep.grace@example.com"]
    assert bridge.tasks()[0]["Id"] in bridge.mails()[-1]["text"]
    bridge.due(due)
    assert len(bridge.mails()) == 2
    assert bridge.delivery(mapping="automation.rescue.escalation").status == "delivered"


def test_a_task_that_was_closed_in_time_escalates_nothing(bridge: Bridge) -> None:
    bridge.publish(RESCUE)
    bridge.signal(answer())
    due = json.loads(bridge.schedules()[0]["Target"]["Input"])["detail"]
    _keep(bridge, answer())
    _change(bridge, "Task", bridge.tasks()[0]["Id"], {"Status": "Completed"})
    bridge.due(due)
    assert len(bridge.mails()) == 1
    escalation = bridge.delivery(mapping="automation.rescue.escalation")
    assert (escalation.status, escalation.reason) == ("skipped", "The Task is closed: somebody has acted.")


def test_quiet_hours_put_it_off_until_they_end(bridge: Bridge) -> None:
    due = _put_off(bridge)
    assert bridge.tasks() == []
    assert bridge.delivery().status == "pending"
    assert "Quiet until" in (bridge.delivery().reason or "")
    _keep(bridge, answer())
    bridge.publish(RESCUE)
    bridge.due(due)
    assert len(bridge.tasks()) == 1
    assert bridge.delivery().status == "delivered"


def test_what_the_night_says_of_an_account_is_a_task_of_its_owner_and_escalates_though_no_archive_has_it(
    bridge: Bridge,
) -> None:
    (shipped,) = (
        item for item in yaml.safe_load_all((EXAMPLES / "nps/health.yaml").read_text()) if item["kind"] == "automation"
    )
    shipped["on"] = shipped.pop(True)
    shipped["escalate"] = RESCUE["escalate"]
    bridge.publish(shipped)
    account = next(row for row in bridge.salesforce.records("Account") if row["Name"] == "さくら商事株式会社")
    known = {"id": account["Id"], "key": f"account#{account['Id']}"}
    told = feedback(1, id="account-score:health-1", source="account-score", type="account_score", account=known,
                    nps=None, occurred_at=NOW.isoformat(), received_at=NOW.isoformat())  # fmt: skip
    reason = "Use fell in 30 days: of レポート from 14 to 1."
    bridge.signal(told, name="usage_fell", reason=reason, person=known["key"])
    (task,) = (row for row in bridge.salesforce.records("Task") if row["WhatId"] == account["Id"])
    assert task["OwnerId"] == account["OwnerId"]
    assert reason in task["Description"]
    bridge.due(json.loads(bridge.schedules()[0]["Target"]["Input"])["detail"])
    assert bridge.mails()[-1]["to"] == ["rep.grace@example.com"]
    assert reason in bridge.mails()[-1]["text"]


def test_that_somebody_does_not_answer_is_no_old_news(bridge: Bridge) -> None:
    bridge.publish({**RESCUE, "on": ["no_answer"]})
    bridge.signal(answer(days_ago=8), name="no_answer", reason="No answer to 3 invitations.")
    assert bridge.delivery().status == "delivered"


def test_a_webhook_that_is_down_is_asked_again_and_the_task_and_the_mail_are_there_once(bridge: Bridge) -> None:
    bridge.publish(RESCUE)
    bridge.receiver.status = 503
    bridge.signal(answer())
    assert bridge.delivery().status == "pending"
    bridge.receiver.status = 200
    bridge.signal(answer())
    assert bridge.delivery().status == "delivered"
    assert (len(bridge.tasks()), len(bridge.mails()), len(bridge.receiver.received)) == (1, 1, 2)


@pytest.mark.parametrize("said", [{"on": ["detractor"]}, {"on": {"signals": "of the night"}, "source": {"tag": "x"}}])
def test_an_automation_that_this_version_cannot_read_holds_up_its_own_runs_until_it_can(
    bridge: Bridge, said: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    bridge.publish(RESCUE)
    bridge.publish({**RESCUE, **said, "id": "newer", "colour": "blue"})
    assert bridge.signal(answer()) == {"batchItemFailures": []}
    assert bridge.delivery().status == "delivered"
    assert bridge.delivery(mapping="automation.newer").status == "pending"
    assert "this version cannot read the document" in (bridge.delivery(mapping="automation.newer").reason or "")
    assert "a document in force cannot be read" in [
        item.message for item in caplog.records if item.levelname == "ERROR"
    ]
    bridge.publish({**RESCUE, "id": "newer"})
    bridge.signal(answer(), receives=2)
    assert bridge.delivery(mapping="automation.newer").status == "delivered"
    assert len(bridge.tasks()) == 2


def test_an_escalation_that_this_version_cannot_read_waits_until_it_can(bridge: Bridge) -> None:
    _manage(bridge)
    bridge.publish(RESCUE)
    bridge.signal(answer())
    due = json.loads(bridge.schedules()[0]["Target"]["Input"])["detail"]
    _keep(bridge, answer())
    bridge.publish({**RESCUE, "colour": "blue"})
    bridge.due(due)
    assert bridge.delivery(mapping="automation.rescue.escalation").status == "pending"
    bridge.publish(RESCUE)
    bridge.due(due)
    assert bridge.delivery(mapping="automation.rescue.escalation").status == "delivered"


@pytest.mark.parametrize("again", [{"receives": 2}, {"replay": "replay-1", "mapping": "automation.rescue"}])
def test_what_waited_for_an_automation_that_was_deleted_ends_with_a_word(bridge: Bridge, again: dict[str, Any]) -> None:
    bridge.publish(RESCUE)
    bridge.receiver.status = 503
    bridge.signal(answer())
    of_mapping = replace(bridge.delivery(), mapping="nps-to-contact")
    bridge.deliveries.put_all([of_mapping])
    bridge.configs.delete("automation", "rescue")
    bridge.signal(answer(), **again)
    assert bridge.delivery().status == "skipped"
    assert bridge.delivery().reason == "The automation is no longer published."
    assert bridge.delivery(mapping="nps-to-contact") == of_mapping


def test_what_was_put_off_for_quiet_hours_ends_with_a_word_when_the_automation_is_deleted(bridge: Bridge) -> None:
    due = _put_off(bridge)
    bridge.configs.delete("automation", "rescue")
    bridge.due(due)
    assert bridge.delivery().reason == "The automation is no longer published."


def test_a_webhook_that_is_gone_fails_aloud(bridge: Bridge) -> None:
    bridge.publish(RESCUE)
    bridge.receiver.status = 404
    bridge.signal(answer())
    assert bridge.delivery().status == "failed"
    assert "slack-cs answered 404" in (bridge.delivery().reason or "")
    assert bridge.receiver.url not in (bridge.delivery().reason or "")


def test_a_pool_takes_turns_and_an_automation_may_only_tell(bridge: Bridge) -> None:
    told = {
        "kind": "automation", "id": "rescue", "on": ["detractor"], "org": "production", "cooling": {"days": 0},
        "pool": ["a@example.jp", "b@example.jp"],
        "notify": [{"email": {"to": {"from": "signal.owner"}, "subject": "NPS", "text": "{{ nps.comment }}"}}],
    }  # fmt: skip
    bridge.publish(told)
    bridge.signal(*(answer(number) for number in range(12)))
    assert {mail["to"][0] for mail in bridge.mails()} == {"a@example.jp", "b@example.jp"}
    assert len(bridge.mails()) == 12


class _Later(datetime):
    """Six minutes on: a worker that got no answer is taken for dead by then."""

    @classmethod
    def now(cls, zone: Any = None) -> Any:
        return datetime.now(zone) + timedelta(minutes=6)


def test_salesforce_that_is_down_is_waited_for(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    bridge.publish(RESCUE)
    bridge.signal(answer(9), person="email#x")
    bridge.salesforce.control("POST", "/pause")
    try:
        assert bridge.signal(answer()) == {"batchItemFailures": []}
        assert bridge.delivery().status == "pending"
    finally:
        bridge.salesforce.control("POST", "/resume")
    monkeypatch.setattr(automations, "datetime", _Later)
    bridge.signal(answer())
    assert bridge.delivery().status == "delivered"
    assert (len(bridge.tasks()), len(bridge.mails())) == (2, 2)


def _put_off(bridge: Bridge) -> dict[str, Any]:
    """It is a holiday. What is asked for when that is over."""
    tomorrow = (NOW + timedelta(days=1)).date().isoformat()
    always = {"zone": "UTC", "holidays": [NOW.date().isoformat(), tomorrow]}
    bridge.publish({**RESCUE, "quiet": always})
    bridge.signal(answer())
    return dict(json.loads(bridge.schedules()[0]["Target"]["Input"])["detail"])


def _manage(bridge: Bridge) -> None:
    """Grace Miller manages 佐々木健太."""
    users = {row["Email"]: row["Id"] for row in bridge.salesforce.records("User")}
    rep = users["rep.sasaki@example.jp"]
    _change(bridge, "User", rep, {"ManagerId": users["rep.grace@example.com"]})


PLAIN = {**RESCUE, "notify": [], "cooling": {"days": 0}}


def test_quiet_hours_do_not_end_a_doubt(bridge: Bridge) -> None:
    bridge.salesforce.control("DELETE", "/objects/Task/fields/Feedback_Bridge_Id__c")
    bridge.publish(PLAIN)
    cut = {"match": {"path": "/composite/sobjects"}, "effect": {"cut": True, "when": "after"}, "times": 1}
    bridge.salesforce.control("POST", "/faults", cut)
    bridge.signal(answer())
    days = [(NOW + timedelta(days=day)).date().isoformat() for day in (0, 1)]
    bridge.publish({**PLAIN, "quiet": {"zone": "UTC", "holidays": days}})
    bridge.signal(answer(), attempt=2)
    assert (bridge.delivery().reason or "").startswith("Quiet until")
    bridge.publish(PLAIN)
    bridge.signal(answer(), attempt=3)
    assert bridge.delivery().status == "delivered"
    assert len(bridge.tasks()) == 1


def test_of_two_contents_in_a_batch_the_newest_is_acted_on(bridge: Bridge) -> None:
    bridge.publish(PLAIN)
    older, newer = answer(), answer(score=1)
    told = {"detail_type": "NpsSignal", "signal": "detractor", "reason": "The score is 3.", "person": "email#hana"}
    records = [*sqs_event(older, **told)["Records"], *sqs_event(newer, content=2, **told)["Records"]]
    automations.act_batch([{**record, "messageId": str(number)} for number, record in enumerate(records)])
    assert bridge.delivery().content == 2


def _change(bridge: Bridge, name: str, record_id: str, fields: dict[str, Any]) -> None:
    """As a person in Salesforce does."""
    address = f"{bridge.salesforce.url}/services/data/v62.0/sobjects/{name}/{record_id}"
    bridge.salesforce.session().patch(address, json=fields).raise_for_status()


def _keep(bridge: Bridge, document: dict[str, Any]) -> None:
    """The archive holds what the tool sent: an answer is read again from there when something is due."""
    from feedback_bridge.feedback.raw import Raw

    bridge.publish(
        {"kind": "source", "id": "typeform-main", "type": "webhook", "secret": "s",
         "shared_secret": {"header": "X-Key"},
         "fields": {"id": "id", "email": "email", "score": "score", "comment": "comment", "name": "name"}}
    )  # fmt: skip
    body = {"id": "00001", "email": "hanako.sato@example.jp", "score": 3, "comment": "対応が遅い", "name": "佐藤 花子"}
    received = datetime.fromisoformat(document["received_at"])
    reading.archive().keep(
        Raw(document["id"], "typeform-main", received, "application/json", json.dumps(body).encode(), "digest")
    )
