"""`bridge apply`, `diff`, `publish`, `rollback`, `preview`: configuration as code, through the API over HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.salesforce_org.running import RunningOrg
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import EVENTS, MAPPING, Bridge, set_secret
from tests.integration.admin.in_turn import in_turn

DEMO = Path(__file__).parents[3] / "examples/demo"

SOURCE = """\
kind: source
id: typeform-main
type: typeform
secret: typeform-main
nps: {score: answers.nps.value}
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        folder.joinpath(f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path / "config"


def test_the_demo_configuration_comes_into_force_at_once_and_stays_as_it_is(
    bridge: Bridge, admin: Admin, salesforce: RunningOrg, credentials: str
) -> None:
    set_secret("salesforce-production", credentials)
    for name in ("qualtrics-main", "qualtrics-token", "webhook-main"):
        set_secret(name, "s3cret")
    values = ["--set", f"SALESFORCE_URL={salesforce.url}", "--set", "QUALTRICS_URL=http://127.0.0.1:18399"]
    first = bridge("apply", "-f", str(DEMO), "--publish", *values)
    assert first.ok, first.stderr
    assert admin.get("/admin/status").json["status"] == "green"
    applied = bridge("--json", "apply", "-f", str(DEMO), "--publish", *values).json
    assert applied["ok"] is True
    assert len(applied["documents"]) == 7
    for document in applied["documents"]:
        assert (document["draft"], document["published"], document["version"]) == ("unchanged", "unchanged", 1)


def test_problems_point_at_file_line_and_path(bridge: Bridge, folder: Path) -> None:
    write(
        folder, sources=f"# 出典\n{SOURCE}---\nkind: source\nid: other\ntype: typeform\nsekret: x\nnps:\n  scroe: a\n"
    )
    told = bridge("apply", "-f", str(folder), "--publish")
    assert told.exit_code == 1
    file = folder / "sources.yaml"
    assert told.stderr.splitlines() == [
        "The drafts are saved and have problems. Nothing was published.",
        f"{file}:8: secret: is required",
        f"{file}:11: sekret: is not a known setting",
        f"{file}:13: nps.scroe: is not a known setting",
    ]


def test_problems_of_publishing_point_there_too(
    bridge: Bridge, folder: Path, production: object, typeform: object
) -> None:
    mapping = json.loads(json.dumps(MAPPING))
    mapping["write"]["fields"]["Nope__c"] = {"from": "nps.score"}
    (folder / "mapping.json").write_text(json.dumps(mapping, indent=2, ensure_ascii=False))
    told = bridge("apply", "-f", str(folder / "mapping.json"), "--publish")
    assert told.exit_code == 1
    line = next(n for n, text in enumerate((folder / "mapping.json").read_text().splitlines(), 1) if "Nope__c" in text)
    assert f"mapping.json:{line}: write.fields.Nope__c" in told.stderr


@in_turn(
    ("text", "said"),
    [
        ("kind: source\nid: [", ":3: not valid YAML"),
        ("kind: unicorn\nid: a\n", ":1: kind: must be one of source, org, mapping"),
        ("kind: source\n", ":1: id: is required"),
        ("- 1\n", ":1: is no config document"),
        ("kind: source\nid: a\nid: b\n", ":3: a key stands twice in the document"),
        (f"{SOURCE}---\n{SOURCE}", ":7: source typeform-main is also at"),
        ("kind: org\nid: a\nlogin_url: ${NOT_SET_ANYWHERE}\n", ":3: login_url: ${NOT_SET_ANYWHERE} is not set"),
    ],
)
def test_files_with_mistakes_change_nothing(bridge: Bridge, admin: Admin, folder: Path, text: str, said: str) -> None:
    write(folder, good=SOURCE.replace("typeform-main", "good"), wrong=text)
    told = bridge("apply", "-f", str(folder))
    assert told.exit_code == 1
    assert f"{folder / 'wrong.yaml'}{said}" in told.stderr
    assert admin.get("/admin/sources").json["items"] == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("wrong.json", b'{"kind": "source",\n "id": }', ":2: not valid JSON"),
        ("wrong.yaml", "id: あ".encode("cp932"), ": is not text in UTF-8"),
    ],
)
def test_files_that_cannot_be_read_are_told_with_their_line(
    bridge: Bridge, folder: Path, name: str, content: bytes, said: str
) -> None:
    (folder / name).write_bytes(content)
    told = bridge("apply", "-f", str(folder))
    assert told.exit_code == 1
    assert f"{folder / name}{said}" in told.stderr


