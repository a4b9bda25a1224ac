"""The OpenAPI document: complete, valid, and in the words of the code."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from feedback_bridge.config.kinds import KINDS
from feedback_bridge.runtime.admin.api import ENDPOINTS
from feedback_bridge.runtime.openapi.document import document
from feedback_bridge.runtime.openapi.operations import operations


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return document(ENDPOINTS)


def test_it_is_valid_openapi(told: dict[str, Any]) -> None:
    validate(told)


def test_every_endpoint_is_described() -> None:
    missing = {(endpoint.method, endpoint.rule) for endpoint in ENDPOINTS} - operations().keys()
    assert missing == set(), "add a line each to runtime/openapi/operations.py"


def test_nothing_is_described_that_is_not_there() -> None:
    assert operations().keys() - {(endpoint.method, endpoint.rule) for endpoint in ENDPOINTS} == set()


def test_every_path_of_the_template_is_told(told: dict[str, Any]) -> None:
    template = (Path(__file__).parents[2] / "template.yaml").read_text(encoding="utf-8")
    paths = {path.strip('"') for path in re.findall(r"RestApiId: !Ref Api, Method: \w+, Path: (\S+)}}", template)}
    assert {"/in/{source}", "/admin/{proxy+}"} <= paths
    assert paths - {"/admin/{proxy+}"} <= told["paths"].keys()


def test_operations_have_names_of_their_own(told: dict[str, Any]) -> None:
    names = [operation["operationId"] for path in told["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_everything_under_admin_needs_a_token_and_says_of_which_scope(told: dict[str, Any]) -> None:
    assert told["security"] == [{"token": []}]
    for path, item in told["paths"].items():
        for operation in item.values():
            if path.startswith("/admin"):
                assert "security" not in operation
                assert "token of scope" in operation["description"]
            else:
                assert operation["security"] == []


def test_every_kind_of_document_has_its_schema(told: dict[str, Any]) -> None:
    for kind in KINDS:
        assert kind.name.capitalize() in told["components"]["schemas"]


def test_nothing_refers_to_what_is_not_there(told: dict[str, Any]) -> None:
    for reference in references(told):
        found: Any = told
        for part in reference.removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/")]


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(item) for item in value.values())) if value else own
    return set().union(*(references(item) for item in value)) if isinstance(value, list) and value else set()


def test_it_can_be_sent() -> None:
    assert len(json.dumps(document(ENDPOINTS)).encode()) < 1_000_000
