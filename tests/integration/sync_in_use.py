"""A published sync between a file in S3 and the org simulator, run by the real handler."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3

from feedback_bridge.aws.configs import Configs
from feedback_bridge.runtime.sync import page
from feedback_bridge.runtime.sync.starting import begin, runs
from feedback_bridge.sync.run import Run
from local.salesforce_org.running import RunningOrg
from tests.integration.overheard import overheard

SYNC: dict[str, Any] = {
    "kind": "sync",
    "id": "usage",
    "tool": {"type": "file", "path": "usage/accounts.csv", "key": "account"},
    "salesforce": {"org": "production", "object": "Account", "key": "AccountNumber"},
    "push": {
        "fields": {
            "Pendo_Days_Active__c": "days",
            "Pendo_NPS__c": "nps",
            "Pendo_Last_Visit__c": {"from": "last", "blanks": "clear"},
        }
    },
}
COLUMNS = ("account", "days", "nps", "last")


class Killed(BaseException):
    """What a worker that is killed in the middle looks like from inside."""


class SyncInUse:
    def __init__(self, aws: dict[str, str], salesforce: RunningOrg, credentials: str) -> None:
        boto3.client("secretsmanager").create_secret(Name="test-stack/salesforce-production", SecretString=credentials)
        self.configs = Configs(aws["CONFIG_TABLE"])
        self.queue = aws["SYNC_QUEUE_URL"]
        self.bucket = aws["ARCHIVE_BUCKET"]
        self.bus = aws["EVENT_BUS"]
        self.salesforce = salesforce
        org = {"kind": "org", "id": "production", "login_url": salesforce.url, "secret": "salesforce-production"}
        self.publish({**org, "timezone": "Asia/Tokyo", "daily_calls": {"reserve_for_others": 0.1}})

    def publish(self, document: dict[str, Any]) -> None:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        self.configs.publish(document["kind"], document["id"], document, "test", now)

    def put(self, *rows: tuple[Any, ...], path: str = "usage/accounts.csv", columns: tuple[str, ...] = COLUMNS) -> None:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows(rows)
        boto3.client("s3").put_object(Bucket=self.bucket, Key=f"files/{path}", Body=text.getvalue().encode())

    def accounts(self, *numbers: str, **more: Any) -> list[str]:
        rows = [{"Name": f"取引先 {number}", "AccountNumber": number, **more} for number in numbers]
        return list(self.salesforce.control("POST", "/objects/Account/records", rows))

    def account(self, number: str) -> dict[str, Any]:
        return next(row for row in self.salesforce.records("Account") if row["AccountNumber"] == number)

    def begin(self, **options: Any) -> Run:
        published = self.configs.published("sync", options.pop("sync", "usage"))
        assert published
        return begin(published, options.pop("direction", "push"), "test", datetime.now(UTC), **options)

    def run(self, **options: Any) -> Run:
        run = self.begin(**options)
        self.work()
        return self.state(run)

    def state(self, run: Run) -> Run:
        found = runs().find(run.sync, run.id)
        assert found
        return found

    def messages(self) -> Iterator[dict[str, Any]]:
        while True:
            reply = boto3.client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=1)
            if not reply.get("Messages"):
                return
            (message,) = reply["Messages"]
            boto3.client("sqs").delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            yield {"messageId": message["MessageId"], "body": message["Body"]}

    def work(self, left: Callable[[], int] = lambda: 100_000) -> None:
        """The handler, with every message that is there and those that it sends."""
        for message in self.messages():
            answer = page.work_through([message], left)
            assert answer == {"batchItemFailures": []}

    def work_until_killed_at(self, run: Run, checkpoint: int) -> bool:
        """Whether the worker was killed: there may be fewer checkpoints."""
        seen = 0

        def saved(run: Run) -> None:
            nonlocal seen
            seen += 1
            if seen == checkpoint:
                raise Killed

        engine = replace(page.engine(), saved=saved)
        try:
            engine.go_on(run.sync, run.id, "a worker that dies", lambda: True)
        except Killed:
            return True
        return False

    def issues(self, run: Run) -> list[list[str]]:
        """trouble, key, record id, field, reason, since"""
        client = boto3.client("s3")
        listed = client.list_objects_v2(Bucket=self.bucket, Prefix=f"sync/runs/{run.sync}/{run.id}/issues/")
        found = []
        for item in listed.get("Contents", []):
            text = client.get_object(Bucket=self.bucket, Key=item["Key"])["Body"].read().decode()
            found += [json.loads(line) for line in text.splitlines()]
        return sorted(found)

    def overheard(self) -> Callable[[str], list[dict[str, Any]]]:
        """From now on: the facts of one type that the bus has heard since they were last asked for."""
        told = overheard(self.bus)

        def facts(name: str) -> list[dict[str, Any]]:
            return [event["detail"] for event in told() if event["detail-type"] == name]

        return facts

    def calls(self) -> int:
        return int(self.salesforce.control("GET", "/calls")["total"])