def test_variables_are_filled_in_as_text_and_nothing_else(
    bridge: Bridge, admin: Admin, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PART_OF_IT", "環境\nkind: org")
    text = "kind: source\nid: a\ntype: ${TYPE}\nsecret: $${NOT_A_VARIABLE}\nnps: {score: 'x-${PART_OF_IT}-y'}\n"
    write(folder, source=text)
    bridge("apply", "-f", str(folder), "--set", "TYPE=typeform")
    assert admin.get("/admin/sources/a").json["draft"]["document"] == {
        "kind": "source",
        "id": "a",
        "type": "typeform",
        "secret": "${NOT_A_VARIABLE}",
        "nps": {"score": "x-環境\nkind: org-y"},
    }


def test_a_place_that_is_not_there_is_said(bridge: Bridge) -> None:
    told = bridge("apply", "-f", "nowhere")
    assert (told.exit_code, told.stderr.strip()) == (1, "There is no file or folder nowhere.")


def test_json_tells_everything_also_when_it_failed(bridge: Bridge, folder: Path) -> None:
    write(folder, source="kind: source\nid: a\ntype: typeform\n")
    told = bridge("apply", "-f", str(folder), "--json")
    assert told.exit_code == 1
    assert told.json["ok"] is False
    (problem,) = told.json["documents"][0]["problems"]
    assert problem == {"path": "secret", "message": "is required", "file": str(folder / "source.yaml"), "line": 1}


def test_a_diff_reads_as_what_changes(bridge: Bridge, folder: Path, typeform: object) -> None:
    write(folder, source=SOURCE.replace("answers.nps.value", "answers.点数.value") + "# only a comment\n")
    told = bridge("diff", "-f", str(folder))
    assert told.ok
    assert told.stdout.splitlines() == [
        "source typeform-main",
        '  ~ nps.score: "answers.nps.value" → "answers.点数.value"',
        '  - nps.comment: "answers.why.value"',
    ]
    assert bridge("diff", "-f", str(folder), "--exit-code").exit_code == 1


def test_drafts_are_compared_with_what_is_in_force(bridge: Bridge, admin: Admin, typeform: dict[str, Any]) -> None:
    assert bridge("diff", "--exit-code").stdout == "No differences.\n"
    admin.put("/admin/sources/typeform-main", {**typeform, "partial_responses": True})
    told = bridge("diff", "source/typeform-main", "--json").json
    assert told["documents"][0]["differences"] == [
        {"sign": "+", "path": "partial_responses", "before": None, "after": True}
    ]


def test_publish_and_roll_back(bridge: Bridge, admin: Admin, typeform: dict[str, Any]) -> None:
    admin.put("/admin/sources/typeform-main", {**typeform, "partial_responses": True})
    assert bridge("publish", "source", "typeform-main").stdout == "source typeform-main: version 2 is in force.\n"
    assert bridge("rollback", "source/typeform-main").stdout == "source typeform-main: version 3 is version 1 again.\n"
    assert admin.get("/admin/sources/typeform-main").json["published"]["document"] == typeform
    assert bridge("rollback", "source/typeform-main", "--to", "2", "--json").json["version"] == 4
    assert bridge("rollback", "source/typeform-main", "--to", "9").exit_code == 1


def test_disable_and_enable(bridge: Bridge, admin: Admin, typeform: object) -> None:
    assert bridge("disable", "source/typeform-main").ok
    assert admin.get("/admin/sources/typeform-main").json["published"]["enabled"] is False
    assert bridge("enable", "sources/typeform-main").ok


def test_publishing_what_is_not_there_fails_in_plain_words(bridge: Bridge) -> None:
    told = bridge("publish", "mapping/nobody")
    assert (told.exit_code, told.stderr) == (1, "There is no draft of a mapping named nobody.\n")
    assert bridge("publish", "unicorn/nobody").stderr.startswith("There is no kind 'unicorn'; there are source, org, ")


def test_a_preview_shows_what_would_be_written(
    bridge: Bridge, admin: Admin, production: object, typeform: object, tmp_path: Path
) -> None:
    admin.put("/admin/mappings/nps-to-contact", MAPPING)
    sample = tmp_path / "sample.json"
    sample.write_text((EVENTS / "typeform/promoter.json").read_text().replace("example.co.jp", "example.jp"))
    told = bridge("preview", "nps-to-contact", "--sample", str(sample), "--source", "typeform-main")
    assert told.ok, told.stderr
    assert "write: update Contact, 003" in told.stdout
    assert "Promoter" in told.stdout
    assert "looked for Contact with Email = hanako.sato@example.jp: 003" in told.stdout
    assert told.stdout.endswith("It would cost 2 Salesforce calls.\nNothing was written.\n")
    assert bridge("preview", "nps-to-contact").stderr == "Give one of --feedback, --document, --value and --sample.\n"


def test_a_preview_of_values_typed_at_the_terminal(
    bridge: Bridge, admin: Admin, production: object, typeform: object
) -> None:
    admin.put("/admin/mappings/nps-to-contact", MAPPING)
    values = ["--value", "nps.score=３", "--value", "respondent.email=hanako.sato@example.jp"]
    told = bridge("preview", "nps-to-contact", *values, "--json").json
    after = {item["field"]: item["after"] for item in told["writes"][0]["fields"]}
    assert after == {"NPS_Score__c": 3, "NPS_Band__c": "Detractor"}
    skipped = bridge("preview", "nps-to-contact", "--value", 'answers."質問 1"=["a", "b"]')
    assert skipped.exit_code == 0
    assert "It would be skipped: when: nps.score exists does not hold" in skipped.stdout
    assert "--value takes PATH=VALUE" in bridge("preview", "nps-to-contact", "--value", "9").stderr
    assert "values.nps.scroe: finds nothing" in bridge("preview", "nps-to-contact", "--value", "nps.scroe=9").stderr


def test_a_preview_of_an_automation_shows_what_would_be_done_now_and_later(
    bridge: Bridge, admin: Admin, production: object, typeform: object
) -> None:
    def telling(text: str) -> dict[str, Any]:
        return {"notify": [{"event": {"name": "rescue", "text": text}}]}

    task = {"object": "Task", "operation": "insert", "fields": {"Subject": {"template": "{{ signal.reason }}"}}}
    later = {"after_minutes": 60, **telling("もう一度")}
    rescue = {
        "on": ["detractor"],
        "org": "production",
        "write": task,
        **telling("{{ nps.comment }}"),
        "escalate": later,
    }
    assert (
        admin.put("/admin/automations/rescue", {"kind": "automation", "id": "rescue", **rescue}).json["problems"] == []
    )
    told = bridge("preview", "automation/rescue", "--value", "nps.score=3", "--value", "nps.comment=遅い")
    assert told.ok, told.stderr
    assert "automation rescue, the draft" in told.stdout
    assert "detractor: The score is 3." in told.stdout
    at_once, escalated = told.stdout.split("When nobody has acted after 60 minutes:")
    assert "write: upsert Task" in at_once
    assert "遅い" in at_once
    assert "It would cost 1 Salesforce call." in at_once
    assert "もう一度" in escalated
    assert "It would cost 0 Salesforce calls." in escalated
    happy = bridge("preview", "automation/rescue", "--value", "nps.score=9")
    assert happy.ok
    assert "It would be skipped: the feedback is no signal" in happy.stdout
    assert "mapping or an automation" in bridge("preview", "source/typeform-main", "--value", "nps.score=9").stderr
