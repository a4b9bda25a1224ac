"""Leads that were converted, Chatter posts, deletes, and the policies that a write carries."""

from datetime import UTC, datetime
from typing import Any

import pytest

from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.mapping.compiled import CompiledMapping, compile_mapping, objects_of
from feedback_bridge.mapping.document import parse_mapping
from feedback_bridge.mapping.outcome import Rejected, Skipped
from feedback_bridge.mapping.plan import Plan, Resolved
from feedback_bridge.mapping.scope import OrgTraits
from feedback_bridge.mapping.write import Write
from tests.unit.test_mapping_schemas import CONTACT_ID, ORG

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
FEEDBACK: dict[str, Any] = {
    "id": "s:1",
    "respondent": {"email": "hana@example.jp"},
    "embedded": {"case_id": "500000000000001AAA", "customer": "C-1"},
    "nps": {"score": 9, "comment": "良い"},
}
OPEN = {"Id": "00Q000000000001AAA", "IsConverted": False, "ConvertedContactId": None}
CONVERTED = {"Id": "00Q000000000002AAA", "IsConverted": True, "ConvertedContactId": CONTACT_ID}
LEAD = {
    "object": "Lead",
    "operation": "update",
    "match": {"fields": {"Email": "respondent.email"}},
    "fields": {"NPS_Score__c": {"from": "nps.score"}, "Company": {"value": "会社"}},
}


def compiled(rule: dict[str, Any], then: list[dict[str, Any]] | None = None) -> CompiledMapping:
    document = {
        "kind": "mapping", "id": "m", "source": "*", "on": "survey_response", "write": {"org": "o", **rule},
        "then": then or [],
    }  # fmt: skip
    return compile_mapping(parse_mapping(document), ORG, OrgTraits("Asia/Tokyo", allow_delete=True))


def planned(rule: dict[str, Any], **more: Any) -> Plan:
    plan = compiled(rule, **more).plan(FEEDBACK, NOW)
    assert isinstance(plan, Plan), plan
    return plan


def written(rule: dict[str, Any], *answers: list[dict[str, Any]]) -> Write:
    resolved = planned(rule).resolve(answers)
    assert isinstance(resolved, Resolved), resolved
    (write,) = resolved.writes
    return write


def test_a_lead_that_was_not_converted_is_written_as_any_record() -> None:
    assert planned(LEAD).queries[0].select == ("IsConverted", "ConvertedContactId")
    assert written(LEAD, [OPEN]).record_id == OPEN["Id"]


def test_a_converted_lead_is_followed_to_its_contact_with_the_fields_that_both_have() -> None:
    resolved = planned(LEAD).resolve([[CONVERTED]])
    assert isinstance(resolved, Resolved)
    (write,) = resolved.writes
    assert (write.object, write.record_id, write.fields) == ("Contact", CONTACT_ID, {"NPS_Score__c": 9})
    assert resolved.warnings == ("Company: left out, because the lead was converted and its contact has no such field",)


def test_an_open_lead_is_preferred_to_a_converted_one() -> None:
    assert written(LEAD, [CONVERTED, OPEN]).record_id == OPEN["Id"]


def test_leads_converted_to_one_contact_are_one_record() -> None:
    twin = {**CONVERTED, "Id": "00Q000000000003AAA"}
    assert written(LEAD, [CONVERTED, twin]).record_id == CONTACT_ID


def test_only_if_empty_looks_at_the_contact_of_a_converted_lead() -> None:
    rule = {**LEAD, "fields": {**LEAD["fields"], "Phone": {"value": "03-1111-2222", "only_if_empty": True}}}
    assert "ConvertedContact.Phone" in planned(rule).queries[0].select
    full = {**CONVERTED, "ConvertedContact": {"Phone": "090"}}
    empty = {**CONVERTED, "ConvertedContact": {"Phone": None}}
    assert "Phone" not in written(rule, [full]).fields
    assert written(rule, [empty]).fields["Phone"] == "03-1111-2222"


@pytest.mark.parametrize(("policy", "kind"), [("skip", Skipped), ("fail", Rejected)])
def test_a_converted_lead_can_also_skip_or_fail(policy: str, kind: type) -> None:
    outcome = planned({**LEAD, "converted": policy}).resolve([[CONVERTED]])
    assert isinstance(outcome, kind)
    assert "converted" in outcome.reason  # type: ignore[attr-defined]


def test_a_converted_lead_becomes_a_campaign_member_as_the_contact_it_is() -> None:
    then = [{"campaign_member": {"campaign": {"from": "embedded.campaign"}, "status": "Responded"}}]
    feedback = {**FEEDBACK, "embedded": {"campaign": "701000000000001AAA"}}
    plan = compiled(LEAD, then).plan(feedback, NOW)
    assert isinstance(plan, Plan)
    resolved = plan.resolve([[CONVERTED]])
    assert isinstance(resolved, Resolved)
    (child,) = resolved.children([CONTACT_ID])
    assert isinstance(child, Plan)
    member = child.resolve([[], [{"Id": "01Y000000000001AAA", "Label": "Responded"}]])
    assert isinstance(member, Resolved)
    assert member.writes[0].fields["ContactId"] == CONTACT_ID


