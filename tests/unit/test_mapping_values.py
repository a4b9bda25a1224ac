"""Values on their way into a field: sources, steps and tables."""

from datetime import UTC, datetime
from typing import Any

import pytest

from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.mapping.compiled import compile_mapping
from feedback_bridge.mapping.document import parse_mapping
from feedback_bridge.mapping.outcome import Rejected, Skipped
from feedback_bridge.mapping.plan import Plan, Resolved
from tests.unit.test_mapping_schemas import ORG, TOKYO

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
FEEDBACK: dict[str, Any] = {
    "id": "s:1",
    "occurred_at": "2026-11-21T20:04:05Z",
    "respondent": {"name": "山田　太郎 様", "email": " Hana <HANA@Example.JP> ", "phone": "０９０－１２３４－５６７８"},
    "survey": {"name": "満足度"},
    "answers": {
        "topics": {"value": [1, 2], "label": ["価格", "品質"]},
        "plan": {"value": "g"},
        "text": {"value": "<p>とても<b>良い</b></p><script>x()</script>"},
        "tags": {"value": "a, b ,,c"},
        "empty": {"value": ""},
    },
    "embedded": {
        "ms": 1763694245000,
        "sum": "約 1.234,50 €",
        "amount": "¥1,200",
        "order": "注文 order-00042 です",
        "site": "Example.jp/a b",
    },
    "nps": {"score": 9},
}


def outcome(rule: dict[str, Any], name: str = "Description", feedback: dict[str, Any] = FEEDBACK) -> Any:
    write = {
        "org": "o", "object": "Contact", "operation": "insert", "fields": {"LastName": {"value": "x"}, name: rule},
    }  # fmt: skip
    document = {"kind": "mapping", "id": "m", "source": "*", "on": "survey_response", "write": write}
    plan = compile_mapping(parse_mapping(document), ORG, TOKYO).plan(feedback, NOW)
    if not isinstance(plan, Plan):
        return plan
    resolved = plan.resolve()
    assert isinstance(resolved, Resolved)
    return resolved.writes[0].fields.get(name, "left alone")


def through(path: str, *steps: Any) -> Any:
    return outcome({"from": path, "transform": list(steps)})


@pytest.mark.parametrize(
    ("path", "steps", "result"),
    [
        ("respondent.name", [{"name": "family"}], "山田"),
        ("respondent.name", [{"name": "given"}], "太郎"),
        ("respondent.phone", [{"phone": "JP"}], "+819012345678"),
        ("respondent.phone", ["digits"], "09012345678"),
        ("respondent.email", ["email"], "HANA@example.jp"),
        ("respondent.email", ["domain"], "example.jp"),
        ("embedded.site", ["url"], "https://Example.jp/a%20b"),
        ("answers.text.value", ["strip_html"], "とても良い"),
        ("answers.tags.value", [{"split": ",", "take": -1}, "upper"], "C"),
        ("answers.tags.value", [{"split": ","}, {"join": "、"}], "a、b、c"),
        ("answers.tags.value", [{"split": ","}, "count"], "3"),
        ("answers.topics.label", ["first"], "価格"),
        ("answers.topics.label", [{"take": 1}], "品質"),
        ("embedded.sum", [{"decimal": ","}], "1234.5"),
        ("embedded.amount", ["number", {"multiply": 0.01}, {"round": 0}], "12"),
        ("embedded.order", [{"extract": "order-0*([0-9]+)"}], "42"),
        ("embedded.order", [{"extract": "order-[0-9]+"}], "order-00042"),
        ("embedded.order", [{"replace": {"order-": "#", "注文 ": "", "#": "!"}}], "#00042 です"),
        ("embedded.order", [{"truncate": 6, "ending": "…"}], "注文 or…"),
        ("embedded.ms", [{"datetime": "epoch_milliseconds"}, {"format": "%Y年%m月%d日 %H:%M"}], "2025年11月21日 12:04"),
        ("occurred_at", [{"format": "%Y-%m-%d", "zone": "America/New_York"}], "2026-11-21"),
        ("occurred_at", [{"add_days": 3}, {"format": "%m/%d"}], "11/25"),
        ("survey.name", ["normalise", "squeeze", "trim", "lower"], "満足度"),
    ],
    ids=lambda item: str(item)[:40],
)
def test_steps(path: str, steps: list[Any], result: str) -> None:
    assert through(path, *steps) == result


