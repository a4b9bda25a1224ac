"""By what an insert without an answer is looked for."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from feedback_bridge.delivery.sought import is_it, query, sought
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.write import Write

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FIELDS = [
    FieldSchema("Subject", "Subject", "string"),
    FieldSchema("ActivityDate", "Due", "date"),
    FieldSchema("Description", "Comments", "textarea"),
    FieldSchema("Body__c", "Body", "textarea", html=True),
    FieldSchema("Score__c", "Score", "double", scale=1),
]
TASK = ObjectSchema("Task", "Task", True, True, True, True, {field.name: field for field in FIELDS})
SENT = {
    "Subject": "電話する",
    "ActivityDate": "2026-11-30",
    "Description": "とても\n遅い ",
    "Body__c": "<b>遅い</b>",
    "Score__c": 8.25,
}


def test_it_is_asked_for_among_our_own_by_what_soql_can_filter() -> None:
    asked = query(sought("write", Write("Task", "insert", SENT), TASK), TASK, "005A", NOW)
    assert asked.where == (("CreatedById", "005A"), ("Subject", "電話する"), ("ActivityDate", date(2026, 11, 30)))
    assert (asked.select, asked.created_since) == (("Description", "Score__c"), NOW)


@pytest.mark.parametrize(
    ("row", "ours"),
    [
        ({"Description": "とても\r\n遅い", "Score__c": 8.3}, True),
        ({"Description": "とても\r\n遅い", "Score__c": 8.4}, False),
        ({"Description": "早い", "Score__c": 8.3}, False),
        ({"Description": None, "Score__c": None}, False),
    ],
)
def test_what_it_cannot_filter_is_compared_as_salesforce_keeps_it(row: dict[str, Any], ours: bool) -> None:
    assert is_it(sought("write", Write("Task", "insert", SENT), TASK), row, TASK) is ours


def test_what_is_kept_of_long_text_is_short_and_tells_nothing() -> None:
    kept = sought("write", Write("Task", "insert", {"Description": "秘密" * 50_000}), TASK)
    assert len(kept.fields["Description"]) == 64
