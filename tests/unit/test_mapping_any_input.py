"""Any document gives problems, any feedback gives writes or a reason: never an exception, never anything else."""

import contextlib
import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.mapping.checks import check
from feedback_bridge.mapping.compiled import CompiledMapping, compile_mapping
from feedback_bridge.mapping.document import MappingDocument, parse_mapping
from feedback_bridge.mapping.outcome import Rejected, Skipped
from feedback_bridge.mapping.plan import Plan, Resolved
from tests.unit.test_mapping_schemas import CONTACT_ID, ORG, TOKYO

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
WORDS = st.sampled_from(
    [
        *[
            "nps.score",
            "Email",
            "Contact",
            "update",
            "insert",
            "upsert",
            "delete",
            "survey_response",
            "*",
            "a..b",
            "{{ a",
        ],
        *[
            "ja",
            "2026-11-21",
            "trim",
            "eq",
            "in",
            "matches",
            "(",
            "はい",
            "Id",
            "701000000000001AAA",
            "omit",
            "",
            "\ud800",
        ],
    ]
)
KEY_NAMES = """kind id source on when write then all any not path op value org object operation key match fields mode
    on_none on_many from template lookup by first_of join record map default transform split take label if_absent
    status campaign_member campaign Email LastName"""
KEYS = st.sampled_from(KEY_NAMES.split())
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=5),
    max_leaves=20,
)

FULL: dict[str, Any] = {
    "kind": "mapping",
    "id": "full",
    "source": ["typeform-main", "qualtrics"],
    "on": "survey_response",
    "when": {
        "any": [{"path": "nps.score", "op": "exists"}, {"not": {"path": "embedded.tier", "op": "eq", "value": "x"}}]
    },
    "write": {
        "org": "production",
        "object": "Contact",
        "operation": "upsert",
        "match": {
            "fields": {"Email": {"from": "respondent.email", "transform": ["trim"]}, "Birthdate": "embedded.born"},
            "mode": "any",
            "on_many": "newest",
        },
        "fields": {
            "LastName": {
                "first_of": [{"from": "respondent.name", "transform": [{"name": "family"}]}, {"value": "不明"}]
            },
            "NPS_Score__c": {"from": "nps.score"},
            "NPS_Band__c": {"from": "nps.band", "map": {"promoter": "Promoter"}, "default": "Passive"},
            "NPS_Comment__c": {"from": "nps.comment", "too_long": "truncate", "if_absent": None},
            "NPS_Date__c": {"from": "occurred_at"},
            "Description": {"template": "{{ survey.name | upper }} {{ nps.score }}", "only_if_empty": True},
            "Account_Rep__c": {"lookup": {"object": "User", "by": {"Email": "embedded.rep"}, "on_none": "null"}},
            "Newsletter__c": {"from": "answers.news.value"},
            "Topics__c": {"from": "answers.topics", "label": True},
            "Phone": {"from": "respondent.phone", "transform": [{"phone": "JP"}]},
            "Birthdate": {
                "from": "embedded.born",
                "when": {"path": "embedded.born", "op": "older_than_days", "value": 1},
            },
            "NPS_Source__c": {"join": ["source", "survey.id"], "separator": "/"},
        },
    },
    "then": [
        {"campaign_member": {"campaign": "701000000000001AAA", "status": "Responded"}},
        {
            "write": {
                "object": "Task",
                "operation": "insert",
                "fields": {
                    "WhoId": {"record": "Id"},
                    "OwnerId": {"record": "Account.OwnerId"},
                    "Subject": {"template": "{{ nps.comment }}"},
                    "ActivityDate": {"from": "occurred_at", "transform": [{"add_days": 3}]},
                },
            },
            "when": {"path": "nps.score", "op": "le", "value": 6},
        },
    ],
}
TYPICAL = ["a@example.jp", "2026-11-21T03:04:05Z", "1980-01-01", "promoter", "はい", "Price", "090-1234-5678", "\ud800"]
ANSWER_KEYS = st.sampled_from(["value", "label", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=120) | st.sampled_from(TYPICAL),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANSWER_KEYS, inner, max_size=3),
    max_leaves=4,
)


