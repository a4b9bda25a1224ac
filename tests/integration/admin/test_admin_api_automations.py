"""Automations as config documents: what is wrong with a draft, and what one would do, without doing it."""

from typing import Any

import pytest

from local.salesforce_org.running import RunningOrg
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import set_secret
from tests.integration.admin.in_turn import in_turn

ONE = "/admin/automations/rescue"
FEEDBACK = {
    "id": "typeform-main:a1",
    "type": "survey_response",
    "source": "typeform-main",
    "occurred_at": "2026-11-21T03:04:05Z",
    "received_at": "2026-11-21T03:04:06Z",
    "respondent": {"email": "hanako.sato@example.jp", "name": "佐藤 花子"},
    "nps": {"score": "３", "comment": "遅い"},
}
RESCUE: dict[str, Any] = {
    "kind": "automation",
    "id": "rescue",
    "on": ["detractor"],
    "org": "production",
    "write": {
        "object": "Task",
        "operation": "insert",
        "fields": {
            "Subject": {"template": "NPS {{ nps.score }}: {{ signal.reason }}"},
            "WhoId": {"lookup": {"object": "Contact", "by": {"Email": "respondent.email"}}},
        },
    },
    "notify": [{"webhook": {"secret": "slack-cs", "text": "{{ nps.comment }}"}}],
    "escalate": {"after_minutes": 60, "notify": [{"event": {"name": "ignored", "text": "{{ signal.record_id }}"}}]},
}


@pytest.fixture
def drafted(admin: Admin, production: object, typeform: object) -> Admin:
    set_secret("slack-cs", '{"url": "https://example.com", "signing_key": "k"}')
    assert admin.put(ONE, RESCUE).json["problems"] == []
    return admin


def problems(admin: Admin, **changes: Any) -> dict[str, str]:
    told = admin.put(ONE, {**RESCUE, **changes}).json["problems"]
    return {problem["path"]: problem["message"] for problem in told}


def test_an_automation_is_published_and_listed_like_any_document(drafted: Admin) -> None:
    assert drafted.post(f"{ONE}/publish").json["version"] == 1
    assert [item["id"] for item in drafted.get("/admin/automations").json["items"]] == ["rescue"]
    assert drafted.get("/admin/schemas/automation").json["$id"] == "urn:feedback-bridge:automation"


def test_problems_stand_where_they_are_in_the_automation(drafted: Admin) -> None:
    webhook = {"webhook": {"secret": "nowhere", "text": "{{ npss.comment }}"}}
    told = problems(drafted, notify=[webhook], source=["pendo-main"])
    assert "there is no secret named nowhere" in told["notify[0].webhook.secret"]
    assert "a feedback has no 'npss'" in told["notify[0].webhook.text.template"]
    assert "there is no source" in told["source[0]"]


def test_a_field_that_the_org_lacks_is_told_by_its_name(drafted: Admin) -> None:
    write = {**RESCUE["write"], "fields": {"Subjekt": {"value": "x"}}}
    assert "did you mean Subject" in problems(drafted, write=write)["write.fields.Subjekt"]


def test_an_escalation_needs_a_field_that_tells_whether_somebody_has_acted(drafted: Admin) -> None:
    told = problems(drafted, escalate={**RESCUE["escalate"], "closed_field": "IsDone"})
    assert "has no field IsDone" in told["escalate.closed_field"]
    assert "watches the record" in problems(drafted, write=None)[""]


def test_more_steps_than_a_mapping_may_have_are_a_problem_and_no_fault(drafted: Admin) -> None:
    step = {"write": {**RESCUE["write"], "fields": {"Subject": {"value": "電話"}}}}
    told = problems(drafted, then=[step] * 6, notify=RESCUE["notify"] * 6)
    assert "10 together" in told[""]


@in_turn(
    ("changes", "path"),
    [
        ({"on": ["sad"]}, "on[0]"),
        ({"on": []}, "on"),
        ({"notify": [{}]}, "notify[0]"),
        ({"quiet": {"zone": "Tokyo"}}, "quiet.zone"),
        ({"cooling": {"days": -1}}, "cooling.days"),
        ({"org": "nowhere"}, "org"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_place(drafted: Admin, changes: dict[str, Any], path: str) -> None:
    assert path in problems(drafted, **changes)


def test_a_preview_shows_what_would_be_done_now_and_later_and_does_nothing(
    drafted: Admin, salesforce: RunningOrg
) -> None:
    before = salesforce.records("Task")
    told = drafted.post(f"{ONE}/preview", FEEDBACK).json
    assert told["signals"] == [{"signal": "detractor", "reason": "The score is 3."}]
    assert told["outcome"] == "written"
    assert [write["object"] for write in told["writes"]] == ["Task", "Feedback_Bridge_Webhook"]
    assert told["writes"][0]["fields"][0]["after"] == "NPS 3: The score is 3."
    assert told["escalation"]["after_minutes"] == 60
    assert told["escalation"]["writes"][0]["object"] == "Feedback_Bridge_Event"
    assert salesforce.records("Task") == before


def test_a_preview_of_a_happy_customer_says_that_nothing_would_happen(drafted: Admin) -> None:
    told = drafted.post(f"{ONE}/preview", {**FEEDBACK, "nps": {"score": 9}}).json
    assert (told["outcome"], told["writes"]) == ("skipped", [])
    assert "no signal" in told["reason"]
