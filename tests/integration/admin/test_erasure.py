"""A person erased everywhere: what came by webhook, went through tagging and mapping, and lies in tables and bucket."""

import json
import os
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from cli.signing import signed
from feedback_bridge.aws.configs import Configs
from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.runtime import settings
from local.salesforce_org.running import RunningOrg
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import EVENTS, MAPPING, Bridge
from tests.integration.admin.in_turn import in_turn
from tests.integration.web_events import CONTEXT, Answer
from tests.integration.web_front import answer, mapping_handler, pump

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
HANAKO, TARO = "hanako.sato@example.jp", "taro.suzuki@example.jp"


class Site:
    """Webhooks of two tools, and everything that the stack holds."""

    def __init__(self, admin: Admin) -> None:
        self.admin = admin
        self.run = pump()

    def typeform(self, token: str, email: str, padding: int = 0) -> str:
        body = json.loads((EVENTS / "typeform/promoter.json").read_text())
        body["form_response"]["token"] = token
        for field in body["form_response"]["answers"]:
            if field["type"] == "email":
                field["email"] = email
        if "email" in body["form_response"].get("hidden", {}):
            body["form_response"]["hidden"]["email"] = email
        body["form_response"]["hidden"]["noise"] = os.urandom(padding).hex()
        data = json.dumps(body, ensure_ascii=False).encode()
        sending = signed("typeform", data, "s3cret")
        told = answer("POST", "/in/typeform-main", sending.headers, sending.body)
        assert told.status == 202, told.text
        self.run()
        return str(told.json["feedback_id"])

    def status(self, token: str, email: str) -> str:
        """Of the same webhook once more."""
        body = json.loads((EVENTS / "typeform/promoter.json").read_text())
        body["form_response"]["token"] = token
        sending = signed("typeform", json.dumps(body).encode(), "s3cret")
        told: Answer = answer("POST", "/in/typeform-main", sending.headers, sending.body)
        assert told.status == 202
        self.run()
        return str(told.json["status"])

    def erase(self, email: str, **more: Any) -> dict[str, Any]:
        """All pages."""
        told = self.admin.post("/admin/erasures", {"email": email, **more})
        assert told.status == 200, told.text
        page: dict[str, Any] = told.json
        if page["next"] is None:
            return page
        rest = self.erase(email, **{**more, "cursor": page["next"]})
        removed = {kind: count + rest["removed"][kind] for kind, count in page["removed"].items()}
        joined = {name: page[name] + rest[name] for name in ("feedback", "salesforce_records")}
        return {**rest, **joined, "removed": removed}

    def everything(self) -> str:
        """Every item of every table, every object and every message, bodies unpacked, as one text."""
        parts = []
        for table in ("FeedbackTable", "DeliveryTable", "OrgStateTable", "HistoryTable"):
            for item in boto3.client("dynamodb").scan(TableName=table)["Items"]:
                told = {
                    name: zlib.decompress(value["B"]).decode("utf-8", "replace") if "B" in value else value
                    for name, value in item.items()
                }
                parts.append(f"{table} {told}")
        for found in boto3.client("s3").list_objects_v2(Bucket="archive").get("Contents", []):
            data = boto3.client("s3").get_object(Bucket="archive", Key=found["Key"])["Body"].read()
            parts.append(f"{found['Key']} {zlib.decompress(data).decode('utf-8', 'replace')}")
        for pair in json.loads(os.environ["QUEUES"]).values():
            for url in filter(None, pair):
                read = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
                parts += [message["Body"] for message in read.get("Messages", [])]
        return "\n".join(parts)


@pytest.fixture
def site(admin: Admin, typeform: object, production: object) -> Site:
    Configs("ConfigTable").publish("mapping", "nps-to-contact", MAPPING, "test", LONG_AGO)
    return Site(admin)


def test_of_an_erased_person_nothing_is_left_and_of_the_others_everything(site: Site, salesforce: RunningOrg) -> None:
    mine = [site.typeform("a1", HANAKO), site.typeform("a2", HANAKO.upper()), site.typeform("a3", HANAKO, 200_000)]
    other = site.typeform("b1", TARO)
    assert HANAKO in site.everything().lower()
    told = site.erase(HANAKO)
    assert told["complete"] is True
    assert set(told["left"].values()) == {0}
    assert sorted(told["feedback"]) == sorted(mine)
    assert told["removed"] == {
        "feedback": 3, "bodies": 1, "deliveries": 3, "stamps": 1, "histories": 1, "ideas": 0, "dead_letters": 0,
        "unreadable": 0,
    }  # fmt: skip
    after = site.everything()
    assert HANAKO not in after.lower()
    assert TARO in after
    for feedback_id in mine:
        assert site.admin.get(f"/admin/feedback/{feedback_id}").status == 404
        assert site.admin.get(f"/admin/deliveries/{feedback_id}~nps-to-contact").status == 404
    assert site.admin.get(f"/admin/feedback/{other}").json["respondent"]["email"] == TARO
    assert f"{other}~" in str(site.admin.get("/admin/deliveries").json)