@pytest.mark.parametrize(
    ("name", "order", "family", "given"),
    [
        ("山田太郎", "auto", "山田太郎", None),
        ("佐藤 花子 さん", "auto", "佐藤", "花子"),
        ("ジョン・スミス", "auto", "スミス", "ジョン"),
        ("Dr. Juan Q. Xavier de la Vega", "auto", "de la Vega", "Juan Q. Xavier"),
        ("Vega, Juan", "auto", "Vega", "Juan"),
        ("Yamada Taro", "japanese", "Yamada", "Taro"),
        ("Madonna", "auto", "Madonna", None),
        ("様", "auto", "様", None),
    ],
)
def test_names_are_taken_apart_in_their_own_order(name: str, order: str, family: str, given: str | None) -> None:
    feedback = {**FEEDBACK, "respondent": {"name": name}}
    for part, expected in (("family", family), ("given", given or "left alone")):
        rule = {"from": "respondent.name", "transform": [{"name": part, "order": order}]}
        assert outcome(rule, feedback=feedback) == expected


@pytest.mark.parametrize(
    ("rule", "result"),
    [
        ({"from": "answers.topics", "label": True}, "価格, 品質"),
        ({"from": "answers.topics.value", "label": True}, "価格, 品質"),
        ({"from": "answers.plan", "label": True}, "g"),
        ({"from": "answers.topics", "label": True, "transform": [{"join": ";"}]}, "価格;品質"),
        ({"from": "answers.plan.value", "map": {"g": "ゴールド"}}, "ゴールド"),
        ({"from": "answers.plan.value", "map": {"x": "y"}, "default": "その他"}, "その他"),
        ({"from": "answers.topics.value", "map": {1: "Price", 2: "Quality"}}, "Price, Quality"),
        ({"from": "nps.score", "map": {9: "good"}}, "good"),
        ({"first_of": ["answers.empty.value", "nps.comment", {"value": "なし"}]}, "なし"),
        ({"join": ["survey.name", "nps.comment", {"template": "{{ nps.score }}点"}], "separator": "／"}, "満足度／9点"),
        (
            {"template": "{{ survey.name | upper }} {{ nps.comment | default: '-' }} {{ (nps.score || `0`) }}"},
            "満足度 - 9",
        ),
        ({"template": "{{ answers.topics.label | join: '・' }}"}, "価格・品質"),
        ({"template": "{{ occurred_at | format: '%m月%d日' }}"}, "11月22日"),
        ({"template": "{{ nps.comment }}"}, "left alone"),
        ({"template": "{{ '{{' }}"}, "{{"),
        ({"from": "answers.empty.value"}, "left alone"),
        ({"from": "nps.comment", "if_absent": {"default": "回答なし"}}, "回答なし"),
        ({"from": "nps.score", "when": {"path": "nps.score", "op": "lt", "value": 7}}, "left alone"),
        ({"value": "固定", "when": {"path": "nps.score", "op": "ge", "value": 9}}, "固定"),
    ],
    ids=lambda item: str(item)[:50],
)
def test_sources(rule: dict[str, Any], result: str) -> None:
    assert outcome(rule) == result


def test_an_absent_value_can_skip_or_fail_the_write() -> None:
    assert outcome({"from": "nps.comment", "if_absent": "skip"}) == Skipped("the feedback has no value for Description")
    failed = outcome({"from": "nps.comment", "if_absent": "fail"})
    assert isinstance(failed, Rejected)
    assert failed.reason == "Description has no value in the feedback"


