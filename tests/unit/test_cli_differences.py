"""A diff between two documents says everything that changed, and nothing else."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cli import differences as comparing
from cli.differences import differences

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


def told(before: Any, after: Any) -> list[str]:
    return [str(item) for item in differences(before, after)]


def test_a_change_is_told_by_its_path() -> None:
    before = {"id": "a", "write": {"fields": {"A": {"from": "x"}, "B": {"value": 1}}}, "on": ["x", "y"]}
    after = {"id": "a", "write": {"fields": {"A": {"from": "あ"}, "C": {"value": 2}}}, "on": ["x"]}
    assert told(before, after) == [
        '~ write.fields.A.from: "x" → "あ"',
        '+ write.fields.C: {"value": 2}',
        '- write.fields.B: {"value": 1}',
        '- on[1]: "y"',
    ]


def test_a_number_and_its_text_differ() -> None:
    assert told({"v": 62.0}, {"v": "62.0"}) == ['~ v: 62.0 → "62.0"']
    assert told({"v": 1}, {"v": True}) == ["~ v: 1 → true"]
    assert told({"v": 1}, {}) != told({"v": None}, {})


def test_an_item_put_into_a_list_does_not_change_all_behind_it() -> None:
    before = {"then": [{"write": {"object": "Task"}}, {"write": {"object": "Case"}}], "source": ["a", "b", "c"]}
    after = {"then": [{"campaign_member": 1}, *before["then"]], "source": ["b", "c", "d"]}
    assert told(before, after) == [
        '+ then[0]: {"campaign_member": 1}',
        '- source[0]: "a"',
        '+ source[2]: "d"',
    ]


def test_an_item_that_changed_inside_is_told_by_what_changed_inside() -> None:
    before = {"all": [{"path": "a", "op": "eq", "value": 1}, {"path": "b", "op": "exists"}]}
    after = {"all": [{"path": "a", "op": "eq", "value": 2}, {"path": "b", "op": "exists"}]}
    assert told(before, after) == ["~ all[0].value: 1 → 2"]


def test_what_is_long_stands_below_its_path_as_yaml() -> None:
    fields = {f"Field_{number}__c": {"from": f"answers.質問{number}.value"} for number in range(4)}
    assert "\n".join(told({}, {"fields": fields})).split("\n") == [
        "+ fields:",
        "  + Field_0__c: {from: answers.質問0.value}",
        "  + Field_1__c: {from: answers.質問1.value}",
        "  + Field_2__c: {from: answers.質問2.value}",
        "  + Field_3__c: {from: answers.質問3.value}",
    ]


def test_a_new_document_stands_there_whole_and_an_unchanged_one_not_at_all() -> None:
    document = {"kind": "source", "id": "a", "nps": {"score": "answers.点数.value"}}
    assert list(comparing.told("source", "a", None, document)) == [
        "source a (new)",
        "  + kind: source",
        "  + id: a",
        "  + nps: {score: answers.点数.value}",
    ]
    assert list(comparing.told("source", "a", document, document)) == []


@given(ANY_JSON)
def test_the_same_document_has_no_differences(document: Any) -> None:
    assert told(document, document) == []


@given(ANY_JSON, ANY_JSON)
def test_different_documents_have_some(before: Any, after: Any) -> None:
    if before != after:
        assert told(before, after)