def test_a_lookup_of_a_converted_lead_points_to_its_contact() -> None:
    lookup = {"object": "Lead", "by": {"Email": "respondent.email"}}
    rule = {
        "object": "Task",
        "operation": "insert",
        "fields": {"WhoId": {"lookup": lookup}, "Subject": {"value": "電話"}},
    }
    assert written(rule, [CONVERTED]).fields["WhoId"] == CONTACT_ID


def test_a_chatter_post_is_put_on_the_record_that_was_found() -> None:
    rule = {
        "object": "Case",
        "operation": "chatter_post",
        "key": {"field": "Id", "value": "embedded.case_id"},
        "fields": {"Body": {"template": "NPS {{ nps.score }}: {{ nps.comment }}"}},
    }
    document = parse_mapping(
        {"kind": "mapping", "id": "m", "source": "*", "on": "survey_response", "write": {"org": "o", **rule}}
    )
    assert objects_of(document) == {"Case", "FeedItem"}
    write = written(rule)
    assert (write.object, write.operation, write.parents) == ("FeedItem", "chatter_post", ("500000000000001AAA",))
    assert write.fields == {"ParentId": "500000000000001AAA", "Body": "NPS 9: 良い"}


def test_an_empty_chatter_post_is_not_posted() -> None:
    rule = {
        "object": "Case",
        "operation": "chatter_post",
        "key": {"field": "Id", "value": "embedded.case_id"},
        "fields": {"Body": {"from": "nps.summary"}},
    }
    assert planned(rule).resolve() == Skipped("none of the fields has a value in the feedback")


def test_a_chatter_post_can_follow_on_the_record_just_written() -> None:
    post = {"object": "Contact", "operation": "chatter_post", "fields": {"Body": {"from": "nps.comment"}}}
    rule = {**LEAD, "object": "Contact", "fields": {"NPS_Score__c": {"from": "nps.score"}}}
    resolved = planned(rule, then=[{"write": post}]).resolve([[{"Id": CONTACT_ID}]])
    assert isinstance(resolved, Resolved)
    (child,) = resolved.children([CONTACT_ID])
    assert isinstance(child, Plan)
    final = child.resolve()
    assert isinstance(final, Resolved)
    assert final.writes[0].fields == {"ParentId": CONTACT_ID, "Body": "良い"}


def test_a_delete_finds_its_record_by_external_id_and_then_names_it_by_id() -> None:
    rule = {
        "object": "Contact",
        "operation": "delete",
        "key": {"field": "Customer_No__c", "value": "embedded.customer"},
    }
    write = written(rule, [{"Id": CONTACT_ID}])
    assert (write.operation, write.record_id, write.fields) == ("delete", CONTACT_ID, {})
    assert planned(rule).resolve([[]]) == Skipped("no Contact was found by Customer_No__c")


def test_a_delete_without_a_key_is_refused_when_it_is_written() -> None:
    with pytest.raises(InvalidDocument, match="problems"):
        compiled({"object": "Contact", "operation": "delete", "match": {"fields": {"Email": "respondent.email"}}})


def test_policies_travel_with_the_write() -> None:
    rule = {**LEAD, "duplicates": "use_match", "assignment_rules": True}
    write = written(rule, [OPEN])
    assert (write.duplicates, write.assign) == ("use_match", True)
    assert written(LEAD, [OPEN]).assign is False, "an update does not hand the lead to somebody else"


def test_an_upsert_by_id_makes_a_record_when_the_feedback_has_no_id() -> None:
    rule = {
        "object": "Contact",
        "operation": "upsert",
        "key": {"field": "Id", "value": "respondent.salesforce_id"},
        "fields": {"LastName": {"value": "山田"}, "Customer_No__c": {"from": "embedded.customer", "only_on": "insert"}},
    }
    assert written(rule).operation == "insert"
    known = compiled(rule).plan({**FEEDBACK, "respondent": {"salesforce_id": CONTACT_ID}}, NOW)
    assert isinstance(known, Plan)
    resolved = known.resolve()
    assert isinstance(resolved, Resolved)
    assert (resolved.writes[0].operation, resolved.writes[0].fields) == ("update", {"LastName": "山田"})


def test_an_upsert_by_external_id_without_a_value_is_refused() -> None:
    rule = {
        "object": "Contact",
        "operation": "upsert",
        "key": {"field": "Customer_No__c", "value": "embedded.nothing"},
        "fields": {"LastName": {"value": "山田"}},
    }
    outcome = compiled(rule).plan(FEEDBACK, NOW)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "Contact cannot be found: Customer_No__c: the feedback has none"