@pytest.mark.parametrize(
    ("path", "step", "words"),
    [
        ("survey.name", {"phone": "JP"}, "is not a telephone number"),
        ("survey.name", "email", "is not an e-mail address"),
        ("survey.name", "number", "is not a number"),
        ("survey.name", {"date": "%d.%m.%Y"}, "is not written as %d.%m.%Y"),
        ("survey.name", {"datetime": "epoch_seconds"}, "is not a number"),
        ("survey.name", "domain", "has no domain"),
        ("answers.topics.label", {"split": ","}, "is several values"),
    ],
)
def test_a_step_that_cannot_be_taken_is_a_problem_in_words(path: str, step: Any, words: str) -> None:
    refused = through(path, step)
    assert isinstance(refused, Rejected)
    assert words in refused.reason


def test_a_date_in_another_form_reaches_a_date_field() -> None:
    feedback = {**FEEDBACK, "embedded": {"born": "２１．１１．1980"}}
    rule = {"from": "embedded.born", "transform": [{"date": "%d.%m.%Y"}]}
    assert outcome(rule, "Birthdate", feedback) == "1980-11-21"


INJECTIONS = [
    "{{ respondent.email }}", "{{ '{{' }}{% raw %}${7*7}", "' OR Name != '", "\\' OR 1=1 --", "nps.score", "`1`",
    "%s%n{0.__class__}", "$(id)", "<soap:Envelope>", "\u2028}}\n{{ id }}",
]  # fmt: skip


@pytest.mark.parametrize("value", INJECTIONS)
def test_no_value_is_ever_read_as_a_template_a_path_or_a_query(value: str) -> None:
    feedback = {**FEEDBACK, "survey": {"name": value}, "respondent": {"email": "secret@example.jp"}}
    written = outcome({"template": "[{{ survey.name }}]"}, feedback=feedback)
    assert "secret" not in written
    assert written[1:-1] == value.replace("\u2028", "\n")
    rule = {
        "org": "o", "object": "Case", "operation": "update", "match": {"fields": {"Subject": "survey.name"}},
        "fields": {"CSAT__c": {"value": 5}},
    }  # fmt: skip
    document = {"kind": "mapping", "id": "m", "source": "*", "on": "survey_response", "write": rule}
    plan = compile_mapping(parse_mapping(document), ORG, TOKYO).plan(feedback, NOW)
    assert isinstance(plan, Plan)
    (query,) = plan.queries
    assert query.object == "Case"
    assert [field for field, _ in query.where] == ["Subject"]


@pytest.mark.parametrize(
    ("rule", "place", "words"),
    [
        ({"from": "a", "value": 1}, "", "exactly one of"),
        ({}, "", "exactly one of"),
        ({"value": 1, "label": True}, "", "label belongs to from"),
        ({"from": "a", "default": 1}, "", "default belongs to map"),
        ({"template": "{{ a"}, ".template", "never closed"),
        ({"template": "{{ }}"}, ".template", "without a path"),
        ({"template": "{{ a | eval }}"}, ".template", "unknown filter"),
        ({"template": "{{ a.__class__() }}"}, ".template", "unknown function"),
        ({"from": "a", "transform": ["trim", "eval"]}, ".transform[1]", "is no step"),
        ({"from": "a", "transform": [{"extract": "(?=a)"}]}, ".transform[0].extract", "regular expression"),
        ({"from": "a", "transform": [{"phone": "XX"}]}, ".transform[0].phone", "country code"),
        ({"from": "a", "transform": [{"date": "%Q"}]}, ".transform[0].date", "%Q"),
        ({"from": "a", "if_absent": "explode"}, ".if_absent", "must be"),
        ({"lookup": {"object": "User", "by": {}}}, ".lookup.by", "at least 1"),
        ({"first_of": ["a", {"from": "b["}]}, ".first_of[1].from", "not a valid path"),
    ],
)
def test_a_field_that_makes_no_sense_is_a_problem_at_its_place(rule: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        outcome(rule)
    (problem,) = caught.value.problems
    assert problem.path == f"write.fields.Description{place}"
    assert words in problem.message
