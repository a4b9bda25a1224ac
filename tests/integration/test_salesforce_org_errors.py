"""Salesforce's refusals of single records, word for word: one row for each."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.salesforce_org.rest_client import RestClient

pytest_plugins = ["tests.integration.salesforce_org_server"]


class Row(NamedTuple):
    """What is sent, and the whole answer to it. `fields` None means that the key is absent."""

    name: str
    send: Callable[[RestClient], requests.Response]
    status: int
    code: str
    message: str
    fields: list[str] | None


def posting(sobject: str, **fields: Any) -> Callable[[RestClient], requests.Response]:
    return lambda api: api.post(f"/sobjects/{sobject}", fields)


def posting_text(sobject: str, text: str) -> Callable[[RestClient], requests.Response]:
    headers = {"Content-Type": "application/json"}
    address = f"/sobjects/{sobject}"
    return lambda api: api.session.post(
        api.org.url + api.base + address, data=text.encode(), headers=headers, timeout=30
    )


def at_a_lead(method: str, body: Any = None, edit: Callable[[str], str] = str) -> Callable[[RestClient], Any]:
    """The call on a lead that exists; `edit` changes its id."""

    def send(api: RestClient) -> requests.Response:
        lead = api.create("Lead", LastName="佐藤", Company="さくら商事")
        return api.call(method, f"/sobjects/Lead/{edit(lead)}", body)

    return send


def with_wrong_checksum(record_id: str) -> str:
    return record_id[:15] + ("AAB" if record_id[15:] != "AAB" else "AAC")


ADDRESSES = [
    ("POST", "/sobjects/Contact"),
    ("PATCH", "/sobjects/Survey_Response__c/Response_Id__c/x"),
    ("POST", "/composite/sobjects"),
    ("PATCH", "/composite/sobjects"),
    ("PATCH", "/composite/sobjects/Contact/Email"),
    ("POST", "/composite/sobjects/Contact"),
    ("POST", "/composite"),
    ("POST", "/composite/graph"),
    ("POST", "/composite/batch"),
    ("POST", "/composite/tree/Account"),
    ("POST", "/ui-api/records"),
    ("POST", "/chatter/feed-elements"),
    ("POST", "/chatter/feed-elements/batch"),
    ("POST", "/jobs/ingest"),
    ("POST", "/jobs/query"),
]
WORDS = """
records attributes type Contact referenceId LastName Email AccountId Account Id id allOrNone
compositeRequest graphs graphId method url body batchRequests richInput apiName fields feedElementType
subjectId messageSegments inputs object operation query contentType Topics__c ids httpHeaders Contacts
""".split()  # noqa: SIM905 - shorter to read than a list
UNREADABLE = "Cannot deserialize instance of {} from {} value {} or request may be missing a required field at "
LEAD = {"LastName": "佐藤", "Company": "さくら商事"}
NOT_WRITABLE = (
    "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is "
    "read/write for your profile or permission set."
)

ROWS = [
    Row("unknown object", posting("PlayingCard__c", Name="A"), 404, "NOT_FOUND",
        "The requested resource does not exist", None),
    Row("unknown record", at_a_lead("GET", edit=lambda _: "00QFb000000ZZZZ"), 404, "NOT_FOUND",
        "The requested resource does not exist", None),
    Row("nonsense for an id", at_a_lead("GET", edit=lambda _: "junk"), 404, "NOT_FOUND",
        "Provided external ID field does not exist or is not accessible: junk", None),
    Row("unknown external id field", lambda api: api.patch("/sobjects/Lead/Nope__c/1", {}), 404, "NOT_FOUND",
        "Provided external ID field does not exist or is not accessible: Nope__c", None),
    Row("a field that is no key", lambda api: api.patch("/sobjects/Lead/Company/x", {}), 404, "NOT_FOUND",
        "Provided external ID field does not exist or is not accessible: Company", None),
    Row("unknown field", posting("Account", FavoritePet__c="Dog"), 400, "INVALID_FIELD",
        "No such column 'FavoritePet__c' on sobject of type Account", None),
    Row("unknown field on update", at_a_lead("PATCH", {"Color__c": "Red"}), 400, "INVALID_FIELD",
        "No such column 'Color__c' on sobject of type Lead", None),
    Row("required fields missing", posting("Lead", FirstName="花子"), 400, "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [LastName, Company]", ["LastName", "Company"]),
    Row("required field null", posting("Account", Name=None), 400, "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [Name]", ["Name"]),
    Row("required field emptied", at_a_lead("PATCH", {"Company": ""}), 400, "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [Company]", ["Company"]),
    Row("restricted picklist", posting("Survey_Response__c", NPS_Band__c="promoter"), 400,
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "NPS Band: bad value for restricted picklist field: promoter", ["NPS_Band__c"]),
    Row("bad e-mail", posting("Survey_Response__c", Respondent_Email__c="佐藤@例え"), 400, "INVALID_EMAIL_ADDRESS",
        "Respondent Email: invalid email address: 佐藤@例え", ["Respondent_Email__c"]),
    Row("text too long", posting("Account", Name="Acme", BillingCity="東" * 41), 400, "STRING_TOO_LONG",
        f"Billing City: data value too large: {'東' * 41} (max length=40)", ["BillingCity"]),
    Row("number too large", posting("Account", Name="Acme", NumberOfEmployees=1431655766), 400,
        "NUMBER_OUTSIDE_VALID_RANGE",
        "Employees: value outside of valid range on numeric field: 1431655766", ["NumberOfEmployees"]),
    Row("score of three digits", posting("Survey_Response__c", NPS_Score__c=100), 400, "NUMBER_OUTSIDE_VALID_RANGE",
        "NPS Score: value outside of valid range on numeric field: 100", ["NPS_Score__c"]),
    Row("text for a number", posting("Survey_Response__c", NPS_Score__c="nine"), 400, "JSON_PARSER_ERROR",
        UNREADABLE.format("double", "VALUE_STRING", "nine") + "[line:1, column:18]", None),
    Row("text for a checkbox", posting("Survey_Response__c", Finished__c="FALSE"), 400, "JSON_PARSER_ERROR",
        UNREADABLE.format("boolean", "VALUE_STRING", "FALSE") + "[line:1, column:17]", None),
    Row("a moment without its zone", posting("Survey_Response__c", Responded_At__c="2017-10-17 00:00:00"), 400,
        "JSON_PARSER_ERROR",
        UNREADABLE.format("datetime", "VALUE_STRING", "2017-10-17 00:00:00") + "[line:1, column:21]", None),
    Row("a moment for a date", posting("Contact", Birthdate="1980-05-21T00:00:00Z"), 400, "JSON_PARSER_ERROR",
        UNREADABLE.format("date", "VALUE_STRING", "1980-05-21T00:00:00Z") + "[line:1, column:15]", None),
    Row("a day that never was", posting("Contact", Birthdate="1980-02-30"), 400, "JSON_PARSER_ERROR",
        UNREADABLE.format("date", "VALUE_STRING", "1980-02-30") + "[line:1, column:15]", None),
    Row("an object for text", posting("Lead", Company={"a": 1}), 400, "JSON_PARSER_ERROR",
        UNREADABLE.format("string", "START_OBJECT", "{") + "[line:1, column:13]", None),
    Row("a list for a multi-select", posting("Survey_Response__c", Topics__c=["Price"]), 400, "JSON_PARSER_ERROR",
        "Cannot deserialize instance of multipicklist from START_ARRAY value [line:1, column:15]", None),
    Row("broken JSON", posting_text("Lead", '{"LastName": }'), 400, "JSON_PARSER_ERROR",
        "Unexpected character ('}' (code 125)): expected a valid value "
        "(number, String, array, object, 'true', 'false' or 'null') at [line:1, column:14]", None),
    Row("a wrong checksum", at_a_lead("PATCH", {"Phone": "1"}, with_wrong_checksum), 400, "MALFORMED_ID",
        "Record ID: id value of incorrect type: {wrong id}", ["Id"]),
    Row("a lookup to the wrong object", posting("Contact", LastName="佐藤", AccountId="00QFb0000000001"), 400,
        "MALFORMED_ID", "Account ID: id value of incorrect type: 00QFb0000000001MAA", ["AccountId"]),
    Row("a lookup that is no id", posting("Contact", LastName="佐藤", AccountId="acme"), 400, "MALFORMED_ID",
        "Account ID: id value of incorrect type: acme", ["AccountId"]),
    Row("a lookup to nothing", posting("Contact", LastName="佐藤", AccountId="001Fb000000ZZZZ"), 400,
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "insufficient access rights on cross-reference id: 001Fb000000ZZZZ", []),
    Row("a field nobody writes", posting("Lead", **LEAD, MasterRecordId="00QFb0000000001", CreatedDate="x"), 400,
        "INVALID_FIELD_FOR_INSERT_UPDATE", NOT_WRITABLE.format("MasterRecordId, CreatedDate"),
        ["MasterRecordId", "CreatedDate"]),
    Row("the id in an update", at_a_lead("PATCH", {"Id": "00QFb0000000001"}), 400, "INVALID_FIELD",
        "The Id field should not be specified in the sobject data.", None),
    Row("the key in the body of an upsert",
        lambda api: api.patch("/sobjects/Survey_Response__c/Response_Id__c/a", {"Response_Id__c": "a"}), 400,
        "INVALID_FIELD", "The Response_Id__c field should not be specified in the sobject data.", None),
    Row("a method the address does not know", lambda api: api.patch("/sobjects/Lead", {}), 405, "METHOD_NOT_ALLOWED",
        "HTTP Method 'PATCH' not allowed. Allowed are GET,HEAD,POST", None),
    Row("another media type", lambda api: api.call("POST", "/sobjects/Lead", data="a=b"), 415,
        "UNSUPPORTED_MEDIA_TYPE",
        "Content-Type header specified in HTTP request is not supported: ", None),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_the_refusal_is_salesforces_own(admin: RestClient, row: Row) -> None:
    answer = row.send(admin)
    assert answer.status_code == row.status, answer.text
    body = answer.json()
    assert isinstance(body, list)
    assert len(body) == 1
    error = body[0]
    assert error["errorCode"] == row.code
    wanted = row.message.replace("{wrong id}", error["message"].rsplit(" ", 1)[-1])
    assert error["message"] == wanted
    assert error.get("fields") == row.fields
    assert "Sforce-Limit-Info" in answer.headers


def test_key_order_is_message_first_but_code_first_for_three_codes(admin: RestClient) -> None:
    assert admin.get("/sobjects/Nope").text.startswith('[{"errorCode":"NOT_FOUND","message"')
    assert admin.patch("/sobjects/Lead", {}).text.startswith('[{"errorCode":"METHOD_NOT_ALLOWED"')
    assert list(admin.post("/sobjects/Lead", {}).json()[0]) == ["message", "errorCode", "fields"]


def test_what_cannot_be_read_is_refused_before_what_cannot_be_kept(admin: RestClient) -> None:
    answer = admin.post("/sobjects/Lead", {**LEAD, "Email": "bad", "NumberOfEmployees": "x"})
    assert answer.json()[0]["errorCode"] == "JSON_PARSER_ERROR"


def test_a_unique_value_is_refused_with_the_record_that_has_it(admin: RestClient) -> None:
    first = admin.create("Lead", **LEAD, Feedback_Bridge_Id__c="source:1")
    answer = admin.post("/sobjects/Lead", {**LEAD, "Feedback_Bridge_Id__c": "source:1"})
    assert answer.json() == [
        {
            "message": "duplicate value found: Feedback_Bridge_Id__c duplicates value on record with id: " + first[:15],
            "errorCode": "DUPLICATE_VALUE",
            "fields": [],
        }
    ]
    admin.create("Lead", **LEAD, Feedback_Bridge_Id__c="SOURCE:1")


def test_a_validation_rule_refuses_in_the_admins_words(admin: RestClient) -> None:
    rule = {"object": "Lead", "field": "Company", "equals": "テスト", "message": "社名を入力してください"}
    admin.org.control("POST", "/validation-rules", rule)
    answer = admin.post("/sobjects/Lead", {"LastName": "佐藤", "Company": "テスト"})
    assert answer.json() == [
        {"message": "社名を入力してください", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": []}
    ]
    lead = admin.create("Lead", **LEAD)
    assert admin.patch(f"/sobjects/Lead/{lead}", {"Company": "テスト"}).status_code == 400


def test_a_web_address_that_is_too_long_is_answered_by_the_web_server_in_html(admin: RestClient) -> None:
    answer = admin.query("SELECT Id FROM Lead WHERE Company IN (" + ",".join(["'さくら商事'"] * 400) + ")")
    assert answer.status_code == 414
    assert answer.text == "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>"
    assert answer.headers["Content-Type"] == "text/html"


def test_headers_that_are_too_long_are_answered_with_431(admin: RestClient) -> None:
    answer = admin.get("/limits", headers={"X-Padding": "x" * 16_400})
    assert answer.status_code == 431


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inside, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=json_values, address=st.sampled_from(ADDRESSES))
def test_no_body_whatever_makes_the_org_stumble(admin: RestClient, body: Any, address: tuple[str, str]) -> None:
    text = json.dumps(body)
    headers = {"Content-Type": "application/json"}
    answer = admin.session.request(
        address[0], admin.org.url + admin.base + address[1], data=text, headers=headers, timeout=30
    )
    assert answer.status_code < 500, (address, text, answer.text)


def test_without_a_session_everything_is_401(admin: RestClient) -> None:
    del admin.session.headers["Authorization"]
    answer = admin.post("/sobjects/Lead", LEAD)
    assert answer.status_code == 401
    assert json.loads(answer.text)[0]["errorCode"] == "INVALID_SESSION_ID"
