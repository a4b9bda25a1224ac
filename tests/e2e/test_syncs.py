"""Nightly syncs on the deployed stack: a file in its bucket, Pendo's API, and a worker that dies in the middle."""

from __future__ import annotations

import csv
import json
import os
import signal
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from local.pendo_api import KEY
from tests.e2e.bridge_in_use import Bridge, eventually

FIELDS = {"Pendo_Days_Active__c": "days", "Pendo_NPS__c": "nps"}
MANY = 2_001
"""Changed records, for which a bulk job is begun."""


class Syncs:
    """Accounts of a test's own in the shared org, and a sync of them with a file or with Pendo."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge, self.stack = bridge, bridge.stack
        self.id = f"usage-{uuid.uuid4().hex[:8]}"
        formation = self.stack.client("cloudformation").describe_stacks(StackName=self.stack.file.stack_name)
        outputs = {item["OutputKey"]: item["OutputValue"] for item in formation["Stacks"][0]["Outputs"]}
        self.bucket, self.table = outputs["ArchiveBucket"], outputs["SyncTable"]

    def publish(self, **parts: Any) -> None:
        tool = {"type": "file", "path": f"{self.id}.csv", "key": "account"}
        pairing = {"org": "production", "object": "Account", "key": "AccountNumber"}
        document = {"kind": "sync", "id": self.id, "tool": tool, "salesforce": pairing, "schedule": "never"}
        reply = self.bridge.publish({**document, "push": {"fields": FIELDS}, **parts})
        assert reply.status_code == 200, reply.text

    def accounts(self, *names: str, **more: Any) -> None:
        rows = [{"Name": f"取引先 {name}", "AccountNumber": self.number(name), **more} for name in names]
        self.stack.org.post("/_org/objects/Account/records", json=rows).raise_for_status()

    def number(self, name: str) -> str:
        return f"{self.id}/{name}"

    def put(self, *rows: tuple[str, int, int]) -> None:
        lines = ["account,days,nps", *(f"{self.number(name)},{days},{nps}" for name, days, nps in rows)]
        self.stack.client("s3").put_object(
            Bucket=self.bucket, Key=f"files/{self.id}.csv", Body="\n".join(lines).encode()
        )

    def run(self, *words: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.bridge.command("sync", "run", self.id, "--json", *words))
        return told

    def begin(self) -> str:
        return str(self.stack.api.post(f"/admin/syncs/{self.id}/runs", json={}).json()["id"])

    def seen(self, run: str) -> dict[str, Any]:
        told: dict[str, Any] = self.stack.api.get(f"/admin/syncs/{self.id}/runs/{run}").json()
        return told

    def ended(self, run: str) -> dict[str, Any]:
        return eventually(lambda: told if (told := self.seen(run))["status"] != "running" else None, "the run's end")

    def held(self, name: str) -> tuple[Any, Any]:
        where = f"AccountNumber = '{self.number(name)}'"
        (row,) = self.bridge.records(f"SELECT Pendo_Days_Active__c, Pendo_NPS__c FROM Account WHERE {where}")
        return row["Pendo_Days_Active__c"], row["Pendo_NPS__c"]

    def minutes_go_by(self, run: str) -> None:
        """Nobody wants to wait for them: the marks of the dead worker are made older, and the tick comes now."""
        dynamodb, past = self.stack.client("dynamodb"), (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
        for name, mark in (("lock", "beat_at"), (f"run#{run}", "worker_until")):
            dynamodb.update_item(
                TableName=self.table,
                Key={"sync": {"S": self.id}, "name": {"S": name}},
                UpdateExpression=f"SET {mark} = :past",
                ExpressionAttributeValues={":past": {"S": past}},
            )
        self.stack.client("lambda").invoke(FunctionName=function(self.stack, "ScheduledSync"), Payload=b"{}")


def function(stack: Any, name: str) -> str:
    told = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.file.stack_name, LogicalResourceId=f"{name}Function"
    )
    return str(told["StackResourceDetail"]["PhysicalResourceId"])


def kill_workers(stack: Any, name: str) -> int:
    """How many processes of this stack's function were killed without a word."""
    ours = {f"AWS_LAMBDA_FUNCTION_NAME={function(stack, name)}", f"AWS_ENDPOINT_URL={stack.file.aws_endpoint_url}"}
    killed = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_text(errors="replace").split("\0")
        except OSError:
            continue
        if ours <= set(environment):
            os.kill(int(process.name), signal.SIGKILL)
            killed += 1
    return killed