def test_what_salesforce_has_of_the_person_is_named(site: Site, contact: dict[str, Any]) -> None:
    site.typeform("a1", HANAKO)
    records = site.erase(HANAKO)["salesforce_records"]
    assert records == [{"org": "production", "object": "Contact", "record_id": contact["Id"]}]


@pytest.mark.parametrize("spelling", [HANAKO.upper(), "ｈａｎａｋｏ.ｓａｔｏ＠ｅｘａｍｐｌｅ.ｊｐ", f"  {HANAKO} "])
def test_an_address_is_the_same_in_other_letters(site: Site, spelling: str) -> None:
    site.typeform("a1", HANAKO)
    assert site.erase(spelling)["removed"]["feedback"] == 1


def test_an_erased_event_does_not_come_back_when_the_tool_sends_it_again(site: Site) -> None:
    site.typeform("a1", HANAKO)
    site.erase(HANAKO)
    assert site.status("a1", HANAKO) == "duplicate"
    assert HANAKO not in site.everything().lower()
    assert site.status("a9", HANAKO) == "accepted"


def test_nor_when_it_is_replayed(site: Site) -> None:
    site.typeform("a1", HANAKO)
    site.erase(HANAKO)
    asked = {"source": "typeform-main", "since": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
    assert site.admin.post("/admin/replays", asked).json["count"] == 0
    assert site.admin.post("/admin/deliveries/typeform-main:a1~nps-to-contact/replay").status == 404


def test_nor_by_a_message_of_it_that_still_waits_in_a_queue(site: Site) -> None:
    feedback_id = site.typeform("a1", HANAKO)
    feedback = site.admin.get(f"/admin/feedback/{feedback_id}").json
    feedback.pop("deliveries")
    site.erase(HANAKO)
    for attempt, told in ((2, feedback), (1, None)):
        detail = {"version": 1, "feedback_id": feedback_id, "source": "typeform-main", "type": "survey_response",
                  "scored": True, "feedback": told}  # fmt: skip
        record = {
            "messageId": "m",
            "body": json.dumps({"detail-type": "NpsTagged", "detail": detail}),
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {"attempt": {"stringValue": str(attempt)}},
        }
        assert mapping_handler({"Records": [record]}, CONTEXT) == {"batchItemFailures": []}
    assert Deliveries(settings.delivery_table()).of_feedback(feedback_id) == []


def test_erasing_again_finds_nothing_and_takes_away_what_came_late(site: Site) -> None:
    feedback_id = site.typeform("a1", HANAKO)
    site.erase(HANAKO)
    now = datetime.now(UTC)
    Deliveries(settings.delivery_table()).put_all(
        [Delivery(feedback_id, "nps-to-contact", "typeform-main", "delivered", now, now)]
    )
    again = site.erase(HANAKO)
    assert (again["removed"]["feedback"], again["removed"]["deliveries"], again["complete"]) == (0, 1, True)
    assert set(site.erase(HANAKO)["removed"].values()) == {0}


def test_somebody_who_is_not_known_is_erased_without_a_word(site: Site) -> None:
    told = site.erase("nobody@example.jp")
    assert set(told["removed"].values()) == {0}
    assert told["complete"] is True


def test_a_large_erasure_comes_in_pages(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback_bridge.runtime.erasing.EVENTS_A_CALL", 3)
    for number in range(8):
        site.typeform(f"a{number}", HANAKO)
    first = site.admin.post("/admin/erasures", {"email": HANAKO}).json
    assert (len(first["feedback"]), first["complete"]) == (3, False)
    assert first["next"]
    assert site.erase(HANAKO)["removed"]["feedback"] == 5
    assert HANAKO not in site.everything().lower()


def test_dead_letters_of_the_person_go_too(site: Site) -> None:
    feedback_id = site.typeform("a1", HANAKO)
    (_, dead), *_ = json.loads(os.environ["QUEUES"]).values()
    for told in ({"feedback_id": feedback_id}, {"feedback_id": "shop:9", "feedback": {"respondent": {"email": HANAKO}}},
                 {"feedback_id": "shop:8", "feedback": {"respondent": {"email": TARO}}}):  # fmt: skip
        body = json.dumps({"detail-type": "NpsTagged", "detail": {"source": "shop", **told}})
        boto3.client("sqs").send_message(QueueUrl=dead, MessageBody=body)
    assert site.erase(HANAKO)["removed"]["dead_letters"] == 2
    assert HANAKO not in site.everything().lower()
    assert TARO in site.everything()


def test_a_body_that_nobody_could_read_is_looked_into(site: Site) -> None:
    for email in (HANAKO, TARO):
        body = json.dumps({"event_type": "form_response", "form_response": {"who": email}}).encode()
        sending = signed("typeform", body, "s3cret")
        assert answer("POST", "/in/typeform-main", sending.headers, sending.body).status == 422
    told = site.erase(HANAKO)
    assert (told["removed"]["unreadable"], told["complete"]) == (1, True)
    assert HANAKO not in site.everything()
    assert TARO in site.everything()


def test_answers_that_were_fetched_later_are_found_by_their_person(site: Site) -> None:
    from feedback_bridge.aws.archive import Archive
    from feedback_bridge.feedback.raw import Raw
    from feedback_bridge.nps.identity import email_key

    archive = Archive(settings.feedback_table(), settings.archive_bucket(), 400)
    raw = Raw("typeform-main:q1", "typeform-main", datetime.now(UTC), "application/json", b"{}", "d")
    archive.keep(raw)
    archive.add_answers(raw, json.dumps({"email": HANAKO}).encode(), email_key(HANAKO))
    assert site.erase(HANAKO)["feedback"] == ["typeform-main:q1"]
    assert HANAKO not in site.everything()


def test_nobody_remembers_that_an_automation_told_of_the_person(site: Site) -> None:
    from feedback_bridge.aws.cooling import Cooling
    from feedback_bridge.nps.identity import email_key

    feedback_id = site.typeform("a1", HANAKO)
    Configs("ConfigTable").publish("automation", "detractor-call", {"id": "detractor-call"}, "test", LONG_AGO)
    now = datetime.now(UTC)
    assert Cooling("HistoryTable").begin("detractor-call", email_key(HANAKO), feedback_id, now, now + timedelta(days=9))
    assert "cooling#" in site.everything()
    site.erase(HANAKO)
    assert "cooling#" not in site.everything()


def test_a_replaced_version_leaves_no_large_body_behind(site: Site) -> None:
    site.typeform("a1", HANAKO, 200_000)
    site.typeform("a1", HANAKO, 200_000)
    keys = [found["Key"] for found in boto3.client("s3").list_objects_v2(Bucket="archive")["Contents"]]
    assert [key.rpartition("-")[0] for key in keys] == ["raw/typeform-main/a1/2-body"]


def test_an_erased_event_that_comes_again_leaves_no_large_body_behind(site: Site) -> None:
    site.typeform("a1", HANAKO, 200_000)
    site.erase(HANAKO)
    site.typeform("a1", HANAKO, 200_000)
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket="archive")


@in_turn(
    ("body", "path"),
    [
        ({}, "email"),
        ({"email": "hanako"}, "email"),
        ({"email": 5}, "email"),
        ({"email": "a@" + "b" * 400}, "email"),
        ({"email": HANAKO, "linked": "yes"}, "linked"),
        ({"email": HANAKO, "cursor": "x"}, "cursor"),
        ({"email": HANAKO, "cursor": "W1siYSJdLCBudWxsXQ=="}, "cursor"),
        ({"email": HANAKO, "cursor": 5}, "cursor"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_by_path(site: Site, body: Any, path: str) -> None:
    refused = site.admin.post("/admin/erasures", body)
    assert (refused.status, list(refused.problems)) == (422, [path])


def test_only_an_admin_erases(clients: dict[str, Admin], site: Site) -> None:
    assert clients["operator"].post("/admin/erasures", {"email": HANAKO}).status == 403


def test_the_command_asks_reports_and_proves(bridge: Bridge, site: Site, contact: dict[str, Any]) -> None:
    site.typeform("a1", HANAKO)
    refused = bridge("erase", HANAKO, stdin="n\n")
    assert refused.exit_code == 1
    assert HANAKO in site.everything().lower()
    told = bridge("erase", HANAKO, "--yes")
    assert told.ok, told.stderr
    assert "archived events\t1\t0" in told.stdout
    assert f"In Salesforce still: Contact {contact['Id']} of production" in told.stdout
    assert not bridge("erase", HANAKO, "--json").ok, "JSON is no yes"
    again = bridge("erase", HANAKO, "--yes", "--json")
    assert again.ok
    assert again.json["complete"] is True
    assert set(again.json["removed"].values()) == {0}
