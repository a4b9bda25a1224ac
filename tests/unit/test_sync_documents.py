"""What a sync document may say, and what publishing finds against the org."""

from typing import Any

import pytest

from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.sync.checks import check, key_kind
from feedback_bridge.sync.document import parse_sync

SYNC: dict[str, Any] = {
    "kind": "sync",
    "id": "usage",
    "tool": {"type": "file", "path": "usage/accounts.csv", "key": "account"},
    "salesforce": {"org": "production", "object": "Account", "key": "AccountNumber"},
    "push": {"fields": {"Pendo_Days__c": "days"}},
}


def account(**changed: FieldSchema) -> ObjectSchema:
    fields = {
        "Id": FieldSchema("Id", "ID", "id"),
        "AccountNumber": FieldSchema("AccountNumber", "番号", "string", length=40),
        "Pendo_Days__c": FieldSchema("Pendo_Days__c", "日数", "double", precision=4),
        "Description": FieldSchema("Description", "説明", "textarea", length=32000),
        "SystemModstamp": FieldSchema("SystemModstamp", "更新", "datetime"),
        **changed,
    }
    return ObjectSchema("Account", "取引先", True, True, True, True, fields)


def problems(**changed: Any) -> list[str]:
    with pytest.raises(InvalidDocument) as caught:
        parse_sync({**SYNC, **changed})
    return [f"{item.path} {item.message}".strip() for item in caught.value.problems]


def test_only_fields_with_the_prefix_are_pushed_to() -> None:
    assert "Description does not begin with Pendo_" in problems(push={"fields": {"Description": "days"}})[0]


def test_a_key_is_never_a_field_that_a_push_writes() -> None:
    found = problems(salesforce={**SYNC["salesforce"], "key": "Pendo_Id__c"})
    assert "can be no key" in found[0]


def test_what_is_pushed_is_never_pulled_so_the_two_cannot_chase_each_other() -> None:
    tool = {**SYNC["tool"], "pulled": "pulled/accounts"}
    assert "is written by the push" in problems(tool=tool, pull={"fields": {"Pendo_Days__c": "days"}})[0]
    assert "the key itself is not pulled" in problems(tool=tool, pull={"fields": {"AccountNumber": "n"}})[0]


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ({"timezone": "Asia/Edo"}, "time zone"),
        ({"daily": "25:00"}, "time of the day"),
        ({"cron": "* *"}, "five fields"),
        ({"cron": "61 * * * *"}, "minute"),
        ({"daily": "01:00", "cron": "0 1 * * *"}, "not both"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(schedule: dict[str, str], told: str) -> None:
    assert any(told in problem for problem in problems(schedule=schedule))


def test_a_file_is_named_below_its_folder_and_nowhere_else() -> None:
    assert problems(tool={**SYNC["tool"], "path": "../secrets"})
    assert problems(tool={**SYNC["tool"], "path": "/etc/passwd"})


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (FieldSchema("Pendo_Days__c", "日数", "double", updateable=False), "read-only"),
        (FieldSchema("Pendo_Days__c", "日数", "double", calculated=True), "read-only"),
        (FieldSchema("Pendo_Days__c", "日数", "textarea", html=True), "rich text"),
        (FieldSchema("Pendo_Days__c", "日数", "address"), "compound address"),
    ],
)
def test_a_field_that_cannot_be_written_is_found_at_publish(field: FieldSchema, told: str) -> None:
    (problem,) = check(parse_sync(SYNC), account(Pendo_Days__c=field))
    assert problem.path == "push.fields.Pendo_Days__c"
    assert told in problem.message


def test_a_sync_that_fits_has_no_problems() -> None:
    assert check(parse_sync(SYNC), account()) == []


def test_a_missing_field_is_told_with_its_neighbours() -> None:
    (problem,) = check(parse_sync({**SYNC, "push": {"fields": {"Pendo_Day__c": "days"}}}), account())
    assert "Pendo_Days__c" in problem.message


def test_keys_are_compared_as_the_fields_type_says_unless_the_sync_says_otherwise() -> None:
    number = FieldSchema("AccountNumber", "番号", "double")
    assert key_kind(parse_sync(SYNC), account()) == "text"
    assert key_kind(parse_sync(SYNC), account(AccountNumber=number)) == "number"
    by_id = {**SYNC, "salesforce": {**SYNC["salesforce"], "key_as": "record_id"}}
    assert key_kind(parse_sync(by_id), account()) == "record_id"
