"""What is taken out of Salesforce's answers, from bodies as they were recorded, and from bodies nobody would send."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.delivery.outcome import Meaning
from feedback_bridge.salesforce.refusals import Sent, refusal_of, refusal_of_all, refusal_of_job, refusal_of_row

ROOT = Path(__file__).parents[2]

RECORDED_ROWS = [
    (
        "INVALID_FIELD:Failed to deserialize field at col 3. Due to, '2003-04-98' is not a valid value for the type "
        "xsd:date:CloseDate --",
        ("INVALID_FIELD", Meaning.RECORD, ("CloseDate",)),
    ),
    (
        "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName, Company]:LastName, Company --",
        ("REQUIRED_FIELD_MISSING", Meaning.RECORD, ("LastName", "Company")),
    ),
    (
        "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or 1 records: 0015g00000ABCDeAAP:--",
        ("UNABLE_TO_LOCK_ROW", Meaning.RETRY, ()),
    ),
    (
        "FIELD_CUSTOM_VALIDATION_EXCEPTION:理由: 必須です\n(二行目):NPS_Comment__c --",
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", Meaning.RECORD, ("NPS_Comment__c",)),
    ),
    ("ENTITY_IS_DELETED:entity is deleted:--", ("ENTITY_IS_DELETED", Meaning.RECORD, ())),
    ("SOMETHING_NEW", ("SOMETHING_NEW", Meaning.RECORD, ())),
    ("", ("UNKNOWN_EXCEPTION", Meaning.RETRY, ())),
]


@pytest.mark.parametrize(("text", "expected"), RECORDED_ROWS)
def test_the_error_of_a_bulk_row_is_read_like_any_other(text: str, expected: tuple[Any, ...]) -> None:
    refusal = refusal_of_row({"sf__Error": text})
    assert (refusal.code, refusal.meaning, refusal.fields) == expected


def test_a_bulk_row_does_not_repeat_its_own_cells() -> None:
    row = {"sf__Id": "", "sf__Error": "FIELD_CUSTOM_VALIDATION_EXCEPTION:佐藤様は対象外です:--", "LastName": "佐藤"}
    assert "佐藤" not in refusal_of_row(row).reason
    assert "佐藤" in refusal_of_row({**row, "LastName": "鈴木"}).reason


JOBS = [
    ("InvalidBatch : Field name not found : StageName_gone", ("INVALID_FIELD", Meaning.MAPPING, ("StageName_gone",))),
    ("InvalidBatch : Unable to read the file", ("BULK_UNPROCESSED", Meaning.RETRY, ())),
    ("ExceededQuota : ApiBatchItems Limit exceeded", ("EXCEEDEDQUOTA", Meaning.PARK, ())),
    ("TooManyLockFailure : Too many lock failure", ("BULK_UNPROCESSED", Meaning.RETRY, ())),
    ("", ("BULK_UNPROCESSED", Meaning.RETRY, ())),
]


@pytest.mark.parametrize(("text", "expected"), JOBS)
def test_the_error_of_a_bulk_job_says_what_becomes_of_what_it_did_not_reach(
    text: str, expected: tuple[Any, ...]
) -> None:
    refusal = refusal_of_job(text)
    assert (refusal.code, refusal.meaning, refusal.fields) == expected


def test_the_record_a_duplicate_rule_found_is_taken_from_under_its_misspelt_name() -> None:
    found = {"record": {"attributes": {"type": "Contact"}, "Id": "0031i000013x2TEAAY"}, "matchConfidence": 100}
    error = {
        "duplicateResut": {"allowSave": True, "matchResults": [{"matchRecords": [found], "size": 1}]},
        "errorCode": "DUPLICATES_DETECTED",
        "message": "You're creating a duplicate record.",
    }
    assert refusal_of(error).existing == "0031i000013x2TEAAY"
    assert refusal_of({**error, "duplicateResut": {"matchResults": []}}).existing is None


def test_the_trigger_that_failed_is_named_and_what_it_said_is_not() -> None:
    message = "npsp.TDTM_Contact: execution of BeforeInsert\n\ncaused by: System.DmlException: 花子"
    refusal = refusal_of({"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": message})
    assert "花子" not in refusal.reason
    plain = refusal_of({"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": message[5:]})
    assert "TDTM_Contact (BeforeInsert)" in plain.reason


def test_an_error_that_says_more_than_that_a_neighbour_failed_goes_first() -> None:
    neighbour = {"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": "rolled back"}
    own = {"statusCode": "STRING_TOO_LONG", "message": "too long", "fields": ["Title"]}
    assert refusal_of_all([neighbour, own]).code == "STRING_TOO_LONG"
    assert refusal_of_all([neighbour]).meaning is Meaning.RETRY
    assert refusal_of_all([]).meaning is Meaning.RETRY


RULES_SAY = [
    ("6点以下には理由を書いてください", (), True),
    ("Score below 7 needs a comment", ("A comment that has grown rather long, about something else",), True),
    ("佐藤様は対象外です", ("佐藤 花子",), False),
    ("The customer SATO is blocked", ("Sato Hanako",), False),
    ("理由「とても丁寧な対応でした」は使えません", ("先日はとても丁寧な対応でしたので嬉しかったです",), False),
    ("mail to hanako@example.jp", (), False),
    ("call 0355550102", (), False),
    ("点数 9 は 10 以下です", (9, None, True), True),
]


@pytest.mark.parametrize(("message", "values", "told"), RULES_SAY)
def test_a_validation_rule_speaks_unless_it_speaks_of_the_customer(
    message: str, values: tuple[Any, ...], told: bool
) -> None:
    error = {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": message}
    assert (f"“{message}”" in refusal_of(error, Sent(values)).reason) is told


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ERRORS = st.fixed_dictionaries(
    {},
    optional={
        "statusCode": st.text(max_size=20),
        "errorCode": st.sampled_from(["DUPLICATE_VALUE", "NOT_FOUND", "X"]),
        "message": JSON,
        "fields": st.none() | st.lists(st.text(max_size=8)),
    },
)


@given(ERRORS)
def test_no_error_is_too_odd_to_be_told(error: dict[str, Any]) -> None:
    refusal = refusal_of(error)
    assert refusal.code
    assert refusal.reason


@given(st.text(max_size=80))
def test_no_bulk_error_is_too_odd_to_be_told(text: str) -> None:
    assert refusal_of_row({"sf__Error": text}).code
    assert refusal_of_job(text).code


def test_the_page_of_errors_is_written_from_the_table() -> None:
    script = "import runpy, sys; sys.stdout.write(runpy.run_path('docs/salesforce_errors.py')['page']())"
    written = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
    )
    page = (ROOT / "docs/salesforce-errors.md").read_text(encoding="utf-8")
    assert written.stdout == page, "run: python docs/salesforce_errors.py"
