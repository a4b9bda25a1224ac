"""One record at a time: create, read, update, upsert, delete."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from local.salesforce_org.rest_client import RestClient

pytest_plugins = ["tests.integration.salesforce_org_server"]
KEY = "/sobjects/Survey_Response__c/Response_Id__c/"


def test_a_new_record_is_201_with_a_relative_location(admin: RestClient) -> None:
    answer = admin.post("/sobjects/Lead/", {"lastname": "佐藤", "Company": "さくら商事"})
    assert answer.status_code == 201
    body = answer.json()
    assert list(body) == ["id", "success", "errors"]
    assert answer.headers["Location"] == f"/services/data/v62.0/sobjects/Lead/{body['id']}"
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.headers["Sforce-Limit-Info"].startswith("api-usage=")


def test_a_record_shows_every_field_with_null_for_the_empty_ones(admin: RestClient) -> None:
    lead = admin.create("Lead", LastName="佐藤", FirstName="花子", Company="さくら商事", Email="Hanako@Example.JP")
    body = admin.get(f"/sobjects/Lead/{lead}").json()
    assert body["attributes"] == {"type": "Lead", "url": f"/services/data/v62.0/sobjects/Lead/{lead}"}
    assert body["Name"] == "花子 佐藤"
    assert body["Email"] == "hanako@example.jp"  # Salesforce keeps e-mail in lower case
    assert body["Status"] == "Open - Not Contacted"
    assert body["Phone"] is None
    assert body["IsConverted"] is False
    assert body["CreatedDate"].endswith(".000+0000")
    assert body["OwnerId"] == body["CreatedById"]


def test_only_the_fields_asked_for_are_read(admin: RestClient) -> None:
    lead = admin.create("Lead", LastName="佐藤", Company="さくら商事")
    body = admin.get(f"/sobjects/Lead/{lead}", params={"fields": "Company,phone"}).json()
    assert list(body) == ["attributes", "Id", "Company", "Phone"]


def test_an_update_is_204_and_empty(admin: RestClient) -> None:
    lead = admin.create("Lead", LastName="佐藤", Company="さくら商事")
    answer = admin.patch(f"/sobjects/Lead/{lead}", {"Company": "大和システムズ", "Phone": "03-5555-0100"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert admin.patch(f"/sobjects/Lead/{lead}", {"Phone": None}).status_code == 204
    body = admin.get(f"/sobjects/Lead/{lead}").json()
    assert (body["Company"], body["Phone"]) == ("大和システムズ", None)


def test_a_deleted_record_is_gone_for_reading_and_known_to_be_deleted_for_writing(admin: RestClient) -> None:
    lead = admin.create("Lead", LastName="佐藤", Company="さくら商事")
    assert admin.delete(f"/sobjects/Lead/{lead}").status_code == 204
    again = admin.delete(f"/sobjects/Lead/{lead}")
    assert again.status_code == 404
    assert again.json() == [{"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}]
    assert admin.get(f"/sobjects/Lead/{lead}").json()[0]["errorCode"] == "NOT_FOUND"
    assert admin.patch(f"/sobjects/Lead/{lead}", {"Phone": "1"}).json()[0]["errorCode"] == "ENTITY_IS_DELETED"
    assert admin.rows("SELECT Id FROM Lead") == []
    deleted = admin.get("/queryAll", params={"q": "SELECT Id, IsDeleted FROM Lead"}).json()["records"]
    assert [(row["Id"], row["IsDeleted"]) for row in deleted] == [(lead, True)]


def test_an_upsert_creates_once_and_updates_from_then_on(admin: RestClient) -> None:
    value = quote("typeform:01/ＡＢ+c", safe="")
    first = admin.patch(KEY + value, {"NPS_Score__c": 9, "NPS_Band__c": "Promoter"})
    assert first.status_code == 201
    assert list(first.json()) == ["id", "success", "errors", "created"]
    assert first.json()["created"] is True
    second = admin.patch(KEY + value, {"NPS_Score__c": 3})
    assert (second.status_code, second.json()["created"]) == (200, False)
    assert second.json()["id"] == first.json()["id"]
    assert "Location" in second.headers
    body = admin.get(KEY + value).json()
    assert (body["Response_Id__c"], body["NPS_Score__c"]) == ("typeform:01/ＡＢ+c", 3.0)
    assert body["Name"] == "SR-00000001"


def test_before_version_46_an_updating_upsert_answers_204_without_saying_created(admin: RestClient) -> None:
    path = "/services/data/v45.0/sobjects/Survey_Response__c/Response_Id__c/old"
    assert list(admin.patch(path, {"NPS_Score__c": 9}).json()) == ["id", "success", "errors"]
    assert admin.patch(path, {"NPS_Score__c": 8}).status_code == 204


def test_a_case_sensitive_key_tells_upper_from_lower_case(admin: RestClient) -> None:
    assert admin.patch(KEY + "abc", {}).status_code == 201
    assert admin.patch(KEY + "ABC", {}).status_code == 201
    assert admin.patch(KEY + "abc", {}).status_code == 200


def test_update_only_refuses_to_create(admin: RestClient) -> None:
    assert admin.patch(KEY + "new?updateOnly=true", {"NPS_Score__c": 9}).status_code == 404
    assert admin.rows("SELECT Id FROM Survey_Response__c") == []


def test_a_key_that_several_records_share_is_answered_with_their_addresses(admin: RestClient) -> None:
    ids = [admin.create("Contact", LastName=name, Email="shared@example.jp") for name in ("佐藤", "田中")]
    answer = admin.patch("/sobjects/Contact/Email/shared%40example.jp", {"Phone": "1"})
    assert answer.status_code == 300
    assert answer.json() == [f"/services/data/v62.0/sobjects/Contact/{each}" for each in ids]


def test_a_parent_may_be_named_by_its_external_id(admin: RestClient) -> None:
    lead = admin.create("Lead", LastName="佐藤", Company="さくら商事", Feedback_Bridge_Id__c="source:7")
    response = admin.create("Survey_Response__c", Lead__r={"Feedback_Bridge_Id__c": "source:7"})
    assert admin.rows(f"SELECT Lead__c FROM Survey_Response__c WHERE Id = '{response}'") == [{"Lead__c": lead}]
    unknown = admin.post("/sobjects/Survey_Response__c", {"Lead__r": {"Feedback_Bridge_Id__c": "no"}})
    assert unknown.json()[0]["errorCode"] == "INVALID_FIELD"


def test_numbers_come_as_text_too_and_are_kept_with_their_scale(admin: RestClient) -> None:
    account = admin.create("Account", Name="Acme", NumberOfEmployees="10000", AnnualRevenue="12.6")
    body = admin.get(f"/sobjects/Account/{account}").json()
    assert body["NumberOfEmployees"] == 10000
    assert body["AnnualRevenue"] == 13.0
    response = admin.create("Survey_Response__c", NPS_Score__c=9)
    assert '"NPS_Score__c":9.0' in admin.get(f"/sobjects/Survey_Response__c/{response}").text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-11-21T03:04:05Z", "2026-11-21T03:04:05.000+0000"),
        ("2026-11-21T12:04:05.987+09:00", "2026-11-21T03:04:05.000+0000"),
        ("2026-11-20T20:04:05-0700", "2026-11-21T03:04:05.000+0000"),
    ],
)
def test_moments_are_kept_in_utc_to_the_second(admin: RestClient, sent: str, kept: str) -> None:
    response = admin.create("Survey_Response__c", Responded_At__c=sent)
    assert admin.get(f"/sobjects/Survey_Response__c/{response}").json()["Responded_At__c"] == kept


def test_blank_text_is_null_and_text_loses_the_spaces_around_it(admin: RestClient) -> None:
    contact = admin.create("Contact", LastName="  佐藤 ", FirstName="", Department="   ")
    body = admin.get(f"/sobjects/Contact/{contact}").json()
    assert (body["LastName"], body["FirstName"], body["Department"]) == ("佐藤", None, None)


def test_an_open_picklist_takes_values_off_its_list(admin: RestClient) -> None:
    admin.create("Opportunity", Name="更新", StageName="In Progress", CloseDate="2027-03-31")
    assert admin.rows("SELECT StageName FROM Opportunity") == [{"StageName": "In Progress"}]


def test_the_address_is_one_value_made_of_its_parts(admin: RestClient) -> None:
    contact = admin.create("Contact", LastName="佐藤", MailingCity="東京都", MailingCountry="日本")
    row = admin.rows(f"SELECT MailingAddress FROM Contact WHERE Id = '{contact}'")[0]
    assert row["MailingAddress"]["city"] == "東京都"
    assert row["MailingAddress"]["street"] is None


def test_deleting_an_account_takes_its_contacts_along_and_empties_lookups(admin: RestClient) -> None:
    account = admin.create("Account", Name="Acme")
    contact = admin.create("Contact", LastName="佐藤", AccountId=account)
    response = admin.create("Survey_Response__c", Contact__c=contact, Account__c=account)
    assert admin.delete(f"/sobjects/Account/{account}").status_code == 204
    assert admin.rows("SELECT Id FROM Contact") == []
    row = admin.rows(f"SELECT Contact__c, Account__c FROM Survey_Response__c WHERE Id = '{response}'")[0]
    assert row == {"Contact__c": None, "Account__c": None}


def test_deleting_a_master_deletes_its_details(admin: RestClient) -> None:
    field = {"name": "Owner_Lead__c", "type": "reference", "reference_to": ["Lead"], "cascade_delete": True}
    admin.org.control("POST", "/objects/Survey_Response__c/fields", field)
    lead = admin.create("Lead", LastName="佐藤", Company="さくら商事")
    admin.create("Survey_Response__c", Owner_Lead__c=lead)
    assert admin.delete(f"/sobjects/Lead/{lead}").status_code == 204
    assert admin.rows("SELECT Id FROM Survey_Response__c") == []


def test_an_account_with_cases_cannot_be_deleted(admin: RestClient) -> None:
    account = admin.create("Account", Name="Acme")
    admin.create("Case", Subject="請求書が届かない", AccountId=account)
    assert admin.delete(f"/sobjects/Account/{account}").json()[0]["errorCode"] == "DELETE_FAILED"


def test_a_record_can_be_deleted_and_read_by_its_key(admin: RestClient) -> None:
    admin.patch(KEY + "k1", {"NPS_Score__c": 1})
    assert admin.get(KEY + "k1").status_code == 200
    assert admin.delete(KEY + "k1").status_code == 204
    assert admin.get(KEY + "k1").status_code == 404
