"""What an org holds, and the state of the whole."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3

from feedback_bridge.aws.pauses import Pause, Pauses
from feedback_bridge.runtime import orgs
from local.salesforce_org.running import RunningOrg
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import MAPPING, STACK
from tests.integration.admin.in_turn import in_turn


def parts(admin: Admin) -> dict[str, Any]:
    return {f"{part['kind']} {part['name']}": part for part in admin.get("/admin/status").json["parts"]}


def test_the_objects_of_an_org_are_listed(admin: Admin, production: object) -> None:
    listed = admin.get("/admin/orgs/production/objects").json
    names = {item["name"]: item for item in listed["items"]}
    assert names["Survey_Response__c"]["custom"] is True
    assert names["Contact"]["updateable"] is True
    assert listed["next"] is None


def test_an_object_is_shown_with_its_fields(admin: Admin, production: object) -> None:
    contact = admin.get("/admin/orgs/production/objects/Contact").json
    fields = {field["name"]: field for field in contact["fields"]}
    assert fields["LastName"]["required"] is True
    assert fields["NPS_Band__c"]["values"] == ["Detractor", "Passive", "Promoter"]
    assert fields["NPS_Band__c"]["restricted"] is True


def test_a_field_that_is_gone_is_seen_when_asked_freshly(
    admin: Admin, production: object, salesforce: RunningOrg
) -> None:
    one = "/admin/orgs/production/objects/Contact"
    assert any(field["name"] == "NPS_Value__c" for field in admin.get(one).json["fields"])
    salesforce.control("DELETE", "/objects/Contact/fields/NPS_Value__c")
    assert any(field["name"] == "NPS_Value__c" for field in admin.get(one).json["fields"])
    assert not any(field["name"] == "NPS_Value__c" for field in admin.get(f"{one}?fresh=true").json["fields"])


@in_turn("unknown", ["Unicorn__c", "Con-tact", "a;b", "%E3%81%82"])
def test_an_unknown_object_is_404(admin: Admin, production: object, unknown: str) -> None:
    assert admin.get(f"/admin/orgs/production/objects/{unknown}").status == 404


def test_an_unknown_org_is_404(admin: Admin) -> None:
    assert admin.get("/admin/orgs/production/objects").status == 404


def test_an_org_whose_secret_is_unusable_says_so_without_showing_it(admin: Admin, production: object) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=f"{STACK}/salesforce-production", SecretString="hunter2")
    forget_login()
    refused = admin.get("/admin/orgs/production/objects")
    assert refused.status == 409
    assert "must be JSON" in refused.json["detail"]
    assert "hunter2" not in refused.text


def test_an_org_that_refuses_the_login_is_tried_again_later(admin: Admin, production: object) -> None:
    wrong = {"client_id": "unknown", "client_secret": "wrong"}
    boto3.client("secretsmanager").put_secret_value(
        SecretId=f"{STACK}/salesforce-production", SecretString=json.dumps(wrong)
    )
    admin.put("/admin/orgs/production", {**production, "auth": "client_credentials"})  # type: ignore[dict-item]
    admin.post("/admin/orgs/production/publish")
    forget_login()
    refused = admin.get("/admin/orgs/production/objects")
    assert (refused.status, "retry-after" in refused.headers) == (503, True)
    assert "refused the login" in refused.json["detail"]
    assert parts(admin)["org production"]["status"] == "red"


def test_all_is_green_when_all_is_well(admin: Admin, production: object, typeform: object) -> None:
    admin.put("/admin/mappings/nps-to-contact", MAPPING)
    admin.post("/admin/mappings/nps-to-contact/publish")
    told = admin.get("/admin/status").json
    assert told["status"] == "green", told
    assert {f"{part['kind']} {part['name']}" for part in told["parts"]} == {
        "org production", "queue response_mapping", "source typeform-main", "mapping nps-to-contact",
    }  # fmt: skip


def test_a_message_that_was_given_up_turns_its_queue_red(admin: Admin, stack: dict[str, str]) -> None:
    assert parts(admin)["queue response_mapping"]["status"] == "green"
    boto3.client("sqs").send_message(QueueUrl=stack["mapping-dead"], MessageBody="{}")
    boto3.client("sqs").send_message(QueueUrl=stack["mapping"], MessageBody="{}")
    queue = parts(admin)["queue response_mapping"]
    assert (queue["status"], queue["waiting"], queue["dead"]) == ("red", 1, 1)
    assert admin.get("/admin/status").json["status"] == "red"


def test_a_mapping_that_waits_for_its_org_is_red_with_the_reason(
    admin: Admin, production: object, typeform: object, stack: dict[str, str]
) -> None:
    admin.put("/admin/mappings/nps-to-contact", MAPPING)
    admin.post("/admin/mappings/nps-to-contact/publish")
    since = datetime(2026, 11, 21, tzinfo=UTC)
    Pauses(stack["ORG_STATE_TABLE"]).begin(Pause("production", "nps-to-contact", "a field is gone", since))
    mapping = parts(admin)["mapping nps-to-contact"]
    assert mapping["status"] == "red"
    assert mapping["reason"] == "Paused since 2026-11-21 00:00 UTC: a field is gone"


def test_an_org_that_is_away_is_red_with_the_reason(admin: Admin, production: dict[str, Any]) -> None:
    admin.put("/admin/orgs/production", {**production, "login_url": "https://127.0.0.1:9"})
    admin.post("/admin/orgs/production/publish")
    forget_login()
    org = parts(admin)["org production"]
    assert org["status"] == "red"
    assert "does not answer" in org["reason"]


def forget_login() -> None:
    """As after a new start of the function, with an empty table."""
    orgs._made.clear()
    boto3.client("dynamodb").delete_item(
        TableName="OrgStateTable", Key={"org": {"S": "production"}, "name": {"S": "token"}}
    )
