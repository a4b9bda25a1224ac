"""A Salesforce org simulator over real HTTPS, and moto's AWS in this process with the tables of template.yaml."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from moto.core.models import MockAWS

from feedback_bridge.aws import clients
from feedback_bridge.aws.org_state import OrgState
from feedback_bridge.config.org import OrgDocument
from feedback_bridge.salesforce.org import Org
from local.salesforce_org.running import RunningOrg, running_org
from tests.integration.new_worker import forget
from tests.integration.salesforce_gateway import Gateway, gateway
from tests.integration.template_tables import create_tables

SEED = Path(__file__).parents[2] / "local/salesforce_org/seed.yaml"
STACK = "test-stack"


@pytest.fixture(scope="session")
def _salesforce() -> Iterator[RunningOrg]:
    with running_org(seed_file=SEED) as org:
        yield org


@pytest.fixture
def salesforce(_salesforce: RunningOrg, monkeypatch: pytest.MonkeyPatch) -> RunningOrg:
    """The org as it was seeded, trusted by every HTTP client of this process."""
    _salesforce.control("POST", "/reset", {"seed": True})
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", _salesforce.ca_file)
    return _salesforce


@pytest.fixture
def gate(salesforce: RunningOrg) -> Iterator[Gateway]:
    with gateway(salesforce) as gate:
        yield gate


@pytest.fixture(scope="module")
def _moto() -> Iterator[MockAWS]:
    """Started once a file: boto3's session and the product's clients take longer to make than a test runs."""
    with pytest.MonkeyPatch.context() as environment, mock_aws() as moto:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "test")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        clients.client.cache_clear()
        yield moto
        clients.client.cache_clear()


@pytest.fixture
def aws(_moto: MockAWS, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The tables, bucket, bus and queues that the functions know, empty, by their environment variables."""
    _moto.reset()
    forget()
    environment = create_tables()
    clients.client("s3").create_bucket(Bucket="archive")
    clients.client("events").create_event_bus(Name="bus")
    environment |= {
        "ARCHIVE_BUCKET": "archive",
        "EVENT_BUS": "bus",
        "QUEUE_URL": clients.client("sqs").create_queue(QueueName="work")["QueueUrl"],
        "SYNC_QUEUE_URL": clients.client("sqs").create_queue(QueueName="syncs")["QueueUrl"],
        "RETENTION_DAYS": "400",
        "NPS_WINDOW_DAYS": "90",
        "STACK_NAME": STACK,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture
def org_document(salesforce: RunningOrg) -> OrgDocument:
    return OrgDocument.model_validate(
        {"id": "production", "login_url": salesforce.url, "auth": "jwt_bearer", "secret": "salesforce-production"}
    )


@pytest.fixture
def credentials(salesforce: RunningOrg) -> str:
    """The integration user's, who may do what our permission set says and nothing more."""
    return json.dumps(salesforce.credentials["integration"])


@pytest.fixture
def org(aws: dict[str, str], org_document: OrgDocument, credentials: str) -> Org:
    return Org(
        org_document, lambda: credentials, OrgState(aws["ORG_STATE_TABLE"], "production"), lambda: datetime.now(UTC)
    )


@pytest.fixture
def contact(salesforce: RunningOrg) -> dict[str, Any]:
    """佐藤花子, as seeded."""
    return next(row for row in salesforce.records("Contact") if row["Email"] == "hanako.sato@example.jp")
