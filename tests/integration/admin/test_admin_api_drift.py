"""An org that has changed, as the admin API and `bridge doctor` tell of it, and how it is healed."""

from datetime import datetime
from typing import Any

import pytest

from feedback_bridge.aws.pauses import Pauses
from feedback_bridge.runtime import settings
from local.salesforce_org.running import RunningOrg
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import MAPPING, Bridge

ONE = "/admin/mappings/nps-to-contact"
CHECK = "/admin/orgs/production/check"
RESCUE: dict[str, Any] = {
    "kind": "automation",
    "id": "rescue",
    "on": ["detractor"],
    "org": "production",
    "write": {"object": "Task", "operation": "insert", "fields": {"Subject": {"value": "電話する"}}},
}


@pytest.fixture
def published(admin: Admin, production: object, typeform: object) -> Admin:
    assert admin.put(ONE, MAPPING).json["problems"] == []
    assert admin.post(f"{ONE}/publish").status == 200
    return admin


def test_a_check_of_an_org_names_what_no_longer_fits_and_since_when(published: Admin, salesforce: RunningOrg) -> None:
    assert published.post(CHECK).json["mappings"] == [
        {"mapping": "nps-to-contact", "version": 1, "fits": True, "paused_since": None, "problems": []}
    ]
    salesforce.control("DELETE", "/objects/Contact/fields/NPS_Comment__c")
    (found,) = published.post(CHECK).json["mappings"]
    assert found["fits"] is False
    assert [problem["path"] for problem in found["problems"]] == ["write.fields.NPS_Comment__c"]
    since = datetime.fromisoformat(found["paused_since"])
    again = published.post(CHECK).json["mappings"][0]
    assert datetime.fromisoformat(again["paused_since"]) == since
    parts = {part["name"]: part for part in published.get("/admin/status").json["parts"]}
    assert parts["nps-to-contact"]["status"] == "red"
    assert "NPS_Comment__c" in parts["nps-to-contact"]["reason"]


def test_publishing_a_version_that_fits_resumes_the_mapping_at_once(published: Admin, salesforce: RunningOrg) -> None:
    salesforce.control("DELETE", "/objects/Contact/fields/NPS_Comment__c")
    published.post(CHECK)
    fields = {name: value for name, value in MAPPING["write"]["fields"].items() if name != "NPS_Comment__c"}
    published.put(ONE, {**MAPPING, "write": {**MAPPING["write"], "fields": fields}})
    assert published.post(f"{ONE}/publish").status == 200
    assert list(Pauses(settings.org_state_table()).of_org("production")) == []
    assert published.get("/admin/status").json["status"] == "green"


def test_what_no_longer_fits_can_neither_be_published_nor_rolled_back_to(
    published: Admin, salesforce: RunningOrg
) -> None:
    salesforce.control("DELETE", "/objects/Contact/fields/NPS_Comment__c")
    assert published.post(f"{ONE}/rollback", {"version": 1}).status == 422
    assert published.get(ONE).json["published"]["version"] == 1


def test_only_who_operates_may_have_an_org_checked(published: Admin, clients: dict[str, Admin]) -> None:
    assert clients["viewer"].post(CHECK).status == 403
    assert clients["operator"].post(CHECK).status == 200
    assert published.post("/admin/orgs/nowhere/check").status == 404


def findings(bridge: Bridge) -> dict[str, list[str]]:
    """What the doctor finds in the way, by what it has looked at."""
    told = bridge("doctor", "--json").json
    found: dict[str, list[str]] = {}
    for item in told["findings"]:
        if not item["ok"]:
            found.setdefault(item["check"], []).append(item["told"])
    return found


MISSING: list[tuple[str, dict[str, Any], str]] = [
    ("/permissions/Feedback_Bridge/fields/Contact.NPS_Score__c", {"read": True}, "lacks Edit access"),
    ("/permissions/Feedback_Bridge/fields/Contact.NPS_Score__c", {}, "no field NPS_Score__c, or our user may not see"),
    ("/permissions/Feedback_Bridge/objects/Contact", {"edit": False}, "the permission set needs Edit on Contact"),
    (
        "/permissions/Feedback_Bridge/objects/Contact",
        {"read": False, "edit": False, "create": False},
        "the org has no object Contact, or our user has no access to it",
    ),
]


@pytest.mark.parametrize(("path", "access", "words"), MISSING)
def test_the_doctor_names_the_missing_permission_and_is_content_when_it_is_given_back(
    bridge: Bridge, published: Admin, salesforce: RunningOrg, path: str, access: dict[str, Any], words: str
) -> None:
    assert findings(bridge) == {}
    salesforce.control("PUT", path, access)
    found = findings(bridge)
    assert list(found) == ["mapping nps-to-contact"]
    assert words in found["mapping nps-to-contact"][0]
    assert "paused since 2" in found["mapping nps-to-contact"][0]
    assert bridge("doctor").exit_code == 1
    salesforce.control("PUT", path, {"read": True, "edit": True} | ({"create": True} if "objects" in path else {}))
    assert findings(bridge) == {}
    assert bridge("doctor").exit_code == 0


def test_the_doctor_names_every_field_that_is_gone(bridge: Bridge, published: Admin, salesforce: RunningOrg) -> None:
    for name in ("NPS_Comment__c", "NPS_Score__c"):
        salesforce.control("DELETE", f"/objects/Contact/fields/{name}")
    told = " ".join(findings(bridge)["mapping nps-to-contact"])
    assert "NPS_Comment__c" in told
    assert "NPS_Score__c" in told


def test_an_automation_whose_escalation_no_longer_fits_is_told_of_until_a_version_that_fits_is_published(
    bridge: Bridge, published: Admin, salesforce: RunningOrg
) -> None:
    def publish(**escalated: Any) -> None:
        escalate = {"after_minutes": 60, "notify": [{"event": {"name": "NPS", "text": escalated}}]}
        one = f"/admin/automations/{RESCUE['id']}"
        assert published.put(one, {**RESCUE, "escalate": escalate}).json["problems"] == []
        assert published.post(f"{one}/publish").status == 200

    publish(lookup={"object": "User", "by": {"Id": "signal.owner_id"}, "select": "Phone"})
    assert findings(bridge) == {}
    salesforce.control("DELETE", "/objects/User/fields/Phone")
    (told,) = findings(bridge)["automation rescue"]
    assert told.startswith("escalate.notify[0].event.text")
    assert "paused since 2" in told
    parts = {part["name"]: part for part in published.get("/admin/status").json["parts"]}
    assert (parts["rescue"]["status"], "Phone" in parts["rescue"]["reason"]) == ("red", True)
    publish(template="{{ nps.comment }}")
    assert list(Pauses(settings.org_state_table()).of_org("production")) == []
    assert findings(bridge) == {}


def test_a_secret_that_no_longer_lets_us_in_is_told_while_an_earlier_login_still_works(
    bridge: Bridge, published: Admin
) -> None:
    assert published.post(CHECK).json["login_problem"] is None
    bridge("secrets", "set", "salesforce-production", stdin='{"client_id": "x"}')
    assert published.get("/admin/status").json["status"] == "green"
    assert "must be JSON with" in findings(bridge)["org production"][0]
