"""What Salesforce does by itself: campaign members, lead conversion, duplicate and assignment rules, activities."""

from __future__ import annotations

from typing import Any

import pytest

from local.salesforce_org.rest_client import RestClient

pytest_plugins = ["tests.integration.salesforce_org_server"]


@pytest.fixture
def campaign(admin: RestClient) -> str:
    return admin.create("Campaign", Name="2026年 顧客満足度調査")


def lead(api: RestClient, **fields: Any) -> str:
    return api.create("Lead", **{"LastName": "佐藤", "Company": "さくら商事", **fields})


def test_a_new_campaign_has_the_statuses_sent_and_responded(admin: RestClient, campaign: str) -> None:
    soql = f"SELECT Label, IsDefault, HasResponded FROM CampaignMemberStatus WHERE CampaignId = '{campaign}'"
    assert admin.rows(soql) == [
        {"Label": "Sent", "IsDefault": True, "HasResponded": False},
        {"Label": "Responded", "IsDefault": False, "HasResponded": True},
    ]


def test_whether_a_member_responded_follows_from_the_status(admin: RestClient, campaign: str) -> None:
    member = admin.create("CampaignMember", CampaignId=campaign, LeadId=lead(admin))
    path = f"/sobjects/CampaignMember/{member}"
    body = admin.get(path).json()
    assert (body["Status"], body["HasResponded"], body["FirstRespondedDate"]) == ("Sent", False, None)
    assert admin.patch(path, {"Status": "Responded"}).status_code == 204
    body = admin.get(path).json()
    assert (body["HasResponded"], body["FirstRespondedDate"] is not None) == (True, True)
    counters = f"SELECT NumberOfLeads, NumberOfResponses FROM Campaign WHERE Id = '{campaign}'"
    assert admin.rows(counters) == [{"NumberOfLeads": 1, "NumberOfResponses": 1}]


def test_an_unknown_status_becomes_the_campaigns_default(admin: RestClient, campaign: str) -> None:
    status = {"CampaignId": campaign, "Label": "回答済み", "HasResponded": True, "IsDefault": True}
    admin.create("CampaignMemberStatus", **status)
    member = admin.create("CampaignMember", CampaignId=campaign, LeadId=lead(admin), Status="Nonsense")
    body = admin.get(f"/sobjects/CampaignMember/{member}").json()
    assert (body["Status"], body["HasResponded"]) == ("回答済み", True)
    defaults = admin.rows("SELECT Label FROM CampaignMemberStatus WHERE IsDefault = true")
    assert defaults == [{"Label": "回答済み"}]


def test_nobody_joins_a_campaign_twice(admin: RestClient, campaign: str) -> None:
    person = lead(admin)
    admin.create("CampaignMember", CampaignId=campaign, LeadId=person)
    answer = admin.post("/sobjects/CampaignMember", {"CampaignId": campaign, "LeadId": person})
    assert answer.status_code == 400
    assert answer.json() == [
        {"message": "Already a campaign member.", "errorCode": "DUPLICATE_VALUE", "fields": []},
    ]
    other = admin.create("Campaign", Name="別の調査")
    admin.create("CampaignMember", CampaignId=other, LeadId=person)


def test_who_and_where_of_a_member_never_change(admin: RestClient, campaign: str) -> None:
    member = admin.create("CampaignMember", CampaignId=campaign, LeadId=lead(admin))
    for change in ({"LeadId": lead(admin)}, {"CampaignId": campaign}, {"HasResponded": True}):
        answer = admin.patch(f"/sobjects/CampaignMember/{member}", change)
        assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    nobody = admin.post("/sobjects/CampaignMember", {"CampaignId": campaign})
    assert nobody.json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"


def test_a_converted_lead_is_a_contact_from_then_on(admin: RestClient, campaign: str) -> None:
    person = lead(admin, FirstName="花子", Email="hanako@example.jp")
    member = admin.create("CampaignMember", CampaignId=campaign, LeadId=person)
    made = admin.org.control("POST", f"/leads/{person}/convert", {"opportunity_name": "新規"})
    row = admin.get(f"/sobjects/Lead/{person}").json()
    assert (row["IsConverted"], row["Status"]) == (True, "Closed - Converted")
    assert len(row["ConvertedDate"]) == 10
    converted = (row["ConvertedAccountId"], row["ConvertedContactId"], row["ConvertedOpportunityId"])
    assert converted == (made["accountId"], made["contactId"], made["opportunityId"])
    contact = admin.get(f"/sobjects/Contact/{made['contactId']}").json()
    assert (contact["Email"], contact["AccountId"]) == ("hanako@example.jp", made["accountId"])
    both = admin.rows("SELECT Id, LeadId, ContactId FROM CampaignMember")
    assert both == [{"Id": member, "LeadId": person, "ContactId": made["contactId"]}]
    refused = admin.patch(f"/sobjects/Lead/{person}", {"Phone": "1"})
    assert refused.json() == [
        {"message": "cannot reference converted lead", "errorCode": "CANNOT_UPDATE_CONVERTED_LEAD", "fields": []}
    ]
    assert admin.delete(f"/sobjects/Lead/{person}").status_code == 204


