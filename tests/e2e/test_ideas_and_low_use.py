"""Two shipped examples on the deployed stack: feedback submitted from a record, and low use that a run finds."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.bridge_in_use import Bridge, eventually
from tests.integration.webhook_receiver import Receiver

TOOL = f"tool-{uuid.uuid4().hex}"
"""A secret of this run: a worker remembers for minutes where an earlier one had its receiver."""
AUTOMATIONS = ("feedback-to-pendo", "ideas-to-account", "low-use")


@pytest.fixture(scope="module")
def bridge(stack: Any, receiver: Receiver) -> Iterator[Bridge]:
    bridge = Bridge(stack)
    bridge.set_secrets()
    bridge.secret("record-feedback", "flow key")
    bridge.secret("product-usage", "usage key")
    bridge.secret(TOOL, json.dumps({"url": receiver.url, "headers": {"auth-token": "k"}}))
    bridge.secret("pendo-feedback", json.dumps({"url": receiver.url, "headers": {}}))
    for folder in ("product-data", "listen"):
        values = {"SALESFORCE_URL": stack.file.salesforce_url}
        bridge.command("apply", "-f", f"examples/{folder}", "--publish", **values)
    shipped = stack.api.get("/admin/automations/feedback-to-pendo").json()["published"]["document"]
    shipped["notify"][0]["request"]["secret"] = TOOL
    assert bridge.publish(shipped).status_code == 200
    for automation in AUTOMATIONS:
        stack.api.post(f"/admin/automations/{automation}/enable")
    stack.api.post("/admin/syncs/feature-use/enable")
    yield bridge
    for automation in AUTOMATIONS:
        stack.api.post(f"/admin/automations/{automation}/disable")
    for sync in ("account-health", "contact-answers", "feature-use"):
        stack.api.post(f"/admin/syncs/{sync}/disable")


def account(bridge: Bridge, revenue: int) -> str:
    body = {"Name": "椿商事", "AnnualRevenue": revenue}
    return str(bridge.stack.org.post("/services/data/v62.0/sobjects/Account", json=body).json()["id"])


def submitted(bridge: Bridge, account: str, idea: str, title: str) -> dict[str, Any]:
    body = {
        "submission_id": uuid.uuid4().hex, "submitted_at": datetime.now(UTC).isoformat(), "account_id": account,
        "email": f"{uuid.uuid4().hex}@example.jp", "idea": idea, "idea_title": title,
    }  # fmt: skip
    reply = bridge.stack.web.post("/in/record-feedback", json=body, headers={"X-Api-Key": "flow key"})
    assert reply.status_code == 202, reply.text
    return {**body, "feedback_id": reply.json()["feedback_id"]}


def test_feedback_from_a_record_reaches_the_tool_the_account_and_the_ranking(
    bridge: Bridge, receiver: Receiver
) -> None:
    small, large = account(bridge, 1_000_000), account(bridge, 9_000_000)
    export, login = f"F-{uuid.uuid4().hex}", f"F-{uuid.uuid4().hex}"
    first = submitted(bridge, small, export, "CSVで書き出す")
    bridge.ended(first["feedback_id"], "automation.feedback-to-pendo", "automation.ideas-to-account")
    second = submitted(bridge, small, login, "シングルサインオン")
    third = submitted(bridge, large, login, "シングルサインオン")
    for one in (second, third):
        held = bridge.ended(one["feedback_id"], "automation.feedback-to-pendo", "automation.ideas-to-account")
        assert {delivery["status"] for delivery in held.values()} <= {"delivered", "skipped"}
    asked = [json.loads(body) for _, body in receiver.received]
    assert {"user_id": first["email"], "votes": [{"feature_id": export, "quantity": 1}]} in asked
    assert len(asked) == 3
    (row,) = bridge.records(f"SELECT Feedback_Ideas__c, Feedback_Summary__c FROM Account WHERE Id = '{small}'")
    assert row["Feedback_Ideas__c"] == 2
    assert row["Feedback_Summary__c"].split() == ["シングルサインオン", "CSVで書き出す"]
    ranked = bridge.stack.api.get("/admin/ideas", params={"limit": "200"}).json()["items"]
    mine = [(item["idea"], item["arr"], item["accounts"]) for item in ranked if item["idea"] in (export, login)]
    assert mine == [(login, 10_000_000, 2), (export, 1_000_000, 1)]


def test_low_use_that_a_run_finds_is_a_task_for_customer_success(bridge: Bridge) -> None:
    email, contact = bridge.customer()
    outputs = bridge.stack.client("cloudformation").describe_stacks(StackName=bridge.stack.file.stack_name)
    named = {item["OutputKey"]: item["OutputValue"] for item in outputs["Stacks"][0]["Outputs"]}
    report = f"email,reports_opened,days_since_signup\n{email},1,20\n"
    bridge.stack.client("s3").put_object(Bucket=named["ArchiveBucket"], Key="files/usage/features.csv", Body=report)
    bridge.command("sync", "run", "feature-use", "--direction", "push")
    soql = f"SELECT Subject, WhoId FROM Task WHERE WhoId = '{contact}'"
    (task,) = eventually(lambda: bridge.records(soql), "the task")
    assert task["Subject"] == "利用が少ない新規ユーザーに連絡する"
