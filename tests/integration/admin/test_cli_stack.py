"""`bridge secrets`, `tokens`, `deliveries`, `status`, `doctor`, and how the command finds its stack and fails."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.runtime import settings
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import STACK, Bridge
from tests.integration.admin.in_turn import in_turn

ROOT = Path(__file__).parents[3]


def value_of(name: str) -> str:
    return str(boto3.client("secretsmanager").get_secret_value(SecretId=f"{STACK}/{name}")["SecretString"])


def store(number: int, status: Any = "delivered") -> None:
    now = datetime.now(UTC)
    delivery = Delivery(f"typeform-main:t{number}", "nps-to-contact", "typeform-main", status, now, now, reason="理由")
    Deliveries(settings.delivery_table()).put_all([delivery])


def test_a_secret_is_made_and_then_replaced(bridge: Bridge) -> None:
    assert bridge("secrets", "set", "shop", "--value", "ひみつ1").stdout == "The secret shop has been created.\n"
    assert bridge("secrets", "set", "shop", "--value", "ひみつ2", "--json").json["outcome"] == "changed"
    assert value_of("shop") == "ひみつ2"


def test_a_secret_is_read_from_standard_input_without_the_end_of_its_last_line(bridge: Bridge) -> None:
    assert bridge("secrets", "set", "shop", stdin="new\nold\n").ok
    assert value_of("shop") == "new\nold"


@in_turn(("name", "value"), [("shop", ""), ("shop", " \n"), ("a/b", "x"), ("あ", "x")])
def test_an_impossible_secret_is_refused(bridge: Bridge, name: str, value: str) -> None:
    told = bridge("secrets", "set", name, stdin=value)
    assert (told.exit_code, told.stdout) == (1, "")


def test_a_token_is_shown_once_works_and_can_be_revoked(bridge: Bridge, cloudformation: object) -> None:
    made = bridge("tokens", "create", "--name", "監視", "--scope", "viewer", "--days", "30")
    assert made.ok, made.stderr
    token = made.stdout.strip()
    assert Admin(token).get("/admin/token").json["scope"] == "viewer"
    listed = bridge("tokens", "list", "--json")
    assert token not in listed.stdout
    assert [item["scope"] for item in listed.json["items"] if item["name"] == "監視"] == ["viewer"]
    assert bridge("tokens", "revoke", "監視").ok
    assert Admin(token).get("/admin/token").status == 401
    assert bridge("tokens", "revoke", "監視").stderr == "There is no token 監視.\n"


def test_a_stack_that_is_not_there_is_said_in_one_sentence(bridge: Bridge, cloudformation: object) -> None:
    told = bridge("--stack", "nowhere", "tokens", "list")
    assert told.exit_code == 1
    assert told.stderr.startswith("Could not find the stack nowhere: ")
    assert len(told.stderr.splitlines()) == 1


def test_a_stack_in_aws_is_spoken_with_by_its_outputs_and_a_token_of_the_environment(
    bridge: Bridge, cloudformation: object, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Set BRIDGE_TOKEN" in bridge("deliveries", "list", "--stack", STACK).stderr
    monkeypatch.setenv("BRIDGE_TOKEN", str(admin.token))
    assert bridge("deliveries", "list", "--stack", STACK, "--json").json == {"items": [], "next": None}


def test_the_stack_file_is_found_in_a_folder_above(
    bridge: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a/b")
    assert bridge("deliveries", "list").ok


def test_without_a_stack_the_command_says_how_to_get_one(
    bridge: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".local/stack.json").unlink()
    told = bridge("status")
    assert told.exit_code == 1
    assert "make up" in told.stderr
    (tmp_path / ".local/stack.json").write_text("{")
    assert "does not describe a running stack" in bridge("status").stderr


def test_an_api_that_is_away_is_said_in_one_sentence(bridge: Bridge, tmp_path: Path) -> None:
    bridge.stack_file.write_text(json.dumps({**bridge.stack, "api_url": "http://127.0.0.1:9/v1"}))
    told = bridge("status")
    assert (
        told.stderr
        == "The API at http://127.0.0.1:9/v1 does not answer (ConnectionError). `make up` starts a local stack.\n"
    )
    assert told.exit_code == 1


def test_deliveries_are_listed_and_shown(bridge: Bridge) -> None:
    for number in range(3):
        store(number, "failed" if number == 1 else "delivered")
    assert len(bridge("deliveries", "list", "--json").json["items"]) == 3
    assert len(bridge("--json", "deliveries", "list", "--limit", "2").json["items"]) == 2
    listed = bridge("deliveries", "list", "--status", "failed").stdout
    assert "typeform-main:t1~nps-to-contact" in listed
    assert "理由" in listed
    shown = bridge("deliveries", "show", "typeform-main:t1~nps-to-contact", "--json").json
    assert shown["status"] == "failed"
    assert bridge("deliveries", "show", "typeform-main:t9~nps-to-contact").stderr == "There is no such delivery.\n"
    assert bridge("deliveries", "list", "--status", "lost").exit_code == 2
    assert "since: must be a time" in bridge("deliveries", "list", "--since", "yesterday").stderr


def test_a_replay_wants_to_know_what_to_replay(bridge: Bridge) -> None:
    assert "--status" in bridge("deliveries", "replay").stderr
    assert bridge("deliveries", "replay", "--status", "failed").stderr == "There is no such delivery.\n"


def test_status_is_one_when_a_part_is_red(bridge: Bridge, stack: dict[str, str]) -> None:
    assert bridge("status").exit_code == 0
    boto3.client("sqs").send_message(QueueUrl=stack["mapping-dead"], MessageBody="{}")
    told = bridge("status", "--json")
    assert (told.exit_code, told.json["status"]) == (1, "red")


def test_the_doctor_tells_what_is_in_the_way(bridge: Bridge, admin: Admin, production: object) -> None:
    assert bridge("doctor").exit_code == 0
    admin.put("/admin/sources/broken", {"id": "broken"})
    told = bridge("doctor", "--json")
    assert told.exit_code == 1
    wrong = [finding for finding in told.json["findings"] if not finding["ok"]]
    assert [finding["check"] for finding in wrong] == ["source broken"]


def test_the_doctor_says_when_the_token_may_too_little(bridge: Bridge, clients: dict[str, Admin]) -> None:
    bridge.stack_file.write_text(json.dumps({**bridge.stack, "admin_token": clients["viewer"].token}))
    assert "scope viewer" in bridge("doctor").stdout
    assert bridge(
        "apply", "-f", str(ROOT / "examples/demo/sources.yaml"), "--set", "QUALTRICS_URL=http://localhost"
    ).stderr == ("This needs a token of scope admin.\n")


def test_help_costs_no_heavy_imports() -> None:
    code = "import sys; from cli.main import app; app(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stdout.rpartition("\n[")[2]
    for heavy in ("boto3", "botocore", "requests", "pydantic", "yaml", "rich"):
        assert f"'{heavy}'" not in loaded, heavy


def test_no_command_ends_in_a_traceback(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.api.Api.get", lambda *_, **__: 1 / 0)
    told = bridge("status")
    assert told.exit_code == 1
    assert told.stderr == "Something unexpected happened (ZeroDivisionError); BRIDGE_DEBUG=1 shows where.\n"
