"""What the integration user may do, which is what the permission set Feedback_Bridge gives, and what it is told
when it may not."""

from __future__ import annotations

from typing import Any

import pytest

from local.salesforce_org.rest_client import RestClient

pytest_plugins = ["tests.integration.salesforce_org_server"]
SET = "/permissions/Feedback_Bridge"


def names(api: RestClient, sobject: str) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in api.get(f"/sobjects/{sobject}/describe").json()["fields"]}


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


def test_everything_the_product_writes_by_default_is_allowed(integration: RestClient, admin: RestClient) -> None:
    account = admin.create("Account", Name="さくら商事")
    campaign = admin.create("Campaign", Name="顧客満足度調査")
    contact = integration.create("Contact", LastName="佐藤", Email="hanako@example.jp", AccountId=account)
    lead = integration.create("Lead", LastName="田中", Company="大和システムズ", Feedback_Bridge_Id__c="s:1")
    integration.create("Case", Subject="請求書", ContactId=contact, Feedback_Bridge_Id__c="s:2")
    integration.create("Task", Subject="電話", WhoId=contact, Feedback_Bridge_Id__c="s:3")
    integration.create("CampaignMember", CampaignId=campaign, LeadId=lead, Status="Responded")
    response = integration.create("Survey_Response__c", Response_Id__c="s:4", Contact__c=contact, NPS_Score__c=9)
    scores = {"NPS_Score__c": 9, "NPS_Band__c": "Promoter", "NPS_Comment__c": "とても良い"}
    for name, record in (("Contact", contact), ("Account", account), ("Lead", lead)):
        assert integration.patch(f"/sobjects/{name}/{record}", scores).status_code == 204
    assert integration.delete(f"/sobjects/Survey_Response__c/{response}").status_code == 204
    segments = [{"type": "Text", "text": "新しい回答"}]
    post = {"feedElementType": "FeedItem", "subjectId": account, "body": {"messageSegments": segments}}
    assert integration.post("/chatter/feed-elements", post).status_code == 201


def test_a_field_without_read_access_does_not_exist_for_the_user(integration: RestClient, admin: RestClient) -> None:
    assert "Birthdate" in names(admin, "Contact")
    assert "Birthdate" not in names(integration, "Contact")
    assert error(integration.post("/sobjects/Contact", {"LastName": "佐藤", "Birthdate": "1990-01-01"})) == (
        400,
        "INVALID_FIELD",
    )
    assert error(integration.query("SELECT Birthdate FROM Contact")) == (400, "INVALID_FIELD")
    contact = admin.create("Contact", LastName="佐藤", Birthdate="1990-01-01")
    assert "Birthdate" not in integration.get(f"/sobjects/Contact/{contact}").json()


def test_a_field_without_edit_access_is_read_and_not_written(integration: RestClient) -> None:
    rating = names(integration, "Account")["Rating"]
    assert (rating["createable"], rating["updateable"]) == (False, False)
    account = integration.org.control("POST", "/objects/Account/records", [{"Name": "Acme", "Rating": "Hot"}])[0]
    assert integration.get(f"/sobjects/Account/{account}").json()["Rating"] == "Hot"
    answer = integration.patch(f"/sobjects/Account/{account}", {"Rating": "Cold"})
    assert error(answer) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert answer.json()[0]["fields"] == ["Rating"]


def test_objects_not_granted_are_invisible(integration: RestClient) -> None:
    integration.org.control("PUT", f"{SET}/objects/Opportunity", {"read": False})
    listed = {item["name"] for item in integration.get("/sobjects").json()["sobjects"]}
    assert "Opportunity" not in listed
    assert error(integration.get("/sobjects/Opportunity/describe")) == (404, "NOT_FOUND")
    assert error(integration.query("SELECT Id FROM Opportunity")) == (400, "INVALID_TYPE")


