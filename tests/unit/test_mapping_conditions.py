"""What a condition asks, and what it makes of values as tools send them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.mapping.document import parse_mapping
from feedback_bridge.mapping.predicates import compile_condition, compile_explanation

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")
FEEDBACK: dict[str, Any] = {
    "survey": {"name": "2026年 顧客満足度調査", "language": "ja"},
    "nps": {"score": 6, "previous_score": 9, "band": "detractor"},
    "answers": {
        "topics": {"value": ["price", "support"], "label": ["価格", "サポート"]},
        "seats": {"value": "１２"},
        "agree": {"value": "はい"},
        "note": {"value": "  "},
        "none": {"value": []},
    },
    "embedded": {
        "tier": "ＧＯＬＤ",
        "renewal": "2026-12-01",
        "since": "2025-11-01",
        "flag": True,
        "one": 1,
        "code": "A-17",
    },
}


def document(when: Any) -> dict[str, Any]:
    fields = {"LastName": {"value": "x"}}
    write = {"org": "o", "object": "Contact", "operation": "insert", "fields": fields}
    return {"kind": "mapping", "id": "m", "source": "*", "on": "survey_response", "when": when, "write": write}


def holds(when: Any, feedback: dict[str, Any] = FEEDBACK) -> bool:
    parsed = parse_mapping(document(when))
    assert parsed.when is not None
    return compile_condition(parsed.when, TOKYO)(feedback, NOW)


def test(path: str, op: str, *value: Any, **more: Any) -> dict[str, Any]:
    return {"path": path, "op": op, **({"value": value[0]} if value else {}), **more}


test.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "condition",
    [
        test("nps.score", "eq", 6),
        test("nps.score", "eq", "6"),
        test("answers.seats.value", "eq", 12),
        test("answers.agree.value", "eq", True),
        test("embedded.tier", "ne", "gold"),
        test("embedded.tier", "eq", "gold", ignore_case=True),
        test("nps.score", "lt", 7),
        test("answers.seats.value", "ge", 12),
        test("nps.score", "between", [0, 6]),
        test("nps.band", "in", ["detractor", "passive"]),
        test("nps.score", "in", [6, 7]),
        test("nps.band", "not_in", ["promoter"]),
        test("answers.topics.value", "contains", "price"),
        test("answers.topics.label", "contains_any", ["品質", "価格"]),
        test("answers.topics.value", "contains_all", ["price", "support"]),
        test("answers.topics.value", "not_contains", "quality"),
        test("survey.name", "contains", "満足度"),
        test("survey.name", "starts_with", "2026年"),
        test("survey.name", "ends_with", "調査"),
        test("survey.name", "matches", "^[0-9]{4}年"),
        test("embedded.code", "matches", "^a-", ignore_case=True),
        test("embedded.code", "not_matches", "^B-"),
        test("nps.score", "exists"),
        test("nps.comment", "missing"),
        test("answers.note.value", "empty"),
        test("answers.none.value", "empty"),
        test("nps.comment", "empty"),
        test("survey.name", "not_empty"),
        test("embedded.renewal", "after", "2026-11-30"),
        test("embedded.renewal", "between", ["2026-12-01", "2026-12-31"]),
        test("embedded.renewal", "within_next_days", 14),
        test("embedded.since", "older_than_days", 365),
        test("embedded.since", "within_days", 400),
        {"path": "nps.score", "op": "lt", "value_path": "nps.previous_score"},
        {"not": test("nps.score", "gt", 6)},
        {"any": [test("nps.score", "gt", 6), {"all": [test("nps.score", "le", 6), test("nps.band", "exists")]}]},
    ],
    ids=lambda condition: f"{condition.get('op', 'nested')} {condition.get('path', '')}",
)
def test_what_holds(condition: dict[str, Any]) -> None:
    assert holds(condition)
    assert not holds({"not": condition})


@pytest.mark.parametrize(
    "condition",
    [
        test("embedded.one", "eq", "one"),
        test("embedded.flag", "eq", 1),
        test("answers.topics.value", "eq", "price"),
        test("survey.name", "gt", 3),
        test("survey.name", "within_days", 3),
        test("embedded.renewal", "within_days", 30),
        test("answers.topics.value", "starts_with", "p"),
        test("nps", "contains", "6"),
        test("nps", "matches", "."),
    ],
    ids=lambda condition: f"{condition['op']} {condition['path']}",
)
def test_what_does_not_hold(condition: dict[str, Any]) -> None:
    assert not holds(condition)


OPERANDS = {
    "eq": 1, "ne": 1, "lt": 1, "le": 1, "gt": 1, "ge": 1, "between": [1, 2], "in": [1], "not_in": [1], "contains": "a",
    "not_contains": "a", "contains_any": ["a"], "contains_all": ["a"], "starts_with": "a", "ends_with": "a",
    "matches": "a", "not_matches": "a", "before": "2026-01-01", "after": "2026-01-01", "within_days": 1,
    "older_than_days": 1, "within_next_days": 1,
}  # fmt: skip


@pytest.mark.parametrize("op", [*OPERANDS, "exists", "missing", "empty", "not_empty"])
def test_a_path_that_finds_nothing_satisfies_only_the_negative_questions(op: str) -> None:
    condition = test("embedded.nothing", op, *([OPERANDS[op]] if op in OPERANDS else []))
    assert holds(condition) == (op in {"missing", "empty", "ne", "not_in", "not_contains", "not_matches"})


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=5,
    )
)
@pytest.mark.parametrize("op", OPERANDS)
def test_any_value_answers_any_question(op: str, value: Any) -> None:
    assert holds(test("embedded.x", op, OPERANDS[op]), {"embedded": {"x": value}}) in (True, False)


@pytest.mark.parametrize(
    ("condition", "path", "words"),
    [
        (test("a", "eq"), "when", "eq needs a value"),
        (test("a", "exists", 1), "when", "exists takes no value"),
        (test("a", "lt", "many"), "when", "must be a number or a date"),
        (test("a", "between", [2, 1]), "when", "the lower of the two first"),
        (test("a", "in", "x"), "when", "must be a list"),
        (test("a", "matches", "(a"), "when", "regular expression"),
        (test("a", "matches", r"(a)\1"), "when", "regular expression"),
        (test("a", "within_days", -1), "when", "number of days"),
        ({"path": "a", "op": "matches", "value_path": "b"}, "when", "value_path goes with"),
        ({"all": []}, "when.all", "at least 1"),
        ({"any": [test("a", "exists"), {"not": test("b..", "exists")}]}, "when.any[1].not.path", "not a valid path"),
        ({"all": [test("a", "exists")], "any": []}, "when.any", "not a known setting"),
    ],
)
def test_a_condition_that_makes_no_sense_is_a_problem_at_its_place(condition: Any, path: str, words: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        parse_mapping(document(condition))
    (problem,) = caught.value.problems
    assert problem.path == path
    assert words in problem.message


def test_a_hostile_pattern_and_text_take_no_longer_than_others() -> None:
    """Catastrophic for a backtracking engine: 2^5000 steps. The test would not end."""
    feedback = {"embedded": {"x": "a" * 5000}}
    assert not holds(test("embedded.x", "matches", "^(a+)+$b"), feedback)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (
            {"all": [test("nps.score", "exists"), test("nps.score", "gt", 6)]},
            "when.all[1]: nps.score gt 6 does not hold",
        ),
        ({"any": [test("nps.score", "gt", 6)]}, "when.any: none of its conditions holds"),
        ({"not": test("nps.score", "exists")}, "when.not: its condition holds"),
    ],
)
def test_the_reason_names_the_part_that_does_not_hold(condition: Any, reason: str) -> None:
    parsed = parse_mapping(document(condition)).when
    assert parsed is not None
    assert compile_explanation(parsed, TOKYO)(FEEDBACK, NOW) == reason
