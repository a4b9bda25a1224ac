"""The stack around the admin API: secrets, tokens of every scope, an org, and an archive with real-shaped events."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from cli.main import app
from feedback_bridge.aws import dead_letters
from feedback_bridge.aws.tokens import SCOPES, create_token
from local.salesforce_org.running import RunningOrg
from tests.integration.admin.calling import Admin
from tests.integration.admin.serving import serving

EVENTS = Path(__file__).parents[3] / "events/sources"
STACK = "test-stack"

TYPEFORM = {
    "kind": "source",
    "id": "typeform-main",
    "type": "typeform",
    "secret": "typeform-main",
    "nps": {"score": "answers.nps.value", "comment": "answers.why.value"},
}
MAPPING = {
    "kind": "mapping",
    "id": "nps-to-contact",
    "source": "typeform-main",
    "on": "survey_response",
    "when": {"path": "nps.score", "op": "exists"},
    "write": {
        "org": "production",
        "object": "Contact",
        "operation": "update",
        "match": {"fields": {"Email": "respondent.email"}},
        "fields": {
            "NPS_Score__c": {"from": "nps.score"},
            "NPS_Band__c": {
                "from": "nps.band",
                "map": {"promoter": "Promoter", "passive": "Passive", "detractor": "Detractor"},
            },
            "NPS_Comment__c": {"from": "nps.comment", "too_long": "truncate"},
        },
    },
}


@pytest.fixture
def stack(aws: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The AWS of one test."""
    queue = boto3.client("sqs").create_queue
    urls = {name: queue(QueueName=name)["QueueUrl"] for name in ("mapping", "mapping-dead")}
    # Moto's queues tell everything at once.
    monkeypatch.setattr(dead_letters, "WAIT_SECONDS", 0)
    monkeypatch.setenv("QUEUES", json.dumps({"response_mapping": [urls["mapping"], urls["mapping-dead"]]}))
    set_secret("typeform-main", "s3cret")
    return {**aws, **urls}


def set_secret(name: str, value: str) -> None:
    boto3.client("secretsmanager").create_secret(Name=f"{STACK}/{name}", SecretString=value)


@pytest.fixture
def token(stack: dict[str, str]) -> Callable[..., str]:
    def create(scope: Any, days: int | None = None, now: datetime | None = None) -> str:
        return create_token(stack["TOKEN_TABLE"], f"{scope}-token", scope, now or datetime.now(UTC), days=days)

    return create


@pytest.fixture
def clients(token: Callable[..., str]) -> dict[str, Admin]:
    """One client a scope."""
    return {scope: Admin(token(scope)) for scope in SCOPES}


@pytest.fixture
def admin(clients: dict[str, Admin]) -> Admin:
    return clients["admin"]


@pytest.fixture
def production(admin: Admin, salesforce: RunningOrg, credentials: str) -> dict[str, Any]:
    """The simulated org, published as `production`."""
    set_secret("salesforce-production", credentials)
    document = {
        "kind": "org",
        "id": "production",
        "login_url": salesforce.url,
        "auth": "jwt_bearer",
        "secret": "salesforce-production",
    }
    assert admin.put("/admin/orgs/production", document).json["problems"] == []
    assert admin.post("/admin/orgs/production/publish").status == 200
    return document


@pytest.fixture
def typeform(admin: Admin) -> dict[str, Any]:
    assert admin.put("/admin/sources/typeform-main", TYPEFORM).json["problems"] == []
    assert admin.post("/admin/sources/typeform-main/publish").status == 200
    return TYPEFORM


@dataclass
class Told:
    exit_code: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        return self.exit_code == 0

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


@dataclass
class Bridge:
    """The `bridge` command, run in a folder whose stack file leads to the API."""

    stack_file: Path
    stack: dict[str, str]

    def __call__(self, *arguments: str, stdin: str | None = None) -> Told:
        result = CliRunner().invoke(app, list(arguments), input=stdin, prog_name="bridge")
        return Told(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def bridge(admin: Admin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bridge]:
    """Without an endpoint in the stack file the command speaks with AWS, which is moto's here."""
    for name in ("BRIDGE_TOKEN", "BRIDGE_STACK", "BRIDGE_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".local").mkdir()
    with serving() as url:
        stack = {"api_url": url, "stack_name": STACK, "region": "us-east-1", "admin_token": str(admin.token)}
        file = tmp_path / ".local/stack.json"
        file.write_text(json.dumps(stack))
        yield Bridge(file, stack)


@pytest.fixture
def cloudformation(bridge: Bridge) -> None:
    """The deployed stack's outputs."""
    pytest.importorskip("openapi_spec_validator", reason="moto's CloudFormation is not installed: moto[cloudformation]")
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"TokenTable": {"Value": "TokenTable"}, "ApiUrl": {"Value": bridge.stack["api_url"]}},
    }
    boto3.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
