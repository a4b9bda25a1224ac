"""From draft to version and back: what may be published, what comes into force, and how it is taken back."""

from typing import Any

import boto3
import pytest

from feedback_bridge.aws.configs import Configs
from feedback_bridge.runtime import settings
from local.salesforce_org.running import RunningOrg
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import MAPPING, TYPEFORM
from tests.integration.admin.in_turn import in_turn

ONE = "/admin/mappings/nps-to-contact"


def with_fields(**fields: Any) -> dict[str, Any]:
    return {**MAPPING, "write": {**MAPPING["write"], "fields": {**MAPPING["write"]["fields"], **fields}}}


@pytest.fixture
def published(admin: Admin, production: object, typeform: object) -> Admin:
    assert admin.put(ONE, MAPPING).json["problems"] == []
    assert admin.post(f"{ONE}/publish").json["version"] == 1
    return admin


def test_a_mapping_that_fits_the_org_comes_into_force(published: Admin) -> None:
    shown = published.get(ONE).json
    assert shown["published"]["document"] == MAPPING
    assert (shown["published"]["version"], shown["published"]["enabled"]) == (1, True)
    assert shown["published"]["published_by"] == "admin-token"
    listed = published.get("/admin/mappings").json["items"]
    assert [(item["id"], item["state"], item["version"]) for item in listed] == [("nps-to-contact", "published", 1)]


def test_publishing_is_refused_by_path_while_the_mapping_does_not_fit(
    admin: Admin, production: object, typeform: object
) -> None:
    wrong = with_fields(
        Nps_Scroe__c={"from": "nps.score"}, LastModifiedDate={"from": "occurred_at"}, NPS_Band__c={"value": "Fan"}
    )
    drafted = admin.put(ONE, wrong)
    refused = admin.post(f"{ONE}/publish")
    assert refused.status == 422
    assert refused.problems == drafted.problems
    for field in ("Nps_Scroe__c", "LastModifiedDate", "NPS_Band__c"):
        assert any(path.startswith(f"write.fields.{field}") for path in refused.problems), refused.problems
    assert admin.get(ONE).json["published"] is None


def test_a_mapping_waits_for_its_org_to_be_published(admin: Admin, typeform: object) -> None:
    admin.put("/admin/orgs/production", {"id": "production"})
    admin.put(ONE, MAPPING)
    assert admin.post(f"{ONE}/publish").problems == {
        "write.org": "the org production is only a draft: publish it first"
    }


def test_an_org_that_does_not_answer_holds_publishing_up_and_the_draft_not(
    published: Admin, salesforce: RunningOrg, production: dict[str, Any]
) -> None:
    away = {**production, "login_url": "https://127.0.0.1:9"}
    published.put("/admin/orgs/production", away)
    published.post("/admin/orgs/production/publish")
    boto3.client("dynamodb").delete_item(
        TableName=settings.org_state_table(), Key={"org": {"S": "production"}, "name": {"S": "token"}}
    )
    assert published.put(ONE, with_fields(NPS_Value__c={"from": "nps.normalised"})).json["problems"] == []
    later = published.post(f"{ONE}/publish")
    assert later.status == 503
    assert int(later.headers["retry-after"]) >= 1


def test_publishing_the_same_again_makes_no_version(published: Admin) -> None:
    again = published.post(f"{ONE}/publish").json
    assert (again["version"], again["changed"]) == (1, False)
    assert len(published.get(f"{ONE}/versions").json["items"]) == 1


def test_there_is_nothing_to_publish_without_a_draft(admin: Admin) -> None:
    assert admin.post(f"{ONE}/publish").status == 404


def test_a_draft_that_changed_since_it_was_read_is_not_published(published: Admin) -> None:
    read = published.get(ONE).headers["etag"]
    published.put(ONE, with_fields(NPS_Value__c={"from": "nps.normalised"}))
    assert published.post(f"{ONE}/publish", headers={"If-Match": read}).status == 409
    assert published.get(ONE).json["published"]["version"] == 1


