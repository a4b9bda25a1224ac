"""Discovery and describe: versions, limits, objects and fields, as a connector reads them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from local.salesforce_org.rest_client import TIMEOUT_SECONDS, RestClient
from local.salesforce_org.running import RunningOrg

pytest_plugins = ["tests.integration.salesforce_org_server"]

# Fields without which a record cannot be made, computed as connectors do from describe.
REQUIRED = {
    "Lead": {"LastName", "Company"},
    "Contact": {"LastName"},
    "Account": {"Name"},
    "Campaign": {"Name"},
    "Opportunity": {"Name", "StageName", "CloseDate"},
    "OpportunityContactRole": {"OpportunityId", "ContactId"},
    "Case": set(),
    "Event": set(),
    "Task": set(),
    "Survey_Response__c": set(),
}


def fields_of(api: RestClient, name: str) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in api.get(f"/sobjects/{name}/describe").json()["fields"]}


def test_versions_are_listed_without_logging_in(bare_org: RunningOrg) -> None:
    session = requests.Session()
    session.trust_env = False
    answer = session.get(f"{bare_org.url}/services/data", verify=bare_org.ca_file, timeout=TIMEOUT_SECONDS)
    assert answer.status_code == 200
    assert "Sforce-Limit-Info" not in answer.headers
    assert {"label": "Winter ’25", "url": "/services/data/v62.0", "version": "62.0"} in answer.json()
    assert answer.json()[0]["version"] == "31.0"


def test_an_unknown_version_is_not_found_and_a_retired_one_is_gone(admin: RestClient) -> None:
    unknown = admin.get("/services/data/viAmABadVersion/sobjects/Account")
    assert unknown.status_code == 404
    assert unknown.json() == [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
    assert "Sforce-Limit-Info" not in unknown.headers
    assert admin.get("/services/data/v99.0/limits").status_code == 404
    assert admin.get("/services/data/v28.0/limits").status_code == 410


def test_limits_show_what_was_used_of_the_day(admin: RestClient) -> None:
    before = admin.get("/limits").json()["DailyApiRequests"]
    after = admin.get("/limits").json()["DailyApiRequests"]
    assert before["Max"] == after["Max"] == 15000
    assert after["Remaining"] == before["Remaining"] - 1
    assert "CreateCustom" in admin.get("/limits").json()["PermissionSets"]


def test_record_counts_leave_out_what_does_not_exist(admin: RestClient) -> None:
    admin.create("Account", Name="さくら商事")
    body = admin.get("/limits/recordCount", params={"sObjects": "Account,Contact,Nonsense"}).json()
    assert body == {"sObjects": [{"count": 1, "name": "Account"}, {"count": 0, "name": "Contact"}]}


def test_global_describe_lists_standard_and_deployed_objects(admin: RestClient) -> None:
    answer = admin.get("/sobjects")
    body = answer.json()
    assert (body["encoding"], body["maxBatchSize"]) == ("UTF-8", 200)
    found = {item["name"]: item for item in body["sobjects"]}
    prefixes = {"Account": "001", "Contact": "003", "Lead": "00Q", "Case": "500", "Campaign": "701", "Task": "00T"}
    assert {name: found[name]["keyPrefix"] for name in prefixes} == prefixes
    assert found["Survey_Response__c"]["custom"] is True
    assert answer.headers["ETag"]
    assert answer.headers["Last-Modified"]


def test_a_describe_has_every_key_of_the_real_one(admin: RestClient) -> None:
    body = admin.get("/sobjects/Contact/describe").json()
    assert len(body) == 45
    assert {len(field) for field in body["fields"]} == {57}
    children = {child["relationshipName"] for child in body["childRelationships"]}
    assert {"Cases", "Survey_Responses__r", "CampaignMembers", "Tasks"} <= children


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_required_on_create_follows_from_describe(admin: RestClient, name: str) -> None:
    required = {
        field["name"]
        for field in fields_of(admin, name).values()
        if field["createable"]
        and not field["nillable"]
        and not field["defaultedOnCreate"]
        and field["type"] != "boolean"
    }
    assert required == REQUIRED[name]


def test_types_lengths_and_digits_are_those_of_salesforce(admin: RestClient) -> None:
    lead = fields_of(admin, "Lead")
    assert (lead["Email"]["type"], lead["Email"]["length"], lead["Email"]["idLookup"]) == ("email", 80, True)
    assert (lead["Company"]["length"], lead["LastName"]["length"], lead["FirstName"]["length"]) == (255, 80, 40)
    assert (lead["AnnualRevenue"]["precision"], lead["AnnualRevenue"]["scale"]) == (18, 0)
    assert lead["NumberOfEmployees"]["digits"] == 8
    assert lead["Description"]["length"] == 32000
    assert lead["Status"]["defaultValue"] == "Open - Not Contacted"
    assert not lead["Status"]["restrictedPicklist"]
    assert lead["OwnerId"]["referenceTo"] == ["Group", "User"]
    assert lead["Email"]["byteLength"] == 240


def test_custom_fields_of_an_activity_show_on_the_task(admin: RestClient) -> None:
    marker = fields_of(admin, "Task")["Feedback_Bridge_Id__c"]
    assert all(marker[trait] for trait in ("externalId", "unique", "caseSensitive", "idLookup"))


def test_describe_is_only_sent_again_when_it_changed(admin: RestClient) -> None:
    first = admin.get("/sobjects/Lead/describe")
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    same = admin.get("/sobjects/Lead/describe", headers=since)
    assert same.status_code == 304
    assert same.content == b""
    assert same.headers["ETag"] == first.headers["ETag"]
    admin.org.control("POST", "/objects/Lead/fields", {"name": "Tier__c", "type": "string", "length": 20})
    changed = admin.get("/sobjects/Lead/describe", headers=since)
    assert changed.status_code == 200
    assert "Tier__c" in {field["name"] for field in changed.json()["fields"]}


def test_in_a_composite_an_unchanged_describe_is_a_304_with_its_headers(admin: RestClient) -> None:
    modified = admin.get("/sobjects/Lead/describe").headers["Last-Modified"]
    node = {
        "method": "GET",
        "url": f"{admin.base}/sobjects/Lead/describe",
        "referenceId": "one",
        "httpHeaders": {"If-Modified-Since": modified},
    }
    result = admin.post("/composite", {"compositeRequest": [node]}).json()["compositeResponse"][0]
    assert (result["body"], result["httpStatusCode"]) == (None, 304)
    assert set(result["httpHeaders"]) == {"ETag", "Last-Modified"}


def test_pretty_printing_changes_the_spaces_and_nothing_else(admin: RestClient) -> None:
    pretty = admin.get("/sobjects/Lead/describe", headers={"X-PrettyPrint": "1"})
    assert re.match(r'\{\n  "actionOverrides" : \[ \],\n', pretty.text)
    assert pretty.json() == admin.get("/sobjects/Lead/describe").json()


def test_an_object_that_does_not_exist_is_not_found(admin: RestClient) -> None:
    answer = admin.get("/sobjects/PlayingCard__c/describe")
    assert answer.status_code == 404
    assert list(answer.json()[0]) == ["errorCode", "message"]
