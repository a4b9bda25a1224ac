"""What customers ask for: submitted from a record, voted for in Pendo, told to the account, ranked by ARR."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import boto3
import pytest
import requests
import uvicorn
import yaml

from cli.documents import read_all
from feedback_bridge.aws.configs import Configs
from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.runtime import automation_parts, automations
from feedback_bridge.runtime.sync import page
from feedback_bridge.runtime.sync.events import tell_changes
from feedback_bridge.runtime.sync.starting import begin, runs
from feedback_bridge.sync.run import Run
from local.pendo_api.app import application
from local.salesforce_org.running import RunningOrg
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import Bridge, set_secret
from tests.integration.template_tables import TEMPLATE, _Loader
from tests.integration.web_front import answer

ROOT = Path(__file__).parents[3]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
HANAKO, KEN, GRACE = "hanako.sato@example.jp", "ken.tanaka@example.jp", "grace@example.com"
KEY = "the classic API's key"


@pytest.fixture(scope="module")
def _tls(_salesforce: RunningOrg) -> Iterator[str]:
    """The Pendo stand-in behind the org simulator's certificate: a request goes to https alone."""
    config = uvicorn.Config(
        application(KEY), "127.0.0.1", 0, log_level="error",
        ssl_certfile=_salesforce.directory / "server.pem", ssl_keyfile=_salesforce.directory / "server.key",
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        sleep(0.02)
    yield f"https://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(5)


class Killed(BaseException):
    """A worker that is killed looks like this from inside."""


def _killed_at(phase: str) -> Callable[[Run], None]:
    def saved(run: Run) -> None:
        if run.phase == phase:
            raise Killed

    return saved


class Listening:
    """The shipped example in force, and the way of a submission through intake, bus and automations."""

    def __init__(self, salesforce: RunningOrg, pendo: str) -> None:
        self.salesforce, self.pendo = salesforce, pendo
        rule = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader=_Loader)["Resources"]["HeardFeedbackRule"]
        self.queue = boto3.client("sqs").create_queue(QueueName="to-automations")["QueueUrl"]
        about = boto3.client("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        pattern = json.dumps(rule["Properties"]["EventPattern"])
        events = boto3.client("events")
        events.put_rule(Name="heard", EventBusName="bus", EventPattern=pattern)
        targets = [{"Id": "queue", "Arn": about["Attributes"]["QueueArn"]}]
        events.put_targets(Rule="heard", EventBusName="bus", Targets=targets)

    def publish(self, folder: str) -> None:
        configs = Configs("ConfigTable")
        for document in read_all([str(ROOT / "examples" / folder)], [f"SALESFORCE_URL={self.salesforce.url}"]):
            configs.publish(document.kind.name, document.id, document.data, "test", LONG_AGO)

    def says(self, source: str, body: dict[str, Any], key: str) -> Any:
        headers = {"Content-Type": "application/json", "X-Api-Key": key}
        told = answer("POST", f"/in/{source}", headers, json.dumps(body, ensure_ascii=False).encode())
        if told.status == 202:
            self.work()
        return told

    def submits(self, number: int, email: str, account: str, idea: str = "F-1", title: str = "CSVで書き出す") -> str:
        """What the Flow posts. The id of the feedback."""
        now = datetime.now(UTC).isoformat()
        body = {
            "submission_id": f"interview-{number}", "submitted_at": now, "account_id": account, "email": email,
            "idea": idea, "idea_title": title, "text": "毎月の報告に要る",
        }  # fmt: skip
        told = self.says("record-feedback", body, "flow key")
        assert told.status == 202, told.text
        return str(told.json["feedback_id"])

    def night(self, sync: str, *, twice: bool = False) -> Run:
        """One run of the sync, and what the automations do of it; `twice`, its last piece is done again."""
        published = Configs("ConfigTable").published("sync", sync)
        assert published
        run = begin(published, "push", "test", datetime.now(UTC))
        if twice:
            killed = replace(page.engine(), saved=_killed_at("report"))
            with pytest.raises(Killed):
                killed.go_on(run.sync, run.id, "a worker that dies", lambda: True)
            telling = page.engine()
            held = telling.runs.find(run.sync, run.id)
            assert held
            tell_changes(telling._work(held))
        page.engine().go_on(run.sync, run.id, "a worker that dies", lambda: True)
        self.work()
        found = runs().find(run.sync, run.id)
        assert found
        return found

    def work(self) -> None:
        """Each message once: what is put off stays on the work queue."""
        sqs = boto3.client("sqs")
        while messages := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                assert self.act(message["Body"]) == {"batchItemFailures": []}

    def act(self, body: str, attempt: int = 1) -> Any:
        record = {"messageId": "m", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
        attributes = {"attempt": {"stringValue": str(attempt)}}
        return automations.act_batch([{**record, "messageAttributes": attributes}])

    def again(self) -> None:
        """What was put off is due."""
        sqs = boto3.client("sqs")
        for message in self._put_off():
            self.act(message["Body"], attempt=2)
            sqs.delete_message(QueueUrl=self.work_queue(), ReceiptHandle=message["ReceiptHandle"])

    def _put_off(self) -> list[dict[str, Any]]:
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.sqs.models import sqs_backends

        for message in sqs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].queues["work"]._messages:
            message.delayed_until = 0
        reply = boto3.client("sqs").receive_message(QueueUrl=self.work_queue(), MaxNumberOfMessages=10)
        return list(reply.get("Messages", []))

    def work_queue(self) -> str:
        return str(boto3.client("sqs").get_queue_url(QueueName="work")["QueueUrl"])

    def delivery(self, feedback_id: str, automation: str = "feedback-to-pendo") -> Delivery:
        key = (feedback_id, f"automation.{automation}")
        return Deliveries("DeliveryTable").find_all([key])[key]

    def told(self) -> dict[str, Any]:
        known: dict[str, Any] = requests.get(f"{self.pendo}/_stand_in/known", timeout=5).json()
        return known

    def fails(self, **fault: Any) -> None:
        requests.post(f"{self.pendo}/_stand_in/faults", json=fault, timeout=5).raise_for_status()

    def account(self, name: str) -> dict[str, Any]:
        return next(row for row in self.salesforce.records("Account") if row["Name"].startswith(name))


@pytest.fixture
def listening(
    stack: object, salesforce: RunningOrg, credentials: str, _tls: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Listening]:
    automation_parts.parts.cache_clear()
    set_secret("salesforce-production", credentials)
    set_secret("record-feedback", "flow key")
    set_secret("product-usage", "usage key")
    set_secret("pendo-feedback", json.dumps({"url": f"{_tls}/feedback/votes", "headers": {"auth-token": KEY}}))
    requests.delete(f"{_tls}/_stand_in/known", timeout=5)
    known = {"visitor": {HANAKO: {}, KEN: {}, GRACE: {}}, "features": {"F-1": "CSV", "F-2": "SSO"}}
    requests.post(f"{_tls}/_stand_in/known", json=known, timeout=5).raise_for_status()
    yield Listening(salesforce, _tls)
    automation_parts.parts.cache_clear()


def test_feedback_submitted_from_a_record_is_a_vote_in_pendo_and_stands_on_the_account(listening: Listening) -> None:
    listening.publish("listen")
    sakura = listening.account("さくら")["Id"]
    first = listening.submits(1, HANAKO, sakura)
    listening.submits(2, KEN, sakura, idea="F-2", title="シングルサインオン")
    assert listening.told()["votes"] == [[HANAKO, "F-1", 1], [KEN, "F-2", 1]]
    assert listening.delivery(first).status == "delivered"
    account = listening.account("さくら")
    assert account["Feedback_Ideas__c"] == 2
    assert account["Feedback_Summary__c"].split() == ["シングルサインオン", "CSVで書き出す"]


def test_the_same_submission_twice_has_one_effect(listening: Listening) -> None:
    listening.publish("listen")
    sakura = listening.account("さくら")["Id"]
    assert listening.submits(1, HANAKO, sakura) == listening.submits(1, HANAKO, sakura)
    assert listening.told()["seen"] == ["POST /feedback/votes"]


def test_a_flow_with_another_key_is_nobody(listening: Listening) -> None:
    listening.publish("listen")
    assert listening.says("record-feedback", {"submission_id": "1"}, "another key").status == 401
    assert listening.told()["seen"] == []


def test_while_pendo_does_not_answer_the_vote_waits_and_then_arrives_once(listening: Listening) -> None:
    listening.publish("listen")
    listening.fails(status=503)
    submitted = listening.submits(1, HANAKO, listening.account("さくら")["Id"])
    waiting = listening.delivery(submitted)
    assert (waiting.status, waiting.reason) == ("pending", "REQUEST_BUSY: The tool behind pendo-feedback answered 503.")
    listening.again()
    assert listening.delivery(submitted).status == "delivered"
    assert listening.told()["votes"] == [[HANAKO, "F-1", 1]]
    assert listening.account("さくら")["Feedback_Ideas__c"] == 1


def test_what_pendo_refuses_is_kept_with_the_reason_and_can_be_replayed(listening: Listening, admin: Admin) -> None:
    listening.publish("listen")
    sakura = listening.account("さくら")["Id"]
    submitted = listening.submits(1, HANAKO, sakura, idea="F-9")
    refused = listening.delivery(submitted)
    assert (refused.status, refused.reason) == (
        "failed",
        "REQUEST_REFUSED: The tool behind pendo-feedback answered 422.",
    )
    requests.post(f"{listening.pendo}/_stand_in/known", json={"features": {"F-9": "new"}}, timeout=5)
    assert admin.post(f"/admin/deliveries/{submitted}~automation.feedback-to-pendo/replay").status == 202
    listening.work()
    assert listening.delivery(submitted).status == "delivered"
    assert listening.told()["votes"] == [[HANAKO, "F-9", 1]]


def test_feedback_that_comes_again_with_another_idea_counts_for_that_one(listening: Listening, admin: Admin) -> None:
    listening.publish("listen")
    sakura = listening.account("さくら")["Id"]
    listening.submits(1, HANAKO, sakura)
    listening.submits(1, HANAKO, sakura, idea="F-2", title="シングルサインオン")
    assert [item["idea"] for item in admin.get("/admin/ideas").json["items"]] == ["F-2"]
    assert listening.account("さくら")["Feedback_Summary__c"] == "シングルサインオン"


def test_a_replay_of_everything_a_source_has_sent_votes_for_nothing_again(listening: Listening, admin: Admin) -> None:
    listening.publish("listen")
    listening.submits(1, HANAKO, listening.account("さくら")["Id"])
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert admin.post("/admin/replays", {"source": "record-feedback", "since": since}).json["count"] == 1
    listening.work()
    assert listening.told()["seen"] == ["POST /feedback/votes"]
    assert [item["people"] for item in admin.get("/admin/ideas").json["items"]] == [1]


def test_ideas_are_ranked_by_the_arr_of_the_accounts_behind_them_each_counted_once(
    listening: Listening, admin: Admin, bridge: Bridge
) -> None:
    listening.publish("listen")
    accounts = [
        {"Name": "つばき商事", "AnnualRevenue": 3_000_000, "AccountNumber": "S-1"},
        {"Name": "ふじ製作所", "AnnualRevenue": 5_000_000},
        {"Name": "すみれ工業"},
    ]
    worthy, worthier, unknown = listening.salesforce.control("POST", "/objects/Account/records", accounts)
    listening.submits(1, HANAKO, worthy)
    listening.submits(2, KEN, worthy[:15])
    listening.submits(3, KEN, "S-1")
    listening.submits(4, GRACE, unknown)
    listening.submits(5, KEN, worthier, idea="F-2", title="シングルサインオン")
    told = admin.get("/admin/ideas").json
    assert told["org"] == "production"
    found = [
        (item["idea"], item["arr"], item["accounts"], item["people"], item["accounts_without_arr"])
        for item in told["items"]
    ]
    assert found == [("F-2", 5_000_000, 1, 1, 0), ("F-1", 3_000_000, 2, 3, 1)]
    assert admin.get("/admin/ideas?limit=1").json["items"] == told["items"][:1]
    shown = bridge("ideas")
    assert shown.ok, shown.stderr
    assert [line.split("\t")[:4] for line in shown.stdout.splitlines()] == [
        ["ARR", "ACCOUNTS", "PEOPLE", "IDEA"],
        ["5,000,000", "1", "1", "F-2"],
        ["3,000,000", "2", "3", "F-1"],
    ]


def test_a_field_that_the_org_lacks_is_named_and_an_org_without_ideas_refused(
    listening: Listening, admin: Admin
) -> None:
    listening.publish("listen")
    listening.submits(1, HANAKO, listening.account("さくら")["Id"])
    assert admin.get("/admin/ideas?org=nowhere").status == 422
    document = admin.get("/admin/orgs/production").json["published"]["document"]
    changed = {**document, "ideas": {"arr": "ARR__c"}}
    Configs("ConfigTable").publish("org", "production", changed, "test", LONG_AGO)
    refused = admin.get("/admin/ideas")
    assert refused.status == 409
    assert "ARR__c" in refused.json["detail"]


def test_an_erased_person_asks_for_nothing_any_more(listening: Listening, admin: Admin) -> None:
    listening.publish("listen")
    sakura = listening.account("さくら")["Id"]
    listening.submits(1, HANAKO, sakura)
    listening.submits(2, KEN, sakura)
    told = admin.post("/admin/erasures", {"email": HANAKO}).json
    assert (told["removed"]["ideas"], told["left"]["ideas"]) == (1, 0)
    assert [item["people"] for item in admin.get("/admin/ideas").json["items"]] == [1]


def test_low_use_of_a_feature_is_one_task_for_customer_success_however_many_nights_it_lasts(
    listening: Listening,
) -> None:
    listening.publish("product-data")
    for night, opened in enumerate((2, 2, 0)):
        rows = f"email,reports_opened,days_since_signup\n{HANAKO},{opened},{13 + night}\n{KEN},9,{13 + night}\n"
        boto3.client("s3").put_object(Bucket="archive", Key="files/usage/features.csv", Body=rows.encode())
        run = listening.night("feature-use")
        assert (run.status, run.counts.told) == ("succeeded", 0 if night == 0 else 1), run.reason
    (task,) = [row for row in listening.salesforce.records("Task") if "利用が少ない" in row["Subject"]]
    assert task["Description"] == "レポートを開いた回数 2、登録から 14 日"
    hanako = next(row for row in listening.salesforce.records("Contact") if row["Email"] == HANAKO)
    assert (task["WhoId"], task["OwnerId"]) == (hanako["Id"], listening.account("さくら")["OwnerId"])


def test_a_run_that_is_killed_while_it_tells_tells_nothing_twice(listening: Listening) -> None:
    listening.publish("product-data")
    rows = f"email,reports_opened,days_since_signup\n{HANAKO},1,20\n"
    boto3.client("s3").put_object(Bucket="archive", Key="files/usage/features.csv", Body=rows.encode())
    run = listening.night("feature-use", twice=True)
    assert run.counts.told == 1
    assert len([row for row in listening.salesforce.records("Task") if "利用が少ない" in row["Subject"]]) == 1