def test_an_alerting_duplicate_rule_is_passed_with_its_header(admin: RestClient) -> None:
    admin.org.control("PUT", "/duplicate-rules/Lead", {"action": "Alert", "matches": ["Lead", "Contact"]})
    existing = admin.create("Contact", LastName="佐藤", Email="hanako@example.jp")
    body = {"LastName": "佐藤", "Company": "さくら商事", "Email": "Hanako@example.jp"}
    refused = admin.post("/sobjects/Lead", body)
    assert refused.status_code == 400
    error = refused.json()[0]
    assert list(error) == ["duplicateResut", "message", "errorCode"]
    assert (error["errorCode"], error["message"]) == ("DUPLICATES_DETECTED", "Use one of these records?")
    found = error["duplicateResut"]
    assert (found["allowSave"], found["duplicateRule"]) == (True, "Standard_Lead_Duplicate_Rule")
    match = found["matchResults"][0]["matchRecords"][0]["record"]
    assert (match["Id"], match["attributes"]["type"]) == (existing, "Contact")
    header = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert admin.post("/sobjects/Lead", body, headers=header).status_code == 201


def test_a_blocking_duplicate_rule_cannot_be_passed(admin: RestClient) -> None:
    admin.org.control("PUT", "/duplicate-rules/Contact", {"action": "Block", "message": "重複しています"})
    admin.create("Contact", LastName="佐藤", Email="hanako@example.jp")
    header = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    contact = {"attributes": {"type": "Contact"}, "LastName": "田中", "Email": "hanako@example.jp"}
    results = admin.post("/composite/sobjects", {"records": [contact]}, headers=header).json()
    error = results[0]["errors"][0]
    assert (error["statusCode"], error["message"]) == ("DUPLICATES_DETECTED", "重複しています")
    assert error["duplicateResut"]["allowSave"] is False
    admin.org.control("DELETE", "/duplicate-rules/Contact")
    assert admin.post("/composite/sobjects", {"records": [contact]}).json()[0]["success"]


def test_an_update_that_leaves_the_email_alone_meets_no_duplicate_rule(admin: RestClient) -> None:
    first = admin.create("Contact", LastName="佐藤", Email="hanako@example.jp")
    admin.create("Contact", LastName="田中", Email="hanako@example.jp")
    admin.org.control("PUT", "/duplicate-rules/Contact", {"action": "Block"})
    assert admin.patch(f"/sobjects/Contact/{first}", {"Phone": "1"}).status_code == 204


def test_assignment_rules_give_a_lead_away_unless_told_not_to(admin: RestClient) -> None:
    queue = admin.create("Group", Name="Web Leads", Type="Queue", DeveloperName="Web_Leads")
    admin.org.control("PUT", "/assignment-rules/Lead", {"owner": queue})
    assigned, kept = lead(admin), ""
    body = {"LastName": "田中", "Company": "大和システムズ"}
    kept = admin.post("/sobjects/Lead", body, headers={"Sforce-Auto-Assign": "FALSE"}).json()["id"]
    owners = {row["Id"]: row["Owner"]["Name"] for row in admin.rows("SELECT Id, Owner.Name FROM Lead")}
    assert owners == {assigned: "Web Leads", kept: "Test Admin"}


def test_a_task_begins_not_started_and_belongs_to_its_contacts_account(admin: RestClient) -> None:
    account = admin.create("Account", Name="さくら商事")
    contact = admin.create("Contact", LastName="佐藤", AccountId=account)
    task = admin.create("Task", Subject="折り返し電話", WhoId=contact)
    body = admin.get(f"/sobjects/Task/{task}").json()
    assert (body["Status"], body["Priority"], body["IsClosed"]) == ("Not Started", "Normal", False)
    assert (body["AccountId"], body["WhoCount"], body["TaskSubtype"]) == (account, 1, "Task")
    admin.patch(f"/sobjects/Task/{task}", {"Status": "Completed"})
    body = admin.get(f"/sobjects/Task/{task}").json()
    assert body["IsClosed"] is True
    assert body["CompletedDateTime"] is not None


def test_an_event_takes_its_duration_as_text_and_knows_its_end(admin: RestClient) -> None:
    event = admin.create(
        "Event", Subject="訪問", DurationInMinutes="31", ActivityDateTime="2026-11-30T07:00:00.000+0000"
    )
    body = admin.get(f"/sobjects/Event/{event}").json()
    assert body["EndDateTime"] == "2026-11-30T07:31:00.000+0000"
    missing = admin.post("/sobjects/Event", {"Subject": "訪問"})
    assert missing.json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"


def test_a_case_is_numbered_closes_and_shows_its_contact(admin: RestClient) -> None:
    account = admin.create("Account", Name="さくら商事")
    contact = admin.create("Contact", LastName="佐藤", Email="hanako@example.jp", AccountId=account)
    case = admin.create("Case", Subject="請求書が届かない", ContactId=contact)
    body = admin.get(f"/sobjects/Case/{case}").json()
    assert body["CaseNumber"] == "00000001"
    assert (body["Status"], body["Priority"], body["IsClosed"]) == ("New", "Medium", False)
    assert (body["ContactEmail"], body["AccountId"]) == ("hanako@example.jp", account)
    admin.patch(f"/sobjects/Case/{case}", {"Status": "Closed"})
    body = admin.get(f"/sobjects/Case/{case}").json()
    assert body["IsClosed"] is True
    assert body["ClosedDate"] is not None


def test_an_opportunity_takes_its_probability_from_the_stage(admin: RestClient) -> None:
    name = {"Name": "更新", "CloseDate": "2027-03-31", "Amount": 4_800_000}
    opportunity = admin.create("Opportunity", **name, StageName="Negotiation/Review")
    path = f"/sobjects/Opportunity/{opportunity}"
    body = admin.get(path).json()
    assert (body["Probability"], body["ExpectedRevenue"]) == (90.0, 4_320_000.0)
    admin.patch(path, {"StageName": "Closed Won"})
    body = admin.get(path).json()
    assert (body["IsClosed"], body["IsWon"], body["ForecastCategory"]) == (True, True, "Closed")