@pytest.fixture(scope="module")
def bridge(bridge: Bridge) -> Bridge:
    bridge.secret("pendo", KEY)
    return bridge


@pytest.fixture
def syncs(bridge: Bridge) -> Syncs:
    return Syncs(bridge)


def test_a_night_writes_what_changed_and_tells_what_has_no_record_and_the_next_one_writes_nothing(
    syncs: Syncs, tmp_path: Path
) -> None:
    syncs.publish()
    syncs.accounts("1", "2")
    syncs.put(("1", 12, -40), ("2", 3, 100), ("nobody", 1, 1))
    counts = syncs.run()["counts"]
    assert (counts["read"], counts["matched"], counts["written"], counts["unmatched"]) == (3, 2, 2, 1)
    assert (syncs.held("1"), syncs.held("2")) == ((12, -40), (3, 100))
    rows = tmp_path / "rows.csv"
    syncs.bridge.command("sync", "show", syncs.id, "--csv", str(rows))
    with rows.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["trouble"], row["key"], row["since"]) == ("unmatched", syncs.number("nobody"), "new")

    second = syncs.run()["counts"]
    assert (second["matched"], second["changed"], second["written"], second["still"]) == (2, 0, 0, 1)
    left = syncs.stack.client("s3").list_objects_v2(Bucket=syncs.bucket, Prefix=f"sync/work/{syncs.id}/")
    assert left["KeyCount"] == 0


def test_a_file_that_may_not_be_read_is_not_told_as_missing(syncs: Syncs) -> None:
    syncs.publish()
    syncs.put(("1", 1, 1))
    s3, resource = syncs.stack.client("s3"), f"arn:aws:s3:::{syncs.bucket}/files/{syncs.id}.csv"
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": resource}
    s3.put_bucket_policy(Bucket=syncs.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [denied]}))
    try:
        begun = syncs.begin()
        ended = syncs.ended(begun)
    finally:
        s3.delete_bucket_policy(Bucket=syncs.bucket)
    assert ended["status"] == "failed"
    assert f"Our role needs s3:GetObject on files/{syncs.id}.csv" in ended["reason"]


def test_usage_in_pendo_becomes_fields_and_fields_become_metadata_in_pendo(syncs: Syncs) -> None:
    pendo, account = syncs.stack.file.pendo_url, syncs.number("1")
    known = {"account": {account: {"custom": {"days": 5, "nps": -100}}, syncs.number("nobody"): {}}}
    requests.post(f"{pendo}/_stand_in/known", json=known, timeout=5).raise_for_status()
    syncs.publish(
        tool={"type": "pendo", "secret": "pendo", "kind": "account", "api_url": pendo},
        push={"fields": {"Pendo_Days_Active__c": "custom.days", "Pendo_NPS__c": "custom.nps"}},
        pull={"fields": {"Industry": "sf_industry"}},
    )
    syncs.accounts("1", Industry="Retail")
    syncs.run("--direction", "both")
    assert syncs.held("1") == (5, -100)
    held = requests.get(f"{pendo}/_stand_in/known", timeout=5).json()["account"]
    assert held[account]["custom"]["sf_industry"] == "Retail"


def test_a_run_whose_worker_is_killed_within_a_bulk_job_is_finished_by_another_one(syncs: Syncs) -> None:
    syncs.publish()
    names = [str(number) for number in range(MANY)]
    for start in range(0, MANY, 500):
        syncs.accounts(*names[start : start + 500])
    syncs.put(*[(name, 7, 70) for name in names])
    org = syncs.stack.org
    org.patch("/_org/settings", json={"bulk_delay_ms": 1_200}).raise_for_status()
    try:
        begun = syncs.begin()
        eventually(lambda: syncs.seen(begun)["phase"] == "write", "the writing to begin", every=0.05)
        assert kill_workers(syncs.stack, "SyncPage") > 0
    finally:
        org.patch("/_org/settings", json={"bulk_delay_ms": 20}).raise_for_status()
    assert syncs.seen(begun)["status"] == "running"
    syncs.minutes_go_by(begun)
    ended = syncs.ended(begun)
    assert (ended["status"], ended["counts"]["written"]) == ("succeeded", MANY), ended["reason"]
    assert (syncs.held("0"), syncs.held(names[-1])) == ((7, 70), (7, 70))
