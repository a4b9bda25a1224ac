"""From a mapping and a feedback to what is written."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.mapping.compiled import CompiledMapping, compile_mapping, objects_of
from feedback_bridge.mapping.document import parse_mapping
from feedback_bridge.mapping.outcome import Rejected, Skipped
from feedback_bridge.mapping.plan import Plan, Resolved
from feedback_bridge.mapping.read import RecordQuery
from feedback_bridge.mapping.write import Write
from tests.unit.test_mapping_schemas import CONTACT_ID, ORG, TOKYO

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FEEDBACK: dict[str, Any] = {
    "id": "typeform-main:01HX",
    "type": "survey_response",
    "source": "typeform-main",
    "occurred_at": "2026-11-21T03:04:05Z",
    "received_at": "2026-11-21T03:04:06Z",
    "respondent": {"email": "hana@example.jp", "name": "山田 花子"},
    "survey": {"name": "満足度調査", "language": "ja"},
    "answers": {"topics": {"value": ["price"], "label": ["Price"]}, "why": {"value": "とても早い"}},
    "embedded": {"tier": "gold", "rep_email": "rep@example.jp", "contact_id": CONTACT_ID},
    "nps": {"score": 9, "band": "promoter", "label": "promoter", "normalised": 1, "comment": "とても早い"},
}


def mapping(**changes: Any) -> dict[str, Any]:
    write = {"org": "production", "object": "Contact", **changes.pop("write", {})}
    return {
        "kind": "mapping", "id": "nps", "source": "typeform-main", "on": "survey_response", "write": write, **changes,
    }  # fmt: skip


def compiled(document: dict[str, Any]) -> CompiledMapping:
    return compile_mapping(parse_mapping(document), ORG, TOKYO)


def planned(document: dict[str, Any], feedback: dict[str, Any] = FEEDBACK) -> Plan:
    plan = compiled(document).plan(feedback, NOW)
    assert isinstance(plan, Plan), plan
    return plan


def written(document: dict[str, Any], *answers: list[dict[str, Any]], feedback: dict[str, Any] = FEEDBACK) -> Write:
    resolved = planned(document, feedback).resolve(answers)
    assert isinstance(resolved, Resolved), resolved
    (write,) = resolved.writes
    return write


def without(path: str) -> dict[str, Any]:
    feedback = copy.deepcopy(FEEDBACK)
    *parents, last = path.split(".")
    place = feedback
    for key in parents:
        place = place[key]
    del place[last]
    return feedback


UPDATE = {
    "operation": "update",
    "match": {"fields": {"Email": "respondent.email"}},
    "fields": {"NPS_Score__c": {"from": "nps.score"}},
}
BY_ID = {"field": "Id", "value": "embedded.contact_id"}
INSERT = {"object": "Survey_Response__c", "operation": "insert"}


def test_an_insert_has_a_path_a_constant_a_template_and_a_table() -> None:
    fields = {
        "LastName": {"from": "respondent.name"},
        "NPS_Source__c": {"value": "Typeform"},
        "Description": {"template": "{{ survey.name }}: {{ nps.score }}"},
        "NPS_Band__c": {"from": "nps.label", "map": {"promoter": "Promoter", "passive": "Passive"}},
        "NPS_Date__c": {"from": "occurred_at"},
    }
    write = written(mapping(write={"operation": "insert", "fields": fields}))
    assert write.operation == "insert"
    assert write.fields == {
        "LastName": "山田 花子",
        "NPS_Source__c": "Typeform",
        "Description": "満足度調査: 9",
        "NPS_Band__c": "Promoter",
        "NPS_Date__c": "2026-11-21T03:04:05.000+0000",
    }


def test_an_upsert_by_external_id_keeps_its_key_out_of_the_fields() -> None:
    rule = {
        "object": "Survey_Response__c",
        "operation": "upsert",
        "key": {"field": "Response_Id__c", "value": "feedback.id"},
        "fields": {"Response_Id__c": {"from": "id"}, "Score__c": {"from": "nps.score"}},
    }
    plan = planned(mapping(write=rule))
    assert plan.queries == ()
    assert plan.feedback_id == "typeform-main:01HX"
    write = written(mapping(write=rule))
    assert write.external_id == ("Response_Id__c", "typeform-main:01HX")
    assert write.fields == {"Score__c": 9}


def test_an_update_by_match_asks_for_the_record_first() -> None:
    document = mapping(write=UPDATE)
    assert planned(document).queries == (RecordQuery("Contact", (("Email", "hana@example.jp"),)),)
    write = written(document, [{"Id": CONTACT_ID}])
    assert (write.operation, write.record_id, write.fields) == ("update", CONTACT_ID, {"NPS_Score__c": 9})


def test_an_update_by_an_id_of_fifteen_characters_needs_no_question() -> None:
    feedback = copy.deepcopy(FEEDBACK)
    feedback["embedded"]["contact_id"] = CONTACT_ID[:15]
    rule = {**UPDATE, "key": {"field": "Id", "value": "embedded.contact_id"}}
    del rule["match"]
    assert written(mapping(write=rule), feedback=feedback).record_id == CONTACT_ID


def test_a_path_that_finds_nothing_leaves_the_field_alone() -> None:
    rule = {**UPDATE, "fields": {**UPDATE["fields"], "NPS_Comment__c": {"from": "nps.comment"}}}
    write = written(mapping(write=rule), [{"Id": CONTACT_ID}], feedback=without("nps.comment"))
    assert write.fields == {"NPS_Score__c": 9}


def test_clearing_a_field_is_asked_for() -> None:
    comment = {"from": "nps.comment", "if_absent": None}
    rule = {**UPDATE, "fields": {**UPDATE["fields"], "NPS_Comment__c": comment}}
    write = written(mapping(write=rule), [{"Id": CONTACT_ID}], feedback=without("nps.comment"))
    assert write.fields == {"NPS_Score__c": 9, "NPS_Comment__c": None}


def test_a_match_without_a_value_never_becomes_a_wider_query() -> None:
    rule = {**UPDATE, "match": {"fields": {"Email": "respondent.email", "LastName": "respondent.name"}}}
    outcome = compiled(mapping(write=rule)).plan(without("respondent.email"), NOW)
    assert outcome == Skipped("no Contact to write to: Email: the feedback has none")


@pytest.mark.parametrize(
    ("on_many", "records"),
    [("newest", ["003b"]), ("oldest", ["003a"]), ("all", ["003a", "003b"])],
)
def test_several_records_are_told_apart_by_the_policy(on_many: str, records: list[str]) -> None:
    rule = {**UPDATE, "match": {**UPDATE["match"], "on_many": on_many}}
    rows = [
        {"Id": "003a", "CreatedDate": "2025-01-01T00:00:00.000+0000"},
        {"Id": "003b", "CreatedDate": "2026-01-01T00:00:00.000+0000"},
    ]
    resolved = planned(mapping(write=rule)).resolve([rows])
    assert isinstance(resolved, Resolved)
    assert [write.record_id for write in resolved.writes] == records


def test_several_records_are_refused_unless_a_policy_says_otherwise() -> None:
    outcome = planned(mapping(write=UPDATE)).resolve([[{"Id": "a"}, {"Id": "b"}]])
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "Contact cannot be told apart: 2 records match"


def test_one_feedback_does_not_write_more_records_than_its_delivery_can_name() -> None:
    rule = {**UPDATE, "match": {**UPDATE["match"], "on_many": "all"}}
    rows = [{"Id": f"{number:015}AAA", "Email": "hana@example.jp"} for number in range(501)]
    outcome = planned(mapping(write=rule)).resolve([rows])
    assert isinstance(outcome, Rejected)
    assert "501 records match, and one feedback writes at most 500" in outcome.reason
    found = planned(mapping(write=rule)).resolve([rows[1:]])
    assert isinstance(found, Resolved)
    assert len(found.writes) == 500


@pytest.mark.parametrize(("on_none", "kind"), [("skip", Skipped), ("fail", Rejected)])
def test_no_record_skips_or_fails_as_the_mapping_says(on_none: str, kind: type) -> None:
    rule = {**UPDATE, "match": {**UPDATE["match"], "on_none": on_none}}
    assert isinstance(planned(mapping(write=rule)).resolve([[]]), kind)


def test_a_record_that_was_not_found_is_made_with_what_it_was_looked_for_by() -> None:
    fields = {"LastName": {"from": "respondent.name"}, "NPS_Score__c": {"from": "nps.score"}}
    rule = {**UPDATE, "operation": "upsert", "fields": fields}
    write = written(mapping(write=rule), [])
    assert write.operation == "insert"
    assert write.fields == {"Email": "hana@example.jp", "LastName": "山田 花子", "NPS_Score__c": 9}


def test_a_new_record_without_a_required_field_is_refused_before_salesforce_is_asked() -> None:
    rule = {"operation": "insert", "fields": {"LastName": {"from": "respondent.last_name"}}}
    outcome = compiled(mapping(write=rule)).plan(FEEDBACK, NOW)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "LastName is required for a new Contact and has no value"


def test_a_value_that_cannot_be_searched_for_makes_no_record() -> None:
    feedback = copy.deepcopy(FEEDBACK)
    feedback["respondent"]["email"] = "hana at example"
    rule = {**UPDATE, "operation": "upsert", "fields": {"LastName": {"value": "山田"}}}
    outcome = compiled(mapping(write=rule)).plan(feedback, NOW)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == (
        "Contact cannot be found: Email: the value is not an e-mail address that Salesforce accepts"
    )


def test_a_plan_tells_what_each_question_is_for() -> None:
    lookup = {"object": "User", "by": {"Email": "embedded.rep_email"}}
    rule = {**UPDATE, "fields": {"Account_Rep__c": {"lookup": lookup}}}
    assert planned(mapping(write=rule)).purposes == ("Contact", "Account_Rep__c")


def test_only_if_empty_leaves_what_the_record_has() -> None:
    fields = {**UPDATE["fields"], "Description": {"value": "アンケート回答", "only_if_empty": True}}
    document = mapping(write={**UPDATE, "fields": fields})
    assert planned(document).queries[0].select == ("Description",)
    assert "Description" not in written(document, [{"Id": CONTACT_ID, "Description": "VIP"}]).fields
    assert written(document, [{"Id": CONTACT_ID, "Description": None}]).fields["Description"] == "アンケート回答"


def test_a_lookup_puts_the_id_of_another_record_into_the_field() -> None:
    lookup = {"object": "User", "by": {"Email": "embedded.rep_email"}, "on_none": "null"}
    rule = {**UPDATE, "fields": {"Account_Rep__c": {"lookup": lookup}}}
    document = mapping(write=rule)
    user = "0055g00000ABCDeAAP"
    assert written(document, [{"Id": CONTACT_ID}], [{"Id": user}]).fields == {"Account_Rep__c": user}
    assert written(document, [{"Id": CONTACT_ID}], []).fields == {"Account_Rep__c": None}


def test_a_lookup_without_anything_to_look_up_by_leaves_the_field_alone() -> None:
    lookup = {"object": "User", "by": {"Email": "embedded.rep_email"}, "on_none": "null"}
    rule = {**UPDATE, "fields": {**UPDATE["fields"], "Account_Rep__c": {"lookup": lookup}}}
    write = written(mapping(write=rule), [{"Id": CONTACT_ID}], feedback=without("embedded.rep_email"))
    assert write.fields == {"NPS_Score__c": 9}


def test_a_value_that_does_not_fit_is_refused_without_being_repeated() -> None:
    feedback = copy.deepcopy(FEEDBACK)
    feedback["nps"] |= {"score": "山田の秘密", "label": "secret"}
    fields = {**UPDATE["fields"], "NPS_Band__c": {"from": "nps.label"}}
    outcome = compiled(mapping(write={**UPDATE, "fields": fields})).plan(feedback, NOW)
    assert isinstance(outcome, Rejected)
    assert [problem.field for problem in outcome.problems] == ["NPS_Score__c", "NPS_Band__c"]
    assert "秘密" not in outcome.reason
    assert "secret" not in outcome.reason


def test_feedback_that_the_condition_excludes_is_skipped_with_the_reason() -> None:
    when = {"all": [{"path": "nps.score", "op": "exists"}, {"path": "embedded.tier", "op": "in", "value": ["silver"]}]}
    outcome = compiled(mapping(when=when, write=UPDATE)).plan(FEEDBACK, NOW)
    assert outcome == Skipped('when.all[1]: embedded.tier in ["silver"] does not hold')


def test_an_unreadable_score_is_said_on_the_delivery_while_the_rest_goes_through() -> None:
    feedback = copy.deepcopy(FEEDBACK)
    feedback["nps"] = {"given": 11, "problem": "the score is not between 0 and 10", "comment": "速い"}
    rule = {**UPDATE, "fields": {**UPDATE["fields"], "NPS_Comment__c": {"from": "nps.comment"}}}
    resolved = planned(mapping(write=rule), feedback).resolve([[{"Id": CONTACT_ID}]])
    assert isinstance(resolved, Resolved)
    assert resolved.warnings == ("NPS: the score is not between 0 and 10",)
    assert resolved.writes[0].fields == {"NPS_Comment__c": "速い"}


def test_what_follows_points_to_the_record_just_written() -> None:
    task = {
        "object": "Task",
        "operation": "insert",
        "fields": {
            "WhoId": {"record": "Id"},
            "OwnerId": {"record": "Account.OwnerId"},
            "Subject": {"value": "お客様に電話する"},
        },
    }
    document = mapping(write=UPDATE, then=[{"write": task}])
    assert objects_of(parse_mapping(document)) == {"Contact", "Task"}
    resolved = planned(document).resolve([[{"Id": CONTACT_ID}]])
    assert isinstance(resolved, Resolved)
    (child,) = resolved.children([CONTACT_ID])
    assert isinstance(child, Plan)
    assert (child.effect, child.parent_id) == ("then[0]", CONTACT_ID)
    assert child.queries == (RecordQuery("Contact", (("Id", CONTACT_ID),), select=("Account.OwnerId",)),)
    owner = "0055g00000ABCDeAAP"
    final = child.resolve([[{"Id": CONTACT_ID, "Account": {"OwnerId": owner}}]])
    assert isinstance(final, Resolved)
    assert final.writes[0].fields == {"WhoId": CONTACT_ID, "OwnerId": owner, "Subject": "お客様に電話する"}


def test_a_campaign_member_is_added_once_and_changed_afterwards() -> None:
    then = [{"campaign_member": {"campaign": "701000000000001AAA", "status": "Responded"}}]
    resolved = planned(mapping(write=UPDATE, then=then)).resolve([[{"Id": CONTACT_ID}]])
    assert isinstance(resolved, Resolved)
    (child,) = resolved.children([CONTACT_ID])
    assert isinstance(child, Plan)
    status = [{"Id": "01Y000000000001AAA", "Label": "Responded"}]
    first, again = child.resolve([[], status]), child.resolve([[{"Id": "00v000000000001AAA"}], status])
    assert isinstance(first, Resolved)
    assert isinstance(again, Resolved)
    assert first.writes[0].fields == {
        "CampaignId": "701000000000001AAA", "ContactId": CONTACT_ID, "Status": "Responded",
    }  # fmt: skip
    assert (again.writes[0].operation, again.writes[0].fields) == ("update", {"Status": "Responded"})


def test_a_member_status_that_the_campaign_does_not_have_is_refused_and_never_becomes_its_default() -> None:
    then = [{"campaign_member": {"campaign": "701000000000001AAA", "status": {"from": "nps.comment"}}}]
    resolved = planned(mapping(write=UPDATE, then=then)).resolve([[{"Id": CONTACT_ID}]])
    assert isinstance(resolved, Resolved)
    (child,) = resolved.children([CONTACT_ID])
    assert isinstance(child, Plan)
    assert child.queries[1].where == (("CampaignId", "701000000000001AAA"), ("Label", FEEDBACK["nps"]["comment"]))
    refused = child.resolve([[], []])
    assert isinstance(refused, Rejected)
    assert refused.reason == "Status is looked up, and no CampaignMemberStatus matches"


def test_a_child_that_cannot_be_written_refuses_the_whole_before_anything_is_written() -> None:
    task = {"object": "Task", "operation": "insert", "fields": {"ActivityDate": {"from": "nps.comment"}}}
    outcome = compiled(mapping(write=UPDATE, then=[{"write": task}])).plan(FEEDBACK, NOW)
    assert isinstance(outcome, Rejected)
    assert outcome.problems[0].field == "Task.ActivityDate"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"fields": {"NPS_Skore__c": {"from": "nps.score"}}}, "write.fields.NPS_Skore__c"),
        ({"fields": {"Full_Name__c": {"from": "respondent.name"}}}, "write.fields.Full_Name__c"),
        ({"fields": {"NPS_Band__c": {"value": "Fan"}}}, "write.fields.NPS_Band__c.value"),
        ({"fields": {"NPS_Band__c": {"from": "nps.band", "map": {"a": "Fan"}}}}, "write.fields.NPS_Band__c.map.a"),
        ({"fields": {"Newsletter__c": {"from": "embedded.mail", "if_absent": None}}}, "write.fields.Newsletter__c"),
        ({"object": "Contakt"}, "write.object"),
        ({"key": {"field": "LastName", "value": "respondent.name"}, "match": None}, "write.key.field"),
        ({"operation": "insert", "match": None}, "write.fields"),
        ({"operation": "delete", "match": None, "fields": {}, "key": BY_ID}, "write.operation"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_org_is_named_by_its_path(change: dict[str, Any], path: str) -> None:
    rule = {key: value for key, value in {**UPDATE, **change}.items() if value is not None}
    with pytest.raises(InvalidDocument) as caught:
        compiled(mapping(write=rule))
    assert [problem.path for problem in caught.value.problems] == [path]
