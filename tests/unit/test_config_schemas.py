"""The JSON Schemas that editors use: shipped as the code has them, and true of what the project ships."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.documents import read_all
from cli.main import app
from feedback_bridge.config.kinds import KINDS

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "docs/schemas"
VALUES = [
    "SALESFORCE_URL=https://example.my.salesforce.com",
    "QUALTRICS_URL=https://fra1.qualtrics.com",
    "CAMPAIGN_ID=701000000000001AAA",
]


def test_the_shipped_schemas_are_those_of_the_code() -> None:
    files: dict[str, str] = runpy.run_path(str(ROOT / "docs/schemas.py"))["files"]()
    assert {file.name: file.read_text(encoding="utf-8") for file in SHIPPED.iterdir()} == files, (
        "run: python docs/schemas.py"
    )


def test_every_reference_of_a_shipped_schema_leads_somewhere() -> None:
    for file in SHIPPED.iterdir():
        schema = json.loads(file.read_text(encoding="utf-8"))
        for reference in references(schema):
            assert reference.removeprefix("#/$defs/") in schema["$defs"], f"{file.name}: {reference}"


def references(part: Any) -> list[str]:
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    found = [part["$ref"]] if isinstance(part, dict) and isinstance(part.get("$ref"), str) else []
    return [*found, *(reference for item in inner for reference in references(item))]


@pytest.mark.parametrize("which", ["document", "kind"])
def test_every_example_is_what_the_schema_says(which: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    for folder in sorted(file.parent for file in (ROOT / "examples").rglob("*.yaml")):
        for document in read_all([str(folder)], VALUES):
            name = "document" if which == "document" else document.kind.name
            schema = json.loads((SHIPPED / f"{name}.json").read_text(encoding="utf-8"))
            errors = jsonschema.Draft202012Validator(schema).iter_errors(document.data)
            assert [f"{document.place()}: {error.json_path} {error.message}" for error in errors] == []


MISTAKES: list[dict[str, Any]] = [
    {"kind": "unicorn", "id": "a"},
    {"kind": "mapping"},
    {"kind": "org", "id": "a", "login_url": "https://a.my.salesforce.com", "secret": "s", "api_vresion": "62.0"},
    {"kind": "source", "id": "a", "type": "typefrom", "secret": "s"},
    {"kind": "mapping", "id": "a", "source": "s", "on": "survey_response", "write": {"org": "o", "object": "Lead"}},
]


@pytest.mark.parametrize("document", MISTAKES)
def test_an_editor_sees_a_mistake(document: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((SHIPPED / "document.json").read_text(encoding="utf-8"))
    assert not jsonschema.Draft202012Validator(schema).is_valid(document)


def test_bridge_prints_the_schemas_without_a_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for kind in KINDS:
        told = CliRunner().invoke(app, ["schema", kind.name])
        assert json.loads(told.stdout) == json.loads((SHIPPED / f"{kind.name}.json").read_text(encoding="utf-8"))
    whole = CliRunner().invoke(app, ["schema"])
    assert json.loads(whole.stdout)["$id"] == "urn:feedback-bridge:document"
    assert CliRunner().invoke(app, ["schema", "unicorn"]).exit_code == 1


def test_every_setting_of_a_mapping_that_an_editor_offers_is_explained() -> None:
    """The description is what the editor shows beside the word."""
    schema = json.loads((SHIPPED / "mapping.json").read_text(encoding="utf-8"))
    parts = {"mapping": schema, **schema["$defs"]}
    settings = [(name, key, item) for name, part in parts.items() for key, item in part.get("properties", {}).items()]
    assert [f"{name}.{key}" for name, key, item in settings if not item.get("description") and key != "kind"] == []
