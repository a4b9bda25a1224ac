"""A diff between two documents says everything that changed, and nothing else."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

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


@given(ANY_JSON)
def test_the_same_document_has_no_differences(document: Any) -> None:
    assert told(document, document) == []


@given(ANY_JSON, ANY_JSON)
def test_different_documents_have_some(before: Any, after: Any) -> None:
    if before != after:
        assert told(before, after)
