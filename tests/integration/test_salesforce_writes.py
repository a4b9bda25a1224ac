"""The Salesforce adapter against the org simulator: what it sends, and how it understands the answers."""

from typing import Any

import pytest

from feedback_bridge.delivery.outcome import Meaning, Refusal, Written
from feedback_bridge.mapping.read import RecordQuery
from feedback_bridge.salesforce.org import Org
from local.salesforce_org.running import RunningOrg
from tests.integration.salesforce_workers import calls, response


def test_five_hundred_upserts_are_three_calls_and_each_record_knows_its_id(org: Org, salesforce: RunningOrg) -> None:
    org.session()
    before = calls(salesforce)
    outcomes = org.write([response(number) for number in range(500)])
    assert calls(salesforce) - before == 3
    assert all(isinstance(outcome, Written) and outcome.created for outcome in outcomes)
    stored = {row["Response_Id__c"]: row["Id"] for row in salesforce.records("Survey_Response__c")}
    assert [stored[f"typeform-main:{number}"] for number in range(500)] == [item.record_id for item in outcomes]  # type: ignore[union-attr]


def test_the_same_upsert_again_changes_the_record_it_made(org: Org, salesforce: RunningOrg) -> None:
    first, second = org.write([response(1)])[0], org.write([response(1, Comment__c="遅い")])[0]
    assert isinstance(first, Written)
    assert second == Written(first.record_id, created=False)
    assert [row["Comment__c"] for row in salesforce.records("Survey_Response__c")] == ["遅い"]


def test_a_record_that_salesforce_refuses_does_not_hold_up_its_neighbours(org: Org) -> None:
    good, bad, other = org.write([response(1), response(2, NPS_Band__c="Fan"), response(3)])
    assert isinstance(good, Written)
    assert isinstance(other, Written)
    assert isinstance(bad, Refusal)
    assert bad.code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert bad.meaning is Meaning.RECORD
    assert bad.fields == ("NPS_Band__c",)
    assert "Fan" not in bad.reason


def test_matches_of_a_batch_are_asked_together(org: Org, salesforce: RunningOrg, contact: dict[str, Any]) -> None:
    org.session()
    before = calls(salesforce)
    found = org.find(
        [
            RecordQuery("Contact", (("Email", "HANAKO.sato@example.jp"),), select=("Account.Name",)),
            RecordQuery("Contact", (("Email", "nobody@example.jp"),), select=("Account.Name",)),
            RecordQuery("Contact", (("Email", "ken.tanaka@example.jp"),), select=("Account.Name",)),
        ]
    )
    assert calls(salesforce) - before == 1
    assert [[row["Email"] for row in rows] for rows in found] == [
        ["hanako.sato@example.jp"],
        [],
        ["ken.tanaka@example.jp"],
    ]
    assert found[0][0]["Id"] == contact["Id"]
    assert found[0][0]["Account"]["Name"] == "さくら商事株式会社"


def test_a_thousand_long_values_still_are_one_call(org: Org, salesforce: RunningOrg) -> None:
    org.session()
    before = calls(salesforce)
    queries = [RecordQuery("Contact", (("Email", f"{'x' * 30}{number}@example.jp"),)) for number in range(1000)]
    assert (
        org.find([*queries, RecordQuery("Contact", (("Email", "ada@example.com"),))])[-1][0]["Email"]
        == "ada@example.com"
    )
    assert calls(salesforce) - before == 1


HOSTILE = ["' OR Name != '", "\\", "\\' OR Id != null --", "a\nb", '"', "%", "佐藤'; DELETE", "\u2028", "\t"]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_can_change_a_query(org: Org, value: str) -> None:
    one = RecordQuery("Contact", (("LastName", value),))
    either = RecordQuery("Contact", (("LastName", value), ("FirstName", value)), mode="any")
    assert org.find([one, either]) == [[], []]


def test_a_name_with_an_apostrophe_is_found(org: Org) -> None:
    (rows,) = org.find([RecordQuery("Contact", (("LastName", "O'Neill"),))])
    assert [row["LastName"] for row in rows] == ["O'Neill"]


def test_two_fields_are_matched_together_or_either(org: Org) -> None:
    both = RecordQuery("Contact", (("LastName", "佐藤"), ("FirstName", "花子")))
    neither = RecordQuery("Contact", (("LastName", "佐藤"), ("FirstName", "健")))
    either = RecordQuery("Contact", (("LastName", "佐藤"), ("FirstName", "健")), mode="any")
    first, second, third = org.find([both, neither, either])
    assert [row["FirstName"] for row in first] == ["花子"]
    assert second == []
    assert sorted(row["FirstName"] for row in third) == ["健", "花子"]


def test_a_describe_is_asked_once_for_all_workers(org: Org, salesforce: RunningOrg) -> None:
    schema = org.schema("Survey_Response__c")
    assert schema is not None
    assert schema.fields["Response_Id__c"].external_id
    before = calls(salesforce)
    other = Org(org.document, org.credentials, org.shared, org.clock)
    assert other.schema("survey_response__c") == schema
    assert calls(salesforce) == before


def test_an_object_that_our_user_may_not_see_is_none(org: Org) -> None:
    assert org.schema("Nonsense__c") is None
