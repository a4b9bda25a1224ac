"""Previews against the org's real describe and records: what would be written, and that nothing is."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from feedback_bridge.aws.archive import Archive
from feedback_bridge.feedback.raw import Raw
from feedback_bridge.runtime import settings
from local.salesforce_org.running import RunningOrg
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import EVENTS, MAPPING
from tests.integration.admin.in_turn import in_turn

ONE = "/admin/mappings/nps-to-contact"
FEEDBACK = {
    "id": "typeform-main:a1",
    "type": "survey_response",
    "source": "typeform-main",
    "occurred_at": "2026-11-21T03:04:05Z",
    "received_at": "2026-11-21T03:04:06Z",
    "respondent": {"email": "hanako.sato@example.jp", "name": "佐藤 花子"},
    "answers": {},
    "nps": {"score": "9", "comment": "とても使いやすい"},
}


@pytest.fixture
def drafted(admin: Admin, production: object, typeform: object) -> Admin:
    assert admin.put(ONE, MAPPING).json["problems"] == []
    return admin


def fields_of(write: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {item["field"]: (item["before"], item["after"]) for item in write["fields"]}


def test_a_preview_shows_each_field_before_and_after_and_writes_nothing(
    drafted: Admin, salesforce: RunningOrg, contact: dict[str, Any]
) -> None:
    before = salesforce.records("Contact")
    told = drafted.post(f"{ONE}/preview", FEEDBACK).json
    assert (told["outcome"], told["version"]) == ("written", None)
    (write,) = told["writes"]
    assert (write["object"], write["operation"], write["record_id"]) == ("Contact", "update", contact["Id"])
    assert fields_of(write) == {
        "NPS_Score__c": (None, 9),
        "NPS_Band__c": (None, "Promoter"),
        "NPS_Comment__c": (None, "とても使いやすい"),
    }
    assert told["lookups"] == [
        {
            "effect": "write",
            "purpose": "Contact",
            "object": "Contact",
            "where": {"Email": "hanako.sato@example.jp"},
            "mode": "all",
            "found": [contact["Id"]],
        }
    ]
    assert told["calls"] == 2
    assert salesforce.records("Contact") == before


def test_a_preview_of_somebody_unknown_says_why_it_would_skip(drafted: Admin) -> None:
    stranger = {**FEEDBACK, "respondent": {"email": "nobody@example.jp"}}
    told = drafted.post(f"{ONE}/preview", stranger).json
    assert (told["outcome"], told["writes"]) == ("skipped", [])
    assert "no Contact was found by Email" in told["reason"]


def test_a_preview_of_feedback_the_mapping_does_not_listen_to_says_so(drafted: Admin) -> None:
    told = drafted.post(f"{ONE}/preview", {**FEEDBACK, "source": "other"}).json
    assert told["outcome"] == "skipped"
    assert "does not listen" in told["reason"]


def test_a_preview_of_a_condition_that_does_not_hold_names_it(drafted: Admin) -> None:
    told = drafted.post(f"{ONE}/preview", {**FEEDBACK, "nps": {"comment": "点数なし"}}).json
    assert (told["outcome"], told["calls"]) == ("skipped", 0)
    assert told["reason"].startswith("when")


def test_a_raw_sample_is_read_by_its_source_and_tagged(drafted: Admin) -> None:
    sample = json.loads((EVENTS / "typeform/promoter.json").read_text())
    told = drafted.post(f"{ONE}/preview", {"sample": sample, "source": "typeform-main"}).json
    assert told["feedback"]["nps"]["band"] == "promoter"
    assert told["feedback"]["respondent"]["name"] == "佐藤 花子"


def test_a_stored_feedback_is_read_again(drafted: Admin) -> None:
    keep("typeform", "detractor.json")
    told = drafted.post(f"{ONE}/preview", {"feedback_id": STORED}).json
    assert told["feedback"]["id"] == STORED
    assert told["feedback"]["nps"]["band"] == "detractor"


def test_a_source_shows_the_feedback_that_a_sample_becomes(drafted: Admin) -> None:
    sample = (EVENTS / "typeform/promoter.json").read_text()
    told = drafted.post("/admin/sources/typeform-main/preview", {"sample": sample}).json
    assert told["feedback"]["nps"]["score"] == 9
    assert told["feedback"]["source"] == "typeform-main"


def test_what_follows_is_shown_for_a_record_that_is_there(drafted: Admin, contact: dict[str, Any]) -> None:
    task = {
        "write": {
            "object": "Task",
            "operation": "insert",
            "fields": {
                "WhoId": {"record": "Id"},
                "OwnerId": {"record": "Account.OwnerId"},
                "Subject": {"value": "お客様に電話する"},
            },
        }
    }
    drafted.put(ONE, {**MAPPING, "then": [task]})
    told = drafted.post(f"{ONE}/preview", FEEDBACK).json
    assert [write["effect"] for write in told["writes"]] == ["write", "then[0]"]
    after = {name: value for name, (_, value) in fields_of(told["writes"][1]).items()}
    assert after["WhoId"] == contact["Id"]
    assert after["OwnerId"].startswith("005")
    assert after["Subject"] == "お客様に電話する"


def test_what_follows_a_new_record_points_to_it(drafted: Admin) -> None:
    lead = {
        **MAPPING,
        "write": {
            "org": "production",
            "object": "Lead",
            "operation": "insert",
            "fields": {
                "LastName": {"from": "respondent.name"},
                "Company": {"value": "個人"},
                "Email": {"from": "respondent.email"},
            },
        },
        "then": [
            {
                "write": {
                    "object": "Task",
                    "operation": "insert",
                    "fields": {"WhoId": {"record": "Id"}, "Subject": {"value": "電話"}},
                }
            }
        ],
    }
    drafted.put(ONE, lead)
    told = drafted.post(f"{ONE}/preview", FEEDBACK).json
    assert told["warnings"] == []
    main, task = told["writes"]
    assert (main["object"], main["record_id"], main["exists"]) == ("Lead", None, False)
    assert fields_of(task)["WhoId"] == (None, "(id of the new record)")


@in_turn(
    ("asked", "path"),
    [
        ({}, "id"),
        ({"sample": {}}, "source"),
        ({"sample": {}, "source": "nobody"}, "source"),
        ({"sample": "{", "source": "typeform-main"}, "sample"),
        ({"sample": 5, "source": "typeform-main"}, "sample"),
        ({"sample": {"event_type": "something_else"}, "source": "typeform-main"}, "sample"),
        ({**FEEDBACK, "occurred_at": "yesterday"}, "occurred_at"),
    ],
)
def test_what_cannot_be_previewed_is_refused_by_path(drafted: Admin, asked: dict[str, Any], path: str) -> None:
    refused = drafted.post(f"{ONE}/preview", asked)
    assert refused.status == 422
    assert path in refused.problems


def test_values_are_filled_in_like_a_form_and_the_mapping_gives_the_rest(
    drafted: Admin, contact: dict[str, Any]
) -> None:
    values = {"nps.score": "3", "nps.comment": "遅い", "respondent.email": contact["Email"], 'answers."質問 1"': "はい"}
    told = drafted.post(f"{ONE}/preview", {"values": values}).json
    assert told["outcome"] == "written"
    assert fields_of(told["writes"][0])["NPS_Band__c"] == (None, "Detractor")
    feedback = told["feedback"]
    assert (feedback["source"], feedback["type"]) == ("typeform-main", "survey_response")
    assert feedback["answers"] == {"質問 1": {"value": "はい"}}
    other = drafted.post(f"{ONE}/preview", {"values": {**values, "source": "other"}}).json
    assert "does not listen" in other["reason"]


@in_turn(
    ("values", "path"),
    [
        ([], "values"),
        ("nps.score=9", "values"),
        ({"nps.scroe": 9}, "values.nps.scroe"),
        ({"nps..score": 9}, "values.nps..score"),
        ({"answers[0]": 9}, "values.answers[0]"),
        ({"": 9}, "values."),
        ({"respondent": "花子", "respondent.email": "a@example.jp"}, "values.respondent.email"),
        ({"nps.score": 9, "feedback.nps.score": 9}, "values.feedback.nps.score"),
        ({"occurred_at": "yesterday"}, "values.occurred_at"),
        ({"type": "unicorn"}, "values.type"),
        ({"nps": 9}, "values.nps"),
        ({"respondent.email": {"a": 1}}, "values.respondent.email"),
    ],
)
def test_values_that_are_no_feedback_are_refused_by_path(drafted: Admin, values: Any, path: str) -> None:
    refused = drafted.post(f"{ONE}/preview", {"values": values})
    assert refused.status == 422
    assert path in refused.problems


def test_each_lookup_tells_what_it_is_for_and_what_it_found(drafted: Admin, salesforce: RunningOrg) -> None:
    rep = next(row for row in salesforce.records("User") if row["Email"] == "rep.sasaki@example.jp")
    lookup = {"lookup": {"object": "User", "by": {"Email": "embedded.rep"}, "on_none": "omit"}}
    fields = {**MAPPING["write"]["fields"], "Account_Rep__c": lookup}
    drafted.put(ONE, {**MAPPING, "write": {**MAPPING["write"], "fields": fields}})
    for email, found in (("rep.sasaki@example.jp", [rep["Id"]]), ("nobody@example.jp", [])):
        told = drafted.post(f"{ONE}/preview", {**FEEDBACK, "embedded": {"rep": email}}).json
        assert [(item["purpose"], item["found"]) for item in told["lookups"]][1] == ("Account_Rep__c", found)
        assert ("Account_Rep__c" in fields_of(told["writes"][0])) is bool(found)
        assert bool(told["warnings"]) is not bool(found)


def test_an_unknown_feedback_or_mapping_is_404(drafted: Admin) -> None:
    assert drafted.post(f"{ONE}/preview", {"feedback_id": "typeform-main:none"}).status == 404
    assert drafted.post("/admin/mappings/none/preview", FEEDBACK).status == 404


def test_a_mapping_with_problems_is_not_previewed(drafted: Admin) -> None:
    drafted.put(ONE, {**MAPPING, "write": {**MAPPING["write"], "fields": {"Nope__c": {"from": "nps.score"}}}})
    refused = drafted.post(f"{ONE}/preview", FEEDBACK)
    assert refused.status == 422
    assert any("Nope__c" in path for path in refused.problems)


STORED = "typeform-main:stored"


def keep(tool: str, name: str) -> None:
    """The sample in the archive, as intake leaves it, under the id of its token."""
    body = json.loads((EVENTS / tool / name).read_text())
    body["form_response"]["token"] = "stored"
    raw = Raw(STORED, "typeform-main", datetime.now(UTC), "application/json", json.dumps(body).encode(), "digest")
    Archive(settings.feedback_table(), settings.archive_bucket(), settings.retention_days()).keep(raw)
