"""The recorder: the last raw bodies of a source, as preview input, and taken up by a replay when they can be read."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feedback_bridge.aws.archive import Archive
from feedback_bridge.feedback.raw import Raw
from feedback_bridge.runtime import settings
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import EVENTS, MAPPING, TYPEFORM, Bridge
from tests.integration.admin.in_turn import in_turn
from tests.integration.overheard import overheard

NOW = datetime.now(UTC)
SAMPLES = "/admin/sources/typeform-main/samples"


def keep(event_id: str, body: bytes, minutes_ago: int = 0, answers: bytes | None = None) -> str:
    received_at = NOW - timedelta(minutes=minutes_ago)
    raw = Raw(f"typeform-main:{event_id}", "typeform-main", received_at, "application/json", body, f"d-{event_id}")
    archive = Archive(settings.feedback_table(), settings.archive_bucket(), 400)
    kept = archive.keep(raw).raw
    if answers is not None:
        archive.add_answers(kept, answers)
    return raw.feedback_id


def response(token: str, sample: str = "detractor") -> bytes:
    body = json.loads((EVENTS / f"typeform/{sample}.json").read_text())
    body["form_response"]["token"] = token
    return json.dumps(body, ensure_ascii=False).encode()


@pytest.fixture
def archive(admin: Admin, typeform: dict[str, Any]) -> None:
    """Three responses, and between them one that says no score where one is needed."""
    for number in range(3):
        keep(f"t{number}", response(f"t{number}"), minutes_ago=number)
    broken = json.loads(response("broken"))
    del broken["form_response"]["token"]
    keep("unreadable-1234", json.dumps(broken).encode(), minutes_ago=1)


def test_samples_are_listed_newest_first_without_the_people_in_them(admin: Admin, archive: None) -> None:
    listed = admin.get(SAMPLES)
    assert listed.status == 200
    assert [item["id"] for item in listed.json["items"]][::3] == ["typeform-main:t0", "typeform-main:t2"]
    first = listed.json["items"][0]
    assert first["bytes"] == len(response("t0"))
    assert (first["content_type"], first["content"], first["problem"]) == ("application/json", 1, None)
    assert first["sample"]["event_type"] == "form_response"
    told = json.dumps(first["sample"], ensure_ascii=False)
    body = json.loads(response("t0"))
    for answer in body["form_response"]["answers"]:
        if answer["type"] in ("email", "phone_number", "text"):
            assert answer[answer["type"]] not in told


def test_what_could_not_be_read_says_what_is_wrong_with_it(admin: Admin, archive: None) -> None:
    items = {item["id"]: item for item in admin.get(SAMPLES).json["items"]}
    problem = items["typeform-main:unreadable-1234"]["problem"]
    assert [error["path"] for error in problem["errors"]] == ["form_response.token"]


def test_samples_come_page_by_page(admin: Admin, archive: None) -> None:
    first = admin.get(f"{SAMPLES}?limit=3").json
    second = admin.get(f"{SAMPLES}?limit=3&cursor={first['next']}").json
    assert len(first["items"]) == 3
    assert [item["id"] for item in second["items"]] == ["typeform-main:t2"]
    assert second["next"] is None


@in_turn("query", ["limit=0", "limit=x", "cursor=x", "cursor=WyJ4Il0="])
def test_nonsense_is_refused(admin: Admin, archive: None, query: str) -> None:
    assert admin.get(f"{SAMPLES}?{query}").status == 422


def test_a_source_that_is_not_there_has_no_samples(admin: Admin) -> None:
    assert admin.get("/admin/sources/none/samples").status == 404
    assert admin.get("/admin/sources/salesforce-none/samples").status == 404


def test_a_sample_is_preview_input(admin: Admin, archive: None, production: object) -> None:
    admin.put("/admin/mappings/nps-to-contact", MAPPING)
    listed = admin.get(SAMPLES).json["items"][0]["id"]
    preview = admin.post("/admin/mappings/nps-to-contact/preview", {"feedback_id": listed})
    assert preview.status == 200
    assert preview.json["feedback"]["id"] == listed
    source = admin.post("/admin/sources/typeform-main/preview", {"feedback_id": listed})
    assert source.json["feedback"]["nps"]["band"] == "detractor"
    other = admin.post("/admin/sources/typeform-main/preview", {"feedback_id": "typeform-main:none"})
    assert other.status == 404


def test_a_preview_wants_a_sample_of_its_own_source(admin: Admin, archive: None) -> None:
    admin.put("/admin/sources/other", {**TYPEFORM, "id": "other"})
    refused = admin.post("/admin/sources/other/preview", {"feedback_id": "typeform-main:t0"})
    assert (refused.status, list(refused.problems)) == (422, ["feedback_id"])


@pytest.fixture
def webhook(admin: Admin) -> None:
    """A source that looks for the id where it is not, and what it has received so far."""
    document = {**TYPEFORM, "type": "webhook", "shared_secret": {"header": "X-Key"}, "fields": {"id": "wrong"}}
    del document["nps"]
    admin.put("/admin/sources/typeform-main", document)
    assert admin.post("/admin/sources/typeform-main/publish").status == 200
    keep("unreadable-abcd", json.dumps({"no": "A-1", "mail": "a@example.jp"}).encode(), minutes_ago=60)


def test_what_can_be_read_since_its_source_was_mended_is_taken_up_by_a_replay(admin: Admin, webhook: None) -> None:
    asked = {"source": "typeform-main", "since": (NOW - timedelta(hours=2)).isoformat()}
    assert admin.post("/admin/replays", asked).json["unreadable"] == ["typeform-main:unreadable-abcd"]
    mended = admin.get("/admin/sources/typeform-main").json["draft"]["document"] | {"fields": {"id": "no"}}
    admin.put("/admin/sources/typeform-main", mended)
    assert admin.get(SAMPLES).json["items"][0]["problem"] is None
    assert admin.post("/admin/sources/typeform-main/publish").status == 200
    told = overheard()
    replay = admin.post("/admin/replays", asked).json
    assert (replay["count"], replay["unreadable"]) == (1, [])
    (detail,) = (event["detail"] for event in told())
    assert (detail["feedback_id"], detail["replay"]) == ("typeform-main:A-1", replay["replay"])
    assert admin.get("/admin/feedback/typeform-main:A-1").status == 200


def test_the_command_shows_samples(bridge: Bridge, archive: None) -> None:
    told = bridge("sources", "samples", "typeform-main", "--limit", "2")
    assert told.ok, told.stderr
    assert "typeform-main:t0" in told.stdout
    assert '"event_type": "form_response"' in told.stdout
    assert "form_response.token" in bridge("sources", "samples", "typeform-main").stdout
    assert len(bridge("sources", "samples", "typeform-main", "--json").json["items"]) == 4
    assert bridge("sources", "samples", "none").stderr == "There is no source named none.\n"
