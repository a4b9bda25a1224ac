"""The nightly function: an org changes under mappings that nobody touched, and is mended again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from feedback_bridge.aws.pauses import Pause, Pauses
from feedback_bridge.errors import TransientError
from feedback_bridge.feedback.facts import MappingPaused, MappingResumed
from feedback_bridge.runtime import drift, settings
from functions.drift_check.app import handler

if TYPE_CHECKING:
    from tests.integration.mapping_in_use import InUse

pytest_plugins = ["tests.integration.mapping_in_use"]

CONTEXT = SimpleNamespace(
    function_name="drift", memory_limit_in_mb=1, invoked_function_arn="arn:aws:lambda:x", aws_request_id="1"
)
TO_CONTACT = """
    id: to-contact
    write:
      object: Contact
      operation: update
      match: {fields: {Email: respondent.email}}
      fields:
        NPS_Score__c: {from: nps.score}
        NPS_Band__c: {from: nps.band, map: {promoter: Promoter, passive: Passive, detractor: Detractor}}
        NPS_Comment__c: {from: nps.comment, too_long: truncate}
        Account_Rep__c: {lookup: {object: User, by: {Email: embedded.rep}}}
"""
TO_LEAD = """
    id: to-lead
    write:
      object: Lead
      operation: insert
      fields: {LastName: {from: respondent.name}, Company: {value: 個人}}
    then:
      - campaign_member: {campaign: {from: embedded.campaign}}
"""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is said on the bus."""
    facts: list[Any] = []
    monkeypatch.setattr(drift, "announce", lambda bus, said: facts.extend(said))
    return facts


def night() -> dict[str, Any]:
    return handler({}, CONTEXT)


def paused() -> dict[str, Pause]:
    return {pause.mapping: pause for pause in Pauses(settings.org_state_table()).of_org("production")}


@pytest.fixture
def mapped(bridge: InUse) -> InUse:
    bridge.publish(TO_CONTACT)
    bridge.publish(TO_LEAD)
    return bridge


def test_a_quiet_night_says_nothing(mapped: InUse, told: list[Any]) -> None:
    assert night() == {"checked": 2, "paused": 0}
    assert told == []


