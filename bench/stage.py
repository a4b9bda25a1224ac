"""Where the functions are measured: MiniStack and the Salesforce org as processes of their own, the handlers in ours.

So the CPU time of this process is that of a function, its SDKs and its HTTP, and of nothing else.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import yaml

from bench.template import variables
from feedback_bridge.aws.configs import Configs
from local import account, ministack, ports, processes
from local.home import ROOT, Home
from local.salesforce_org.running import RunningOrg, running_org
from tests.integration.template_tables import create_tables

AWS_PORTS_FROM, SALESFORCE_PORTS_FROM = 14700, 18700
STACK = "bench"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
EXAMPLES = ROOT / "examples/demo"
LOADED_AT_ONCE = 500


@dataclass(frozen=True)
class Stage:
    """`environment` is what the functions are given; a process of its own can be started with it."""

    org: RunningOrg
    environment: dict[str, str]

    @property
    def delivery_table(self) -> str:
        return self.environment["DELIVERY_TABLE"]

    def salesforce_calls(self) -> int:
        """Counted by the org, whoever made them."""
        return int(self.org.control("GET", "/calls")["total"])

    def publish(self, document: dict[str, Any]) -> None:
        configs = Configs(self.environment["CONFIG_TABLE"])
        configs.publish(document["kind"], document["id"], document, "bench", LONG_AGO)

    def keep_secret(self, name: str, text: str) -> None:
        boto3.client("secretsmanager").create_secret(Name=f"{STACK}/{name}", SecretString=text)

    def add_contacts(self, emails: Sequence[str]) -> None:
        rows = [{"LastName": f"顧客{number}", "Email": email} for number, email in enumerate(emails)]
        for start in range(0, len(rows), LOADED_AT_ONCE):
            self.org.control("POST", "/objects/Contact/records", rows[start : start + LOADED_AT_ONCE])

    def add_org(self) -> None:
        """The org that the example mappings write to, and the credentials of its integration user."""
        self.keep_secret("salesforce-production", json.dumps(self.org.credentials["integration"]))
        self.publish(
            {
                "kind": "org",
                "id": "production",
                "login_url": self.org.url,
                "auth": "jwt_bearer",
                "secret": "salesforce-production",
                "timezone": "Asia/Tokyo",
            }
        )


def example(file: str, document_id: str) -> dict[str, Any]:
    """A document of the demo's configuration."""
    documents = yaml.safe_load_all((EXAMPLES / file).read_text(encoding="utf-8"))
    return next(document for document in documents if document["id"] == document_id)


@contextmanager
def stage() -> Iterator[Stage]:
    """An empty org and the template's tables, with this process's environment set as Lambda sets a function's."""
    with ExitStack() as after:
        org = after.enter_context(running_org(port=ports.next_free(SALESFORCE_PORTS_FROM)))
        port = ports.next_free(AWS_PORTS_FROM)
        home = Home(Path(after.enter_context(tempfile.TemporaryDirectory())))
        home.prepare()
        after.callback(lambda: processes.stop(home, processes.recorded(home)))
        processes.start(ministack.server(home, port, Path(org.ca_file)), home, tied=True)
        before = dict(os.environ)
        after.callback(_restore, before)
        account.enter(port)
        os.environ.update(_settings(), REQUESTS_CA_BUNDLE=org.ca_file)
        yield Stage(org, dict(os.environ))


def _settings() -> dict[str, str]:
    tables = create_tables()
    boto3.client("s3").create_bucket(Bucket="archive")
    boto3.client("events").create_event_bus(Name="bus")
    queue = boto3.client("sqs").create_queue(QueueName="work")["QueueUrl"]
    resources = {
        "ARCHIVE_BUCKET": "archive",
        "EVENT_BUS": "bus",
        "QUEUE_URL": queue,
        "SYNC_QUEUE_URL": boto3.client("sqs").create_queue(QueueName="syncs")["QueueUrl"],
        "STACK_NAME": STACK,
    }
    return variables() | tables | resources


def _restore(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
