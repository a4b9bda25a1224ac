"""The kinds of config documents: any object is read or refused by path, and every kind describes itself."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.config.kinds import KINDS, Kind, kind_named
from feedback_bridge.config.lifecycle import references, secrets_named, state_of
from feedback_bridge.config.problem import InvalidDocument, Problem

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["kind", "id", "type", "secret", "nps", "source", "on", "when", "write", "then", "login_url", "auth", "api_version"]
)
VALUES = ANY_JSON | st.sampled_from(["typeform", "qualtrics", "webhook", "survey_response", "*", "mapping", "a"])


def named(name: str) -> Kind:
    kind = kind_named(name)
    assert kind is not None
    return kind


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@given(data=st.dictionaries(KEYS | st.text(max_size=6), VALUES, max_size=8))
def test_any_object_is_a_document_or_has_problems_by_path(kind: Kind, data: dict[str, Any]) -> None:
    problems: tuple[Problem, ...] | None = None
    try:
        kind.parse(data)
    except InvalidDocument as error:
        problems = error.problems
    assert problems is None or (problems and all(problem.message for problem in problems))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_describes_itself_as_json_schema(kind: Kind) -> None:
    schema = kind.schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    text = str(schema)
    targets = set(re.findall(r"'#/\$defs/([^']+)'", text))
    assert targets <= set(schema.get("$defs", {})), "a reference leads nowhere"


def test_a_kind_is_known_by_its_name_and_its_plural() -> None:
    assert named("source") is named("sources")
    for unknown in ("Source", "", None, 5, ["source"]):
        assert kind_named(unknown) is None


def test_a_document_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidDocument) as refused:
        named("org").parse({"kind": "source", "id": "a"})
    assert refused.value.problems[0].path == "kind"


def test_the_id_is_told_in_words() -> None:
    with pytest.raises(InvalidDocument) as refused:
        named("org").parse({"id": "Produktion!", "login_url": "https://x.my.salesforce.com", "secret": "s"})
    (problem,) = refused.value.problems
    assert problem.path == "id"
    assert "lower-case letters" in problem.message


MAPPING = {
    "id": "m",
    "source": ["a", "b"],
    "on": "survey_response",
    "write": {
        "org": "production",
        "object": "Lead",
        "operation": "insert",
        "fields": {"LastName": {"from": "respondent.name"}},
    },
}


def test_a_mapping_refers_to_its_sources_and_its_org_by_path() -> None:
    found = references("mapping", named("mapping").parse(MAPPING))
    assert [(item.path, item.kind, item.id) for item in found] == [
        ("source[0]", "source", "a"),
        ("source[1]", "source", "b"),
        ("write.org", "org", "production"),
    ]
    everything = named("mapping").parse({**MAPPING, "source": "*"})
    assert [item.kind for item in references("mapping", everything)] == ["org"]


def test_every_secret_that_a_document_names_is_known() -> None:
    qualtrics = {"id": "q", "type": "qualtrics", "secret": "shared", "api_token": "token", "data_center": "fra1"}
    assert secrets_named(named("source").parse(qualtrics)) == [("secret", "shared"), ("api_token", "token")]


@pytest.mark.parametrize(
    ("draft", "published", "state"),
    [
        ({"a": 1}, None, "draft"),
        ({"a": 1}, {"a": 1}, "published"),
        (None, {}, "published"),
        ({"a": 2}, {"a": 1}, "changed"),
    ],
)
def test_a_draft_stands_to_what_is_in_force(draft: Any, published: Any, state: str) -> None:
    assert state_of(draft, published) == state
