"""What stands in the way of publishing a mapping, as its author reads it."""

from typing import Any

import pytest

from feedback_bridge.mapping.checks import Known, check
from feedback_bridge.mapping.compiled import compile_mapping
from feedback_bridge.mapping.document import parse_mapping
from feedback_bridge.mapping.scope import OrgTraits
from tests.unit.test_mapping_schemas import ORG, TOKYO, made

NOTHING_KNOWN = Known()
MATCH = {"fields": {"Email": "respondent.email"}}


def document(write: dict[str, Any], **changes: Any) -> dict[str, Any]:
    rule = {"org": "production", "object": "Contact", "operation": "update", **write}
    if rule["operation"] in ("update", "upsert") and "key" not in rule:
        rule.setdefault("match", MATCH)
    return {"kind": "mapping", "id": "m", "source": "typeform-main", "on": "survey_response", "write": rule, **changes}


def problems(
    write: dict[str, Any], known: Known = NOTHING_KNOWN, org: OrgTraits = TOKYO, **changes: Any
) -> dict[str, str]:
    found = check(parse_mapping(document(write, **changes)), ORG, org, known)
    return {problem.path: problem.message for problem in found}


def only(write: dict[str, Any], known: Known = NOTHING_KNOWN, **changes: Any) -> tuple[str, str]:
    ((path, message),) = problems(write, known, **changes).items()
    return path, message


def test_a_mapping_that_fits_has_no_problem_and_compiles() -> None:
    rule = {"fields": {"NPS_Score__c": {"from": "nps.score"}, "NPS_Date__c": {"from": "occurred_at"}}}
    known = Known(sources={"typeform-main"}, orgs={"production"})
    assert problems(rule, known) == {}
    compile_mapping(parse_mapping(document(rule)), ORG, TOKYO)


def test_an_unknown_source_and_org_are_named_with_the_nearest_one() -> None:
    known = Known(sources={"typeform-mein"}, orgs={"produktion"})
    assert problems({"fields": {"NPS_Score__c": {"from": "nps.score"}}}, known) == {
        "source": "there is no source typeform-main; did you mean typeform-mein?",
        "write.org": "there is no org production; did you mean produktion?",
    }


def test_a_misspelt_field_is_answered_with_the_nearest_one() -> None:
    path, message = only({"fields": {"NPS_Skore__c": {"from": "nps.score"}}})
    assert path == "write.fields.NPS_Skore__c"
    assert message.endswith("did you mean NPS_Score__c?")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("respondant.email", "did you mean respondent?"),
        ("nps.skore", "did you mean score?"),
        ("answers.why", "answers.why.value"),
        ("answers.why.valu", "did you mean value?"),
    ],
)
def test_a_path_that_can_never_find_a_value_is_a_problem(path: str, words: str) -> None:
    place, message = only({"fields": {"Description": {"from": path}}})
    assert place == "write.fields.Description.from"
    assert words in message


@pytest.mark.parametrize(
    "path", ["answers.why.value", "answers.why.label", "embedded.x.y", "form.a", "nps.comment", "id"]
)
def test_a_path_that_may_find_a_value_is_no_problem(path: str) -> None:
    assert problems({"fields": {"Description": {"from": path}}}) == {}


def test_paths_are_checked_wherever_they_stand() -> None:
    bad = "respondant.email"
    rule = {
        "match": {"fields": {"Email": bad}},
        "fields": {
            "Description": {"template": "{{ respondant.email }}"},
            "LastName": {"first_of": ["respondent.name", bad]},
            "Account_Rep__c": {"lookup": {"object": "User", "by": {"Email": bad}}},
        },
    }
    when = {"any": [{"not": {"path": bad, "op": "exists"}}]}
    assert set(problems(rule, when=when)) == {
        "when.any[0].not.path",
        "write.match.fields.Email",
        "write.fields.Description.template",
        "write.fields.LastName.first_of[1]",
        "write.fields.Account_Rep__c.lookup.by.Email",
    }


def test_values_that_a_restricted_picklist_lacks_come_with_a_table_to_paste() -> None:
    path, message = only(
        {"fields": {"NPS_Band__c": {"from": "survey.channel"}}}, Known(values={"survey.channel": ["Promotor", "上昇"]})
    )
    assert path == "write.fields.NPS_Band__c"
    assert 'map: {"Promotor": "Promoter", "上昇": …}' in message


def test_a_wrong_value_of_a_value_table_is_told_once_and_then_what_the_table_lacks() -> None:
    rule = {"fields": {"NPS_Band__c": {"from": "nps.band", "map": {"promoter": "Promotor"}}}}
    found = problems(rule)
    assert set(found) == {"write.fields.NPS_Band__c.map.promoter", "write.fields.NPS_Band__c"}
    assert found["write.fields.NPS_Band__c"].startswith("nps.band can be passive, which is not in the value table")


def test_a_picklist_takes_values_that_differ_only_in_case() -> None:
    assert problems({"fields": {"NPS_Band__c": {"from": "nps.band"}}}) == {}


def test_a_type_that_cannot_take_what_the_path_holds_is_a_problem() -> None:
    path, message = only({"fields": {"Birthdate": {"from": "nps.score"}}})
    assert path == "write.fields.Birthdate"
    assert message.startswith("nps.score can be 0, which is a number")


def test_a_constant_is_tried_on_its_field() -> None:
    _, message = only(
        {"object": "Case", "match": {"fields": {"Subject": "survey.name"}}, "fields": {"CSAT__c": {"value": 100}}}
    )
    assert "is not between -99 and 99" in message


def test_missing_permissions_are_named() -> None:
    locked = {**ORG, "Case": made("Case", *ORG["Case"].fields.values(), updateable=False, queryable=False)}
    rule = {
        "object": "Case",
        "match": {"fields": {"Subject": "survey.name"}},
        "fields": {"CSAT__c": {"from": "nps.score"}},
    }
    found = check(parse_mapping(document(rule)), locked, TOKYO)
    assert [problem.message.rpartition("; ")[2] for problem in found] == [
        "the permission set needs Edit on Case",
        "the permission set needs Read on Case",
    ]


def test_deleting_needs_the_orgs_consent() -> None:
    rule = {"operation": "delete", "key": {"field": "Customer_No__c", "value": "embedded.customer"}}
    path, message = only(rule)
    assert path == "write.operation"
    assert "allow_delete: true" in message
    assert problems(rule, org=OrgTraits("Asia/Tokyo", allow_delete=True)) == {}


def test_a_lead_from_a_form_needs_the_e_mail() -> None:
    fields = {"LastName": {"from": "form.name"}, "Company": {"value": "-"}}
    rule = {"object": "Lead", "operation": "insert", "fields": fields}
    path, message = only(rule, on="form_submission")
    assert path == "write.fields"
    assert message.startswith("Email is not mapped")
    assert problems(rule) == {}


def test_a_record_just_written_exists_only_for_what_follows() -> None:
    path, message = only({"fields": {"Description": {"record": "Description"}}})
    assert path == "write.fields.Description"
    assert "only a write in then" in message


def test_a_campaign_takes_only_leads_and_contacts() -> None:
    rule = {
        "object": "Survey_Response__c",
        "operation": "upsert",
        "key": {"field": "Response_Id__c", "value": "id"},
        "fields": {"Score__c": {"from": "nps.score"}},
    }
    then = [{"campaign_member": {"campaign": "701000000000001AAA"}}]
    path, _ = only(rule, then=then)
    assert path == "then[0].campaign_member"
