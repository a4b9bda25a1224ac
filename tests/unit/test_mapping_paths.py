"""Paths mean what JMESPath says they mean, however fast they are walked."""

import contextlib
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.mapping.paths import BadPath, getter, parse_path

KEYS = st.sampled_from(["a", "b", "value", "質問 1", "get", "keys"])
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
        max_leaves=12,
    ),
    max_size=5,
)


@given(keys=st.lists(KEYS, min_size=1, max_size=5), document=DOCUMENTS)
def test_a_plain_path_finds_exactly_what_jmespath_finds(keys: list[str], document: dict[str, Any]) -> None:
    path = ".".join(f'"{key}"' for key in keys)
    assert getter(path)(document) == jmespath.search(path, document)


@given(document=DOCUMENTS)
@pytest.mark.parametrize(
    "path", ["a[0].b", "a[].value", "a || b", "a[?b=='x'].value | [0]", "length(@)", "*.b", "{x: a}"]
)
def test_any_other_path_is_jmespaths_own(path: str, document: dict[str, Any]) -> None:
    assert getter(path)(document) == jmespath.search(path, document)


def test_the_word_feedback_stands_for_the_document_itself() -> None:
    document = {"id": "s:1", "nps": {"score": 9}}
    assert getter("feedback.id")(document) == "s:1"
    assert getter("feedback.nps.score || `0`")(document) == 9


@given(document=DOCUMENTS)
@pytest.mark.parametrize(
    "path", ["length(a)", "sort(a)", "sum(a)", "max_by(a, &b)", "join(',', a)", "to_number(a)", "avg(a)"]
)
def test_a_function_that_cannot_be_applied_finds_nothing(path: str, document: dict[str, Any]) -> None:
    getter(path)(document)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("a..b", "not a valid path"),
        ("a[", "not a valid path"),
        ("nope(a)", "unknown function nope"),
        ("length(a, b)", "it takes 1"),
        ("a[::0]", "step of 0"),
        ("[" * 450 + "a" + "]" * 450, "too deeply"),
        ("!" * 100 + "a", "too deeply"),
    ],
)
def test_a_path_that_could_only_fail_later_is_refused_when_it_is_written(path: str, words: str) -> None:
    with pytest.raises(BadPath, match=words):
        parse_path(path)


@given(st.text(max_size=60))
def test_any_text_is_a_path_or_a_reason(text: str) -> None:
    with contextlib.suppress(BadPath):
        getter(text)({"a": {"b": [1]}})