def test_rolling_back_brings_the_old_document_as_a_new_version_and_the_draft_follows(published: Admin) -> None:
    changed = with_fields(NPS_Value__c={"from": "nps.normalised"})
    published.put(ONE, changed)
    assert published.get("/admin/mappings").json["items"][0]["state"] == "changed"
    assert published.post(f"{ONE}/publish").json["version"] == 2
    back = published.post(f"{ONE}/rollback", {"version": 1})
    assert (back.status, back.json["version"]) == (200, 3)
    shown = published.get(ONE).json
    assert shown["published"]["document"] == shown["draft"]["document"] == MAPPING
    assert [item["version"] for item in published.get(f"{ONE}/versions").json["items"]] == [3, 2, 1]
    assert published.get(f"{ONE}/versions/2").json["document"] == changed


@in_turn("version", [None, "1", True, 0, -1, 10**30, 1.5, [1]])
def test_rolling_back_to_what_is_no_version_number_is_refused(published: Admin, version: Any) -> None:
    assert published.post(f"{ONE}/rollback", {"version": version}).status == 422


def test_rolling_back_to_a_version_that_never_was_is_404(published: Admin) -> None:
    assert published.post(f"{ONE}/rollback", {"version": 7}).status == 404
    assert published.get(f"{ONE}/versions/7").status == 404
    assert published.get(f"{ONE}/versions/x").status == 404


def test_versions_are_read_page_by_page_newest_first(admin: Admin, typeform: object) -> None:
    one = "/admin/sources/typeform-main"
    for number in range(1, 6):
        admin.put(one, {**TYPEFORM, "nps": {"score": f"answers.q{number}.value"}})
        admin.post(f"{one}/publish")
    seen, cursor = [], ""
    while cursor is not None:
        page = admin.get(f"{one}/versions?limit=4{f'&cursor={cursor}' if cursor else ''}").json
        seen += [item["version"] for item in page["items"]]
        cursor = page["next"]
    assert seen == [6, 5, 4, 3, 2, 1]


def test_what_is_disabled_stays_so_when_a_new_version_comes(published: Admin, clients: dict[str, Admin]) -> None:
    assert clients["operator"].post(f"{ONE}/disable").json["enabled"] is False
    published.put(ONE, with_fields(NPS_Value__c={"from": "nps.normalised"}))
    assert published.post(f"{ONE}/publish").json["enabled"] is False
    assert clients["operator"].post(f"{ONE}/enable").json["enabled"] is True
    assert published.get(ONE).json["published"]["enabled"] is True


def test_only_what_is_published_can_be_switched(admin: Admin) -> None:
    admin.put("/admin/sources/typeform-main", TYPEFORM)
    assert admin.post("/admin/sources/typeform-main/enable").status == 404


def test_an_org_in_use_is_not_deleted(published: Admin) -> None:
    refused = published.delete("/admin/orgs/production")
    assert refused.status == 409
    assert "mapping nps-to-contact" in refused.json["detail"]
    published.post(f"{ONE}/disable")
    assert published.delete("/admin/orgs/production").status == 204


def test_deleting_takes_draft_and_published_away_and_keeps_the_count_of_versions(published: Admin) -> None:
    assert published.delete(ONE).status == 204
    assert published.get(ONE).status == 404
    assert published.delete(ONE).status == 404
    published.put(ONE, MAPPING)
    assert published.post(f"{ONE}/publish").json["version"] == 2


def test_workers_hear_of_everything_that_comes_into_force(published: Admin) -> None:
    configs = Configs(settings.config_table())
    before = configs.revision()
    published.post(f"{ONE}/disable")
    published.put(ONE, with_fields(NPS_Value__c={"from": "nps.normalised"}))
    published.post(f"{ONE}/publish")
    published.delete(ONE)
    assert configs.revision() == before + 3


@in_turn("kind", ["source", "sources", "org", "mapping", "mappings"])
def test_every_kind_has_a_json_schema(admin: Admin, kind: str) -> None:
    schema = admin.get(f"/admin/schemas/{kind}").json
    assert schema["$schema"].startswith("https://json-schema.org/")


def test_an_unknown_kind_has_none(admin: Admin) -> None:
    assert admin.get("/admin/schemas/unicorn").status == 404
