"""What publishing finds in the world around a mapping: what forms have offered, and the records that ids point to."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from feedback_bridge.aws.archive import Archive
from feedback_bridge.feedback.raw import Raw
from feedback_bridge.runtime import settings
from local.salesforce_org.running import RunningOrg
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import set_secret

ONE = "/admin/mappings/form"
FORM = {
    "kind": "source",
    "id": "lp",
    "type": "webhook",
    "secret": "lp",
    "feedback_type": "form_submission",
    "signature": {"header": "X-Signature", "algorithm": "sha256", "encoding": "hex"},
    "fields": {"id": "id", "email": "email", "name": "name"},
}
FIELDS: dict[str, Any] = {
    "LastName": {"from": "respondent.name"},
    "Company": {"value": "個人"},
    "Email": {"from": "respondent.email"},
}


def mapping(*, then: list[Any] | None = None, on: str = "form_submission", **fields: Any) -> dict[str, Any]:
    write = {"org": "production", "object": "Lead", "operation": "insert", "fields": {**FIELDS, **fields}}
    return {"kind": "mapping", "id": "form", "source": "lp", "on": on, "write": write, "then": then or []}


def submitted(number: int, **answers: Any) -> None:
    """One submission of the form, in the archive as intake leaves it."""
    body = {"id": str(number), "email": f"{number}@example.jp", "name": "佐藤 花子", **answers}
    raw = Raw(f"lp:{number}", "lp", datetime.now(UTC), "application/json", json.dumps(body).encode(), str(number))
    Archive(settings.feedback_table(), settings.archive_bucket(), settings.retention_days()).keep(raw)


@pytest.fixture
def form(admin: Admin, production: object) -> Admin:
    set_secret("lp", "s3cret")
    assert admin.put("/admin/sources/lp", FORM).json["problems"] == []
    assert admin.post("/admin/sources/lp/publish").status == 200
    return admin


def test_a_forms_option_that_the_picklist_lacks_is_refused_with_a_table_to_paste(form: Admin) -> None:
    submitted(1, source="Web")
    submitted(2, source="ウェブ検索")
    submitted(3, source="Partner Referal")
    saved = form.put(ONE, mapping(LeadSource={"from": "form.source"}))
    (message,) = saved.problems.values()
    assert list(saved.problems) == ["write.fields.LeadSource"]
    assert 'map: {"Partner Referal": "Partner Referral", "ウェブ検索": …}' in message
    assert form.post(f"{ONE}/publish").problems == saved.problems
    table = {"Web": "Web", "ウェブ検索": "Web", "Partner Referal": "Partner Referral"}
    assert form.put(ONE, mapping(LeadSource={"from": "form.source", "map": table})).problems == {}
    assert form.post(f"{ONE}/publish").status == 200


def test_a_table_that_forgets_an_option_is_refused_and_one_with_a_default_is_not(form: Admin) -> None:
    submitted(1, source="Web")
    submitted(2, source="その他")
    table = {"from": "form.source", "map": {"Web": "Web"}}
    assert "その他" in form.put(ONE, mapping(LeadSource=table)).problems["write.fields.LeadSource"]
    assert form.put(ONE, mapping(LeadSource={**table, "default": "Other"})).problems == {}


def test_each_choice_of_several_is_looked_at(form: Admin) -> None:
    submitted(1, band=["Promoter", "Fan"])
    saved = form.put(ONE, mapping(NPS_Band__c={"from": "form.band"}))
    assert "takes none of Fan;" in saved.problems["write.fields.NPS_Band__c"]


def test_a_one_option_checkbox_becomes_a_boolean_and_anything_else_is_refused(form: Admin) -> None:
    submitted(1, consent="true")
    submitted(2, consent=["true"])
    ticked = mapping(IsUnreadByOwner={"from": "form.consent"})
    assert form.put(ONE, ticked).problems == {}
    submitted(3, consent="たぶん")
    (message,) = form.put(ONE, ticked).problems.values()
    assert "たぶん, which is neither yes nor no" in message


def test_a_survey_may_bring_new_values_to_a_picklist_that_takes_any(form: Admin) -> None:
    form.put("/admin/sources/lp", {**FORM, "feedback_type": "survey_response"})
    form.post("/admin/sources/lp/publish")
    submitted(1, source="ウェブ検索")
    fields = {"LeadSource": {"from": "answers.source.value"}, "NPS_Band__c": {"from": "answers.source.value"}}
    assert list(form.put(ONE, mapping(on="survey_response", **fields)).problems) == ["write.fields.NPS_Band__c"]


def test_events_that_cannot_be_read_do_not_stop_anybody(form: Admin) -> None:
    raw = Raw("lp:x", "lp", datetime.now(UTC), "application/json", b"{", "x")
    Archive(settings.feedback_table(), settings.archive_bucket(), settings.retention_days()).keep(raw)
    assert form.put(ONE, mapping(LeadSource={"from": "form.source"})).problems == {}


def test_email_and_required_fields_must_be_mapped(form: Admin) -> None:
    draft = mapping()
    del draft["write"]["fields"]["Email"], draft["write"]["fields"]["Company"]
    saved = form.put(ONE, draft)
    messages = [problem["message"] for problem in saved.json["problems"]]
    assert any(message.startswith("Company (Company) is required") for message in messages)
    assert any(message.startswith("Email is not mapped") for message in messages)


def test_names_that_are_nearly_right_are_answered_with_the_right_ones(form: Admin) -> None:
    draft = mapping()
    draft["write"]["org"], draft["source"] = "prodution", "lpp"
    assert form.put(ONE, draft).problems == {
        "source": "there is no source named lpp; did you mean lp?",
        "write.org": "there is no org named prodution; did you mean production?",
    }


# ---------------------------------------------------------------- ids of records that must be there


def test_an_id_of_another_org_is_refused_where_it_stands(form: Admin, salesforce: RunningOrg) -> None:
    rep = next(row["Id"] for row in salesforce.records("User") if row["Email"] == "rep.sasaki@example.jp")
    assert form.put(ONE, mapping(OwnerId={"value": rep})).problems == {}
    assert form.put(ONE, mapping(OwnerId={"value": "0055g00000ABCDeAAP"})).problems == {
        "write.fields.OwnerId.value": "the org has no Group or User with this id, or our user may not see it"
    }


def test_a_campaign_and_its_member_status_must_be_there(form: Admin, salesforce: RunningOrg) -> None:
    campaign = salesforce.records("Campaign")[0]["Id"]

    def problems(campaign: str, status: Any) -> dict[str, str]:
        then = [{"campaign_member": {"campaign": campaign, "status": status}}]
        return form.put(ONE, mapping(then=then)).problems

    assert problems(campaign, "responded") == {}
    assert problems(campaign, {"from": "form.status"}) == {}
    assert problems(campaign, "Respondet") == {
        "then[0].campaign_member.status": (
            "the campaign has no member status Respondet; it has Sent, Responded; did you mean Responded?"
        )
    }
    assert problems("701000000000001AAA", "Sent") == {
        "then[0].campaign_member.campaign": "the org has no Campaign with this id, or our user may not see it"
    }