def test_creating_editing_and_deleting_are_granted_one_by_one(integration: RestClient, admin: RestClient) -> None:
    account = admin.create("Account", Name="Acme")
    answer = integration.post("/sobjects/Account", {"Name": "New"})
    assert error(answer) == (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
    assert answer.json()[0]["message"] == "entity type cannot be inserted: Account"
    assert error(integration.delete(f"/sobjects/Account/{account}")) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    opportunity = admin.create("Opportunity", Name="更新", StageName="Prospecting", CloseDate="2027-01-01")
    answer = integration.patch(f"/sobjects/Opportunity/{opportunity}", {"StageName": "Closed Won"})
    assert error(answer) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")


def test_inside_a_collection_a_missing_permission_fails_its_row(integration: RestClient) -> None:
    records = [
        {"attributes": {"type": "Account"}, "Name": "New"},
        {"attributes": {"type": "Contact"}, "LastName": "佐藤"},
    ]
    results = integration.post("/composite/sobjects", {"records": records}).json()
    assert results[0]["errors"][0]["statusCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert results[1]["success"]


def test_parts_of_an_address_follow_the_address(integration: RestClient) -> None:
    assert names(integration, "Contact")["MailingCity"]["updateable"] is True
    assert "OtherCity" not in names(integration, "Contact")
    integration.org.control("PUT", f"{SET}/fields/Contact.MailingAddress", {"read": True, "edit": False})
    assert names(integration, "Contact")["MailingCity"]["updateable"] is False


def test_a_field_taken_away_while_the_org_runs_is_gone_at_once(integration: RestClient) -> None:
    contact = integration.create("Contact", LastName="佐藤", NPS_Score__c=9)
    path = f"/sobjects/Contact/{contact}"
    integration.org.control("PUT", f"{SET}/fields/Contact.NPS_Score__c", {"read": True, "edit": False})
    assert error(integration.patch(path, {"NPS_Score__c": 3})) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    integration.org.control("DELETE", "/objects/Contact/fields/NPS_Score__c")
    assert error(integration.patch(path, {"NPS_Score__c": 3})) == (400, "INVALID_FIELD")
    assert "NPS_Score__c" not in integration.get(path).json()


def test_a_field_can_be_added_retyped_and_made_read_only(integration: RestClient) -> None:
    control = integration.org.control
    field = {"name": "Tier__c", "type": "picklist", "restricted": True, "values": ["Gold"], "length": 255}
    control("POST", "/objects/Contact/fields", {**field, "grant": ["Feedback_Bridge"]})
    contact = integration.create("Contact", LastName="佐藤", Tier__c="Gold")
    path = f"/sobjects/Contact/{contact}"
    assert error(integration.patch(path, {"Tier__c": "Platinum"}))[1] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    control("POST", "/objects/Contact/fields/Tier__c/values", {"value": "Platinum"})
    assert integration.patch(path, {"Tier__c": "Platinum"}).status_code == 204
    control("DELETE", "/objects/Contact/fields/Tier__c/values/Gold")
    assert error(integration.patch(path, {"Tier__c": "Gold"}))[1] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    control("PATCH", "/objects/Contact/fields/Tier__c", {"type": "double", "precision": 3, "restricted": False})
    assert error(integration.patch(path, {"Tier__c": "Gold"}))[1] == "JSON_PARSER_ERROR"
    control("PATCH", "/objects/Contact/fields/Tier__c", {"updateable": False})
    assert error(integration.patch(path, {"Tier__c": 3}))[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_without_the_marketing_user_checkbox_nobody_joins_a_campaign(
    integration: RestClient, admin: RestClient
) -> None:
    campaign = admin.create("Campaign", Name="調査")
    contact = admin.create("Contact", LastName="佐藤")
    user = "/users/" + integration.org.credentials["integration"]["username"]
    integration.org.control("PUT", user, {"marketing_user": False})
    try:
        answer = integration.post("/sobjects/CampaignMember", {"CampaignId": campaign, "ContactId": contact})
        assert error(answer) == (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
        described = integration.get("/sobjects/CampaignMember/describe").json()
        assert described["createable"] is False
    finally:
        integration.org.control("PUT", user, {"marketing_user": True})


@pytest.mark.parametrize("name", ["Profile", "PermissionSet", "Organization"])
def test_setup_objects_are_read_by_all_and_created_by_none(admin: RestClient, name: str) -> None:
    assert admin.query(f"SELECT Id, Name FROM {name}").status_code == 200
    assert error(admin.post(f"/sobjects/{name}", {"Name": "x"})) == (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
