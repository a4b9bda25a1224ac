"""`bridge sources add`, `test` and `rotate`, over HTTP against the real functions."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from cli.signing import signed
from feedback_bridge.runtime import reading
from feedback_bridge.sources.registry import TOOLS
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import EVENTS, STACK, Bridge
from tests.integration.web_front import web_front
from tests.outbound_message import ORGANIZATION

MADE_BY_THE_TOOL = {"surveymonkey", "delighted", "pendo", "zendesk", "sunshine"}
NEEDS: dict[str, tuple[str, ...]] = {
    "qualtrics": ("--with", "data_center=fra1", "--with", "api_token=token"),
    "surveymonkey": ("--with", "api_token=token"),
}


@pytest.fixture
def bridge(admin: Admin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bridge]:
    """The command, with a stack whose webhooks arrive."""
    monkeypatch.delenv("BRIDGE_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)
    boto3.client("secretsmanager").create_secret(Name=f"{STACK}/token", SecretString="t")
    (tmp_path / ".local").mkdir()
    with web_front(pumped=True) as url:
        stack = {"api_url": url, "stack_name": STACK, "region": "us-east-1", "admin_token": str(admin.token)}
        file = tmp_path / ".local/stack.json"
        file.write_text(json.dumps(stack))
        yield Bridge(file, stack)


def secret(name: str) -> str:
    return str(boto3.client("secretsmanager").get_secret_value(SecretId=f"{STACK}/{name}")["SecretString"])


def added(bridge: Bridge, kind: str, *more: str) -> dict[str, Any]:
    given = ("--value", "client&s3cret") if kind in MADE_BY_THE_TOOL else ()
    told = bridge("sources", "add", kind, f"my-{kind}", "--publish", "--json", *NEEDS.get(kind, ()), *given, *more)
    assert told.ok, told.stderr + told.stdout
    result: dict[str, Any] = told.json
    return result


@pytest.mark.parametrize("kind", TOOLS)
def test_a_source_of_every_tool_is_added_and_its_sample_comes_through(bridge: Bridge, kind: str) -> None:
    told = added(bridge, kind)
    assert told["published"] is True
    assert told["url"].startswith(f"{bridge.stack['api_url']}/in/my-{kind}")
    assert any(f"/in/my-{kind}" in step for step in told["steps"])
    tried = bridge("sources", "test", f"my-{kind}", "--json", "--timeout", "20")
    assert tried.ok, tried.stderr + tried.stdout
    if kind in ("qualtrics", "surveymonkey"):
        assert (tried.json["status"], tried.json["feedback_id"]) == ("ignored", None)
        return
    assert tried.json["status"] == "accepted"
    assert tried.json["feedback"]["source"] == f"my-{kind}"
    assert [item["status"] for item in tried.json["deliveries"]] == ["skipped"]
    again = bridge("sources", "test", f"my-{kind}", "--json", "--timeout", "20").json
    assert again["status"] == "accepted"
    assert again["feedback_id"] != tried.json["feedback_id"]
    assert sent_again(bridge, f"my-{kind}") >= 2


def sent_again(bridge: Bridge, source: str) -> int:
    told = bridge("backfill", source, "--since", "2020-01-01", "--json")
    assert told.ok, told.stderr
    assert told.json["unreadable"] == []
    return int(told.json["count"])


@pytest.mark.parametrize("kind", ["qualtrics", "surveymonkey"])
def test_a_response_whose_answers_were_fetched_is_sent_again_with_them(bridge: Bridge, kind: str) -> None:
    key = added(bridge, kind).get("secret") or "client&s3cret"
    body = (EVENTS / kind / "promoter.json").read_bytes()
    sending = signed(kind, body, key)
    url = f"{bridge.stack['api_url']}/in/my-{kind}"
    told = requests.post(url, data=sending.body, headers=sending.headers, timeout=20)
    assert told.status_code == 202, told.text
    archive = reading.archive()
    raw = archive.find(told.json()["feedback_id"])
    assert raw is not None
    (answers,) = (EVENTS / kind / "responses").glob(f"*/{raw.feedback_id.partition(':')[2]}.json")
    archive.add_answers(raw, answers.read_bytes())
    assert sent_again(bridge, f"my-{kind}") == 1


def test_a_secret_that_we_make_is_shown_once_and_is_the_one_that_counts(bridge: Bridge) -> None:
    told = bridge("sources", "add", "typeform", "shop", "--publish")
    assert told.ok, told.stderr
    assert secret("shop") in told.stdout
    assert len(secret("shop")) >= 40
    body = (EVENTS / "typeform/promoter.json").read_bytes()
    sending = signed("typeform", body, secret("shop"))
    reply = requests.post(f"{bridge.stack['api_url']}/in/shop", data=sending.body, headers=sending.headers, timeout=30)
    assert reply.status_code == 202
    assert secret("shop") not in bridge("sources", "test", "shop").stdout
    assert secret("shop") not in json.dumps(bridge("diff", "source/shop", "--json").json)


def test_a_secret_in_the_address_is_shown_there(bridge: Bridge) -> None:
    told = added(bridge, "smartlp")
    assert told["url"].endswith(f"/in/my-smartlp?key={secret('my-smartlp')}")


def test_a_tools_own_secret_is_taken_from_standard_input_and_not_shown(bridge: Bridge) -> None:
    told = bridge("sources", "add", "delighted", "shop", stdin="their-api-key\n")
    assert told.ok, told.stderr
    assert secret("shop") == "their-api-key"
    assert "their-api-key" not in told.stdout + told.stderr
    without = bridge("sources", "add", "delighted", "other", stdin="")
    assert without.exit_code == 1
    assert "shows a secret of its own" in without.stderr


def test_what_is_missing_is_told_and_the_draft_is_there(bridge: Bridge, admin: Admin) -> None:
    told = bridge("sources", "add", "qualtrics", "survey", "--publish")
    assert told.exit_code == 1
    assert "data_center" in told.stdout
    assert admin.get("/admin/sources/survey").json["published"] is None
    assert "only a draft" in bridge("sources", "test", "survey").stderr


def test_settings_are_given_by_their_paths(bridge: Bridge, admin: Admin) -> None:
    added(bridge, "webhook", "--with", "fields.id=order.no", "--with", "fields.email=buyer.mail", "--with",
          "signature.header=X-Shop", "--with", "fields.score=nps")  # fmt: skip
    document = admin.get("/admin/sources/my-webhook").json["published"]["document"]
    assert document["fields"] == {"id": "order.no", "email": "buyer.mail", "score": "nps"}
    assert document["signature"] == {"header": "X-Shop", "prefix": "sha256="}
    tried = bridge("sources", "test", "my-webhook", "--json").json
    assert tried["feedback"]["respondent"]["email"] == "bridge-test@example.com"
    assert tried["feedback"]["nps"]["score"] == 9


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("typform", "x"), "There is no type 'typform'"),
        (("salesforce", "x"), "in its own document"),
        (("typeform", "x", "--with", "nps"), "--with takes KEY=VALUE"),
        (("typeform", "x", "--with", "nps=[1"), "no YAML"),
        (("typeform", "NOT AN ID"), "must be lower-case letters"),
    ],
)
def test_what_cannot_be_added_leaves_nothing_behind(bridge: Bridge, words: tuple[str, ...], said: str) -> None:
    told = bridge("sources", "add", *words)
    assert told.exit_code == 1
    assert said in told.stderr
    names = [item["Name"] for item in boto3.client("secretsmanager").list_secrets()["SecretList"]]
    assert f"{STACK}/{words[1]}" not in names


def test_neither_a_source_nor_a_secret_is_overwritten(bridge: Bridge) -> None:
    added(bridge, "typeform")
    before = secret("my-typeform")
    assert "There is a source my-typeform already." in bridge("sources", "add", "typeform", "my-typeform").stderr
    boto3.client("secretsmanager").create_secret(Name=f"{STACK}/taken", SecretString="old")
    assert "There is a secret taken already" in bridge("sources", "add", "typeform", "taken").stderr
    assert (secret("my-typeform"), secret("taken")) == (before, "old")
    used = bridge("sources", "add", "typeform", "taken", "--secret", "taken", "--publish", "--json")
    assert used.ok, used.stderr
    assert used.json["secret"] is None
    assert bridge("sources", "test", "taken").ok


def test_a_secret_is_changed_without_a_gap(bridge: Bridge) -> None:
    added(bridge, "typeform")
    old = secret("my-typeform")
    begun = bridge("sources", "rotate", "my-typeform", "--json").json
    assert secret("my-typeform") == f"{begun['secret']}\n{old}"
    for valid in (begun["secret"], old):
        assert _status(bridge, valid) == 202
    assert bridge("sources", "test", "my-typeform").ok
    assert "being changed already" in bridge("sources", "rotate", "my-typeform").stderr
    assert bridge("sources", "rotate", "my-typeform", "--finish").ok
    assert secret("my-typeform") == begun["secret"]
    assert "is not being changed" in bridge("sources", "rotate", "my-typeform", "--finish").stderr


def _status(bridge: Bridge, key: str) -> int:
    sending = signed("typeform", (EVENTS / "typeform/promoter.json").read_bytes(), key)
    url = f"{bridge.stack['api_url']}/in/my-typeform"
    return requests.post(url, data=sending.body, headers=sending.headers, timeout=30).status_code


def test_a_wrong_secret_is_found_out(bridge: Bridge) -> None:
    added(bridge, "typeform")
    assert bridge("sources", "test", "my-typeform").ok
    sample = bridge.stack_file.parent / "nonsense.json"
    sample.write_text("{}")
    told = bridge("sources", "test", "my-typeform", "--sample", str(sample))
    assert told.exit_code == 1
    assert "form_response: is required" in told.stderr


def test_an_org_that_sends_is_tested_and_its_secret_changed(bridge: Bridge, admin: Admin, production: Any) -> None:
    boto3.client("secretsmanager").create_secret(Name=f"{STACK}/outbound", SecretString="k3y")
    outbound = {"organization_id": ORGANIZATION, "secret": "outbound"}
    assert admin.put("/admin/orgs/production", {**production, "outbound_messages": outbound}).json["problems"] == []
    assert admin.post("/admin/orgs/production/publish").status == 200
    tried = bridge("sources", "test", "salesforce-production", "--json", "--timeout", "20")
    assert tried.ok, tried.stderr + tried.stdout
    assert tried.json["feedback"]["type"] == "salesforce_event"
    assert tried.json["feedback"]["salesforce"]["object"] == "Case"
    begun = bridge("sources", "rotate", "salesforce-production", "--json").json
    assert begun["url"].endswith(f"/salesforce/production/outbound-messages?key={begun['secret']}")
    assert bridge("sources", "test", "salesforce-production", "--timeout", "20").ok
    assert bridge("sources", "samples", "salesforce-production", "--json").json["items"]
    assert sent_again(bridge, "salesforce-production") == 2
