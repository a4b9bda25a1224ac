"""Collections: 200 records a call, one result each."""

from __future__ import annotations

from typing import Any

import pytest

from local.salesforce_org.rest_client import RestClient

pytest_plugins = ["tests.integration.salesforce_org_server"]
CREATE = "/composite/sobjects"
UPSERT = "/composite/sobjects/Survey_Response__c/Response_Id__c"
ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"


def lead(**fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Lead"}, "LastName": "佐藤", "Company": "さくら商事", **fields}


def response(key: Any, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Survey_Response__c"}, "Response_Id__c": key, **fields}


def test_results_come_in_the_order_of_the_records_and_failures_have_no_id(admin: RestClient) -> None:
    records = [lead(LastName=f"佐藤{n}") if n % 3 else lead(Email="bad") for n in range(9)]
    answer = admin.post(CREATE, {"allOrNone": False, "records": records})
    assert answer.status_code == 200
    results = answer.json()
    assert [result["success"] for result in results] == [n % 3 != 0 for n in range(9)]
    assert list(results[1]) == ["id", "success", "errors"]
    assert results[0] == {
        "success": False,
        "errors": [
            {
                "statusCode": "INVALID_EMAIL_ADDRESS",
                "message": "Email: invalid email address: bad",
                "fields": ["Email"],
            }
        ],
    }
    names = admin.rows("SELECT LastName FROM Lead ORDER BY LastName")
    assert [row["LastName"] for row in names] == [f"佐藤{n}" for n in range(9) if n % 3]


def test_upserts_say_created_last_on_success_and_on_failure(admin: RestClient) -> None:
    body = {"records": [response("a", NPS_Score__c=9), response("b", NPS_Score__c="nine")]}
    first = admin.patch(UPSERT, body).json()
    assert list(first[0]) == ["id", "success", "errors", "created"]
    assert first[0]["created"] is True
    assert list(first[1]) == ["success", "errors", "created"]
    assert first[1]["errors"][0]["statusCode"] == "JSON_PARSER_ERROR"
    again = admin.patch(UPSERT, body).json()
    assert (again[0]["id"], again[0]["created"]) == (first[0]["id"], False)


def test_upsert_by_id_creates_where_the_id_is_null(admin: RestClient) -> None:
    existing = admin.create("Account", Name="Acme")
    body = {
        "records": [
            {"attributes": {"type": "Account"}, "Id": None, "Name": "大和システムズ"},
            {"attributes": {"type": "Account"}, "Id": existing, "Name": "Acme KK"},
        ]
    }
    results = admin.patch("/composite/sobjects/Account/Id", body).json()
    assert [result["created"] for result in results] == [True, False]
    names = {row["Name"] for row in admin.rows("SELECT Name FROM Account")}
    assert names == {"大和システムズ", "Acme KK"}


def test_the_same_key_twice_in_one_call_fails_every_row_that_has_it(admin: RestClient) -> None:
    records = [response("a", NPS_Score__c=1), response("b"), response("a", NPS_Score__c=2)]
    results = admin.patch(UPSERT, {"records": records}).json()
    assert [result["success"] for result in results] == [False, True, False]
    assert {result["errors"][0]["statusCode"] for result in (results[0], results[2])} == {"DUPLICATE_VALUE"}
    assert results[0]["errors"][0]["message"] == "Duplicate external id specified: a"


def test_a_key_shared_by_several_records_fails_that_row_alone(admin: RestClient) -> None:
    for _ in range(2):
        admin.create("Contact", LastName="佐藤", Email="shared@example.jp")
    contact = {"attributes": {"type": "Contact"}, "LastName": "田中"}
    records = [{**contact, "Email": "shared@example.jp"}, {**contact, "Email": "new@example.jp"}]
    results = admin.patch("/composite/sobjects/Contact/Email", {"records": records}).json()
    assert results[0]["errors"][0]["statusCode"] == "DUPLICATE_EXTERNAL_ID"
    assert results[1]["success"]


def test_an_upsert_without_its_key_fails_that_row(admin: RestClient) -> None:
    results = admin.patch(UPSERT, {"records": [response(None), response("ok")]}).json()
    assert results[0]["errors"][0]["statusCode"] == "MISSING_ARGUMENT"
    assert results[1]["success"]


def test_all_or_none_takes_everything_back(admin: RestClient) -> None:
    body = {"allOrNone": True, "records": [lead(), lead(LastName=None), lead(Rating="Hot")]}
    results = admin.post(CREATE, body).json()
    assert [result["errors"][0]["statusCode"] for result in results] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    ]
    assert results[0]["errors"][0] == {
        "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "message": ROLLED_BACK,
        "fields": [],
    }
    assert admin.rows("SELECT Id FROM Lead") == []


@pytest.mark.parametrize(
    ("record", "code", "message"),
    [
        ({"attributes": {"type": "Lead"}, "Phone": "1"}, "MISSING_ARGUMENT", "Id not specified in an update call"),
        (
            {"attributes": {"type": "Lead"}, "id": "00QFb000000ZZZZ", "Phone": "1"},
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id",
        ),
        (
            {"attributes": {"type": "Lead"}, "id": "003Fb000000ZZZZ", "Phone": "1"},
            "MALFORMED_ID",
            "Record ID: id value of incorrect type: 003Fb000000ZZZZ",
        ),
        (
            {"Phone": "1"},
            "JSON_PARSER_ERROR",
            "Nested object for polymorphic foreign key must have an attributes field before any other fields.",
        ),
        (
            {"attributes": {"type": "Lead"}, "id": "{lead}", "Nope__c": 1},
            "INVALID_FIELD",
            "No such column 'Nope__c' on sobject of type Lead",
        ),
    ],
)
def test_a_row_of_an_update_fails_by_itself(admin: RestClient, record: dict[str, Any], code: str, message: str) -> None:
    existing = admin.create("Lead", LastName="佐藤", Company="さくら商事")
    if record.get("id") == "{lead}":
        record = {**record, "id": existing}
    good = {"attributes": {"type": "Contact"}, "id": admin.create("Contact", LastName="田中"), "Phone": "2"}
    results = admin.patch(CREATE, {"records": [record, good]}).json()
    assert (results[0]["errors"][0]["statusCode"], results[0]["errors"][0]["message"]) == (code, message)
    assert results[1] == {"id": good["id"], "success": True, "errors": []}


def test_malformed_calls_are_refused_whole(admin: RestClient) -> None:
    empty = admin.post(CREATE, {"records": []})
    assert (empty.status_code, empty.json()[0]["errorCode"]) == (400, "REQUIRED_FIELD_MISSING")
    assert empty.json()[0]["message"] == "At least 1 record is required"
    many = admin.post(CREATE, {"records": [lead()] * 201})
    assert many.json()[0]["message"] == "record limit reached. cannot submit more than 200 records into this call"
    assert many.json()[0]["errorCode"] == "EXCEEDED_ID_LIMIT"
    assert admin.rows("SELECT Id FROM Lead") == []


def test_runs_of_one_object_are_chunks_and_ten_are_the_most(admin: RestClient) -> None:
    account = {"attributes": {"type": "Account"}, "Name": "Acme"}
    mixed = [record for _ in range(6) for record in (lead(), account)]
    refused = admin.post(CREATE, {"records": mixed})
    assert refused.status_code == 400
    assert refused.json()[0]["message"].startswith("Cannot have more than 10 chunks in a single operation.")
    by_type = sorted(mixed, key=lambda record: str(record["attributes"]["type"]))
    assert all(result["success"] for result in admin.post(CREATE, {"records": by_type}).json())


def test_deleting_by_ids_answers_each(admin: RestClient) -> None:
    ids = [admin.create("Lead", LastName="佐藤", Company="さくら商事") for _ in range(2)]
    admin.delete(f"/sobjects/Lead/{ids[0]}")
    results = admin.delete("/composite/sobjects", params={"ids": ",".join(ids), "allOrNone": "false"}).json()
    assert results[0]["errors"] == [{"statusCode": "ENTITY_IS_DELETED", "message": "entity is deleted", "fields": []}]
    assert results[1] == {"id": ids[1], "success": True, "errors": []}


def test_retrieving_gives_null_for_what_is_not_there(admin: RestClient) -> None:
    account = admin.create("Account", Name="さくら商事")
    query = {"ids": f"{account},001Fb000000ZZZZ", "fields": "Name"}
    rows = admin.get("/composite/sobjects/Account", params=query).json()
    assert rows[0]["Name"] == "さくら商事"
    assert rows[1] is None
    same = admin.post("/composite/sobjects/Account", {"ids": [account], "fields": ["Name"]}).json()
    assert same == rows[:1]


def test_two_hundred_records_are_one_call(admin: RestClient) -> None:
    admin.org.control("DELETE", "/calls")
    records = [response(f"typeform:{n}", NPS_Score__c=n % 11, Comment__c="とても良い") for n in range(200)]
    assert all(result["created"] for result in admin.patch(UPSERT, {"records": records}).json())
    calls = admin.org.control("GET", "/calls")
    assert calls["by_kind"] == {"PATCH /composite/sobjects/{name}/{field_name}": 1}
    assert admin.query("SELECT count() FROM Survey_Response__c").json()["totalSize"] == 200