CHANGES: dict[str, tuple[str, str, Any, str]] = {
    "a field is removed": ("DELETE", "/objects/Contact/fields/NPS_Comment__c", None, "write.fields.NPS_Comment__c: "),
    "a field is retyped": (
        "PATCH",
        "/objects/Contact/fields/NPS_Score__c",
        {"type": "location"},
        "write.fields.NPS_Score__c: ",
    ),
    "a field is made read-only": (
        "PUT",
        "/permissions/Feedback_Bridge/fields/Contact.NPS_Score__c",
        {"read": True, "edit": False},
        "lacks Edit access",
    ),
    "a field is hidden": (
        "PUT",
        "/permissions/Feedback_Bridge/fields/Contact.NPS_Score__c",
        {"read": False, "edit": False},
        "no field NPS_Score__c, or our user may not see it",
    ),
    "a picklist value goes": (
        "DELETE",
        "/objects/Contact/fields/NPS_Band__c/values/Passive",
        None,
        "write.fields.NPS_Band__c.map.passive: ",
    ),
    "a permission goes": (
        "PUT",
        "/permissions/Feedback_Bridge/objects/Contact",
        {"edit": False},
        "the permission set needs Edit on Contact",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_broke_is_named_and_told_once(mapped: InUse, told: list[Any], change: str) -> None:
    method, path, body, words = CHANGES[change]
    mapped.salesforce.control(method, path, body)
    assert night() == {"checked": 2, "paused": 1}
    since = paused()["to-contact"].since
    assert night() == {"checked": 2, "paused": 1}
    (fact,) = told
    assert isinstance(fact, MappingPaused)
    assert (fact.mapping, fact.org) == ("to-contact", "production")
    assert words in fact.reason
    assert paused()["to-contact"] == Pause("production", "to-contact", fact.reason, since)


def test_a_new_required_field_breaks_inserts(mapped: InUse, told: list[Any]) -> None:
    field = {"name": "Consent__c", "label": "同意", "type": "string", "length": 20, "nillable": False}
    mapped.salesforce.control("POST", "/objects/Lead/fields", {**field, "grant": ["Feedback_Bridge"]})
    assert night()["paused"] == 1
    assert "Consent__c (同意) is required for a new Lead" in told[0].reason


def test_a_campaign_needs_the_marketing_user(mapped: InUse, told: list[Any]) -> None:
    username = mapped.salesforce.credentials["integration"]["username"]
    mapped.salesforce.control("PUT", f"/users/{username}", {"marketing_user": False})
    assert night()["paused"] == 1
    assert "Create on CampaignMember" in told[0].reason


def test_what_is_mended_resumes_and_is_told_once(mapped: InUse, told: list[Any]) -> None:
    mapped.grant("Contact", edit=False)
    night()
    mapped.grant("Contact", edit=True)
    assert night() == {"checked": 2, "paused": 0}
    night()
    assert [type(fact) for fact in told] == [MappingPaused, MappingResumed]
    assert paused() == {}


def test_a_mapping_that_is_switched_off_waits_for_nothing(mapped: InUse, told: list[Any]) -> None:
    mapped.grant("Contact", edit=False)
    night()
    mapped.configs.set_enabled("mapping", "to-contact", False)
    assert night() == {"checked": 1, "paused": 0}
    assert paused() == {}
    assert [type(fact) for fact in told] == [MappingPaused]


RESCUE = {
    "kind": "automation",
    "id": "rescue",
    "on": ["detractor"],
    "org": "production",
    "write": {
        "object": "Lead",
        "operation": "insert",
        "fields": {"LastName": {"value": "低評価"}, "Company": {"value": "-"}},
    },
    "notify": [
        {"event": {"name": "NPS", "text": {"lookup": {"object": "User", "by": {"Email": "id"}, "select": "Phone"}}}}
    ],
    "escalate": {"after_minutes": 60, "notify": [{"event": {"name": "NPS", "text": "{{ nps.comment }}"}}]},
}


def test_an_automation_that_no_longer_fits_is_paused_until_it_does_and_no_night_forgets_it(
    bridge: InUse, told: list[Any]
) -> None:
    bridge._put(RESCUE)
    assert night() == {"checked": 2, "paused": 0}
    bridge.grant("Lead", create=False)
    assert [night(), night()] == [{"checked": 2, "paused": 1}] * 2
    assert list(paused()) == ["automation.rescue"]
    bridge.grant("Lead", create=True)
    night()
    bridge.salesforce.control("DELETE", "/objects/User/fields/Phone")
    night()
    assert [type(fact) for fact in told] == [MappingPaused, MappingResumed, MappingPaused]
    assert told[2].reason.startswith("notify[0].event.text")
    bridge.configs.delete("automation", "rescue")
    night()
    assert paused() == {}


def test_what_this_version_cannot_read_stays_paused(bridge: InUse, told: list[Any]) -> None:
    newer = {"kind": "mapping", "id": "newer", "source": "*", "on": "survey_response", "write": {"org": "production"}}
    bridge._put(newer)
    bridge._put({**RESCUE, "colour": "blue"})
    assert [night(), night()] == [{"checked": 3, "paused": 3}] * 2
    assert list(paused()) == ["automation.rescue", "automation.rescue.escalation", "newer"]
    assert len(told) == 3
    bridge.configs.set_enabled("mapping", "newer", False)
    bridge._put(RESCUE)
    assert night() == {"checked": 2, "paused": 0}
    assert paused() == {}


def test_an_alert_that_the_bus_did_not_take_is_given_the_next_time(
    mapped: InUse, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped.grant("Contact", edit=False)

    def refuse(bus: str, facts: Any) -> None:
        raise TransientError("The event bus did not take the event.")

    with monkeypatch.context() as broken:
        broken.setattr(drift, "announce", refuse)
        with pytest.raises(TransientError):
            night()
    night()
    assert len(told) == 1


def test_an_org_that_is_away_pauses_nothing_and_the_function_fails_so_that_it_is_seen(
    mapped: InUse, told: list[Any]
) -> None:
    mapped.salesforce.control("POST", "/pause")
    try:
        with pytest.raises(TransientError, match="production"):
            night()
    finally:
        mapped.salesforce.control("POST", "/resume")
    assert (told, paused()) == ([], {})


def test_an_object_that_several_mappings_need_is_asked_for_once(mapped: InUse, told: list[Any]) -> None:
    for number in range(5):
        mapped.publish(TO_CONTACT.replace("to-contact", f"to-contact-{number}"))
    mapped.salesforce.control("DELETE", "/calls")
    assert night() == {"checked": 7, "paused": 0}
    assert mapped.salesforce.control("GET", "/calls")["total"] == 4, "Campaign Member, Contact, Lead, User"
