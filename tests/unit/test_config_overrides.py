"""What one org says differently: places by the paths that problems and diffs use."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from feedback_bridge.config.org import OrgDocument
from feedback_bridge.config.overrides import Override, overridden, steps
from feedback_bridge.config.problem import InvalidDocument

DOCUMENT: dict[str, Any] = {
    "write": {"fields": {"A": {"value": 1}, "B": {"value": 2}}},
    "then": [{"when": 0}, {"when": 1}, {"when": 2}],
}


def changed(**override: Any) -> dict[str, Any]:
    return overridden(DOCUMENT, Override.model_validate(override), "overrides.x")


def test_a_path_is_read_as_problems_write_it() -> None:
    assert steps("then[12].write.fields.NPS_Score__c") == ["then", 12, "write", "fields", "NPS_Score__c"]
    assert steps("answers.質問 1[0][1]") == ["answers", "質問 1", 0, 1]


def test_places_are_set_and_removed_and_the_original_stays() -> None:
    before = copy.deepcopy(DOCUMENT)
    assert changed(set={"write.fields.A.value": "あ", "write.fields.C": None, "then[1]": "x"}) == {
        "write": {"fields": {"A": {"value": "あ"}, "B": {"value": 2}, "C": None}},
        "then": [{"when": 0}, "x", {"when": 2}],
    }
    assert before == DOCUMENT


def test_places_of_a_list_are_those_of_the_document_as_it_was() -> None:
    assert changed(remove=["then[0]", "then[1]", "write.fields"]) == {"write": {}, "then": [{"when": 2}]}


@pytest.mark.parametrize("path", ["then[3]", "write.field.A", "write[0]", "then.when", "write.fields.A.value.deeper"])
def test_a_place_that_is_not_there_is_a_problem(path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        changed(set={path: 1})
    assert caught.value.problems[0].path == f"overrides.x.set.{path}"
    with pytest.raises(InvalidDocument):
        changed(remove=[path])


@pytest.mark.parametrize("path", ["", ".", "a..b", "a[", "a[b]", "[0]", "a.", "a]"])
def test_what_is_no_path_is_refused_with_the_org_document(path: str) -> None:
    org = {"id": "production", "login_url": "https://example.my.salesforce.com", "secret": "s"}
    with pytest.raises(ValidationError):
        OrgDocument.model_validate({**org, "overrides": {"mapping/m": {"remove": [path]}}})


NAMES = st.text(st.characters(exclude_characters=".[]", exclude_categories=["Cs"]), min_size=1, max_size=4)
TREES = st.recursive(
    st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)


def places(tree: Any, path: str = "") -> dict[str, Any]:
    inside: Any = ()
    if isinstance(tree, dict):
        inside = ((f"{path}.{key}" if path else key, item) for key, item in tree.items())
    elif isinstance(tree, list):
        inside = ((f"{path}[{index}]", item) for index, item in enumerate(tree))
    return {name: item for place, value in inside for name, item in {place: value, **places(value, place)}.items()}


@given(tree=st.dictionaries(NAMES, TREES, min_size=1, max_size=3), data=st.data())
def test_any_place_of_any_document_can_be_set_and_then_says_so(tree: dict[str, Any], data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(sorted(places(tree))))
    after = overridden(tree, Override.model_validate({"set": {place: "neu"}}), "x")
    assert places(after)[place] == "neu"
    assert places(overridden(tree, Override.model_validate({"remove": [place]}), "x")) != places(tree)