def _part(*names: str) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, VALUES)) | VALUES


FEEDBACKS = st.fixed_dictionaries(
    {"id": st.just("s:1"), "source": st.just("s")},
    optional={
        "occurred_at": VALUES,
        "respondent": _part("email", "name", "phone"),
        "survey": _part("id", "name"),
        "nps": _part("score", "band", "comment", "problem"),
        "embedded": _part("tier", "born", "rep"),
        "answers": st.dictionaries(st.sampled_from(["news", "topics"]), VALUES, max_size=2) | VALUES,
    },
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"Id": st.sampled_from([CONTACT_ID, "0035g00000ABCDfAAP"])},
        optional={
            "CreatedDate": VALUES,
            "Description": VALUES,
            "Account": st.none() | st.just({"OwnerId": CONTACT_ID}),
        },
    ),
    max_size=3,
)


@pytest.fixture(scope="module")
def full() -> CompiledMapping:
    return compile_mapping(parse_mapping(FULL), ORG, TOKYO)


def settle(outcome: Any, data: st.DataObject) -> None:
    """Everything that can become of a plan, down to what follows it."""
    if isinstance(outcome, Plan):
        outcome = outcome.resolve([data.draw(ROWS) for _ in outcome.queries])
    if isinstance(outcome, (Skipped, Rejected)):
        assert outcome.reason
        return
    assert isinstance(outcome, Resolved)
    assert outcome.writes
    for write in outcome.writes:
        json.dumps(dict(write.fields), allow_nan=False).encode()
        assert write.operation != "update" or write.record_id
    for child in outcome.children([CONTACT_ID]):
        settle(child, data)


@settings(max_examples=400, deadline=None)
@given(feedback=FEEDBACKS, data=st.data())
def test_any_feedback_ends_in_writes_or_in_a_reason(
    full: CompiledMapping, feedback: dict[str, Any], data: st.DataObject
) -> None:
    settle(full.plan(feedback, NOW), data)


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_any_document_gives_problems_not_exceptions(data: Any) -> None:
    with contextlib.suppress(InvalidDocument):
        check(parse_mapping(data), ORG, TOKYO)


def places(data: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [place, *(deeper for key, item in inside for deeper in places(item, (*place, key)))]


@settings(max_examples=600, deadline=None)
@given(place=st.sampled_from(places(FULL)[1:]), change=ANYTHING, key=KEYS, data=st.data())
def test_a_good_document_with_one_bad_part_gives_problems_or_a_mapping_that_works(
    place: tuple[Any, ...], change: Any, key: str, data: st.DataObject
) -> None:
    document = copy.deepcopy(FULL)
    target: Any = document
    for step in place[:-1]:
        target = target[step]
    if isinstance(target, dict) and isinstance(target[place[-1]], dict) and data.draw(st.booleans()):
        target[place[-1]][key] = change
    else:
        target[place[-1]] = change
    try:
        parsed = parse_mapping(document)
    except InvalidDocument as error:
        problems = list(error.problems)
    else:
        problems = check(parsed, ORG, TOKYO)
        if not problems:
            settle(compile_mapping(parsed, ORG, TOKYO).plan(data.draw(FEEDBACKS), NOW), data)
    assert all(problem.message for problem in problems)


def test_the_schema_for_editors_knows_every_key_of_a_mapping() -> None:
    schema = json.dumps(MappingDocument.model_json_schema())
    for key in (
        "when",
        "all",
        "from",
        "if_absent",
        "transform",
        "campaign_member",
        "on_none",
        "first_of",
        "duplicates",
    ):
        assert f'"{key}"' in schema


def test_a_document_as_stored_reads_back_the_same() -> None:
    parsed = parse_mapping(FULL)
    assert parse_mapping(json.loads(json.dumps(FULL))) == parsed
    assert parse_mapping(parsed.model_dump(mode="json", by_alias=True, exclude_unset=True)) == parsed
