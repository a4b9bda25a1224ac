"""The JSON of a request: what customers wrote fills texts, and is never anything else."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.automation.request import dotted, filled, texts_in

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=3), parts, max_size=3),
    max_leaves=12,
)
bodies = st.dictionaries(st.text(max_size=3), json_values, max_size=3)


@given(bodies, st.text())
def test_whatever_is_filled_in_stays_one_text(body: Any, said: str) -> None:
    count = len(texts_in(body))
    told = json.loads(filled(body, dict.fromkeys(range(count), said)))
    assert [text for _, text in texts_in(told)] == [said] * count
    assert [place for place, _ in texts_in(told)] == [place for place, _ in texts_in(body)]


@given(bodies)
def test_numbers_and_structure_are_sent_as_they_are_written(body: Any) -> None:
    assert json.loads(filled(body, {number: text for number, (_, text) in enumerate(texts_in(body))})) == body


def test_what_finds_nothing_is_left_out() -> None:
    body = {"user": "{{ a }}", "votes": [{"id": "{{ b }}", "quantity": 1}, "{{ c }}"]}
    assert json.loads(filled(body, {1: "F-1"})) == {"votes": [{"id": "F-1", "quantity": 1}]}


def test_a_place_is_told_as_it_is_written_in_yaml() -> None:
    assert [dotted(place) for place, _ in texts_in({"votes": [{"feature_id": "x"}]})] == ["votes[0].feature_id"]
