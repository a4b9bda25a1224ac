"""Deliveries listed and shown, feedback read again, and both sent on their way once more."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feedback_bridge.aws.archive import Archive
from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.delivery.delivery import NO_MAPPING, Delivery, RecordWritten
from feedback_bridge.feedback.raw import Raw
from feedback_bridge.runtime import settings
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import EVENTS
from tests.integration.admin.in_turn import in_turn
from tests.integration.overheard import overheard

NOW = datetime.now(UTC)


def keep(number: int, received_at: datetime = NOW, sample: str = "detractor.json") -> str:
    """One event of typeform-main in the archive; its id."""
    body = json.loads((EVENTS / "typeform" / sample).read_text())
    body["form_response"]["token"] = f"t{number}"
    raw = Raw(
        f"typeform-main:t{number}", "typeform-main", received_at, "application/json", json.dumps(body).encode(), "d"
    )
    return Archive(settings.feedback_table(), settings.archive_bucket(), 400).keep(raw).raw.feedback_id


def delivery(number: int, **changes: Any) -> Delivery:
    at = NOW - timedelta(minutes=number)
    values: dict[str, Any] = {"mapping": "nps-to-contact", "source": "typeform-main", "status": "delivered", **changes}
    return Delivery(feedback_id=f"typeform-main:t{number}", created_at=at, updated_at=at, **values)


def store(*deliveries: Delivery) -> None:
    Deliveries(settings.delivery_table()).put_all(deliveries)


@pytest.fixture
def bus(stack: dict[str, str]) -> Any:
    """What is said on the bus: a function that gives it, by detail type."""
    told = overheard()
    return lambda: [(event["detail-type"], event["detail"]) for event in told()]


def walked(admin: Admin, path: str) -> list[str]:
    """The ids of a list, read to its end."""
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = admin.get(f"{path}{f'&cursor={cursor}' if cursor else ''}").json
        seen += [item["feedback_id"] for item in page["items"]]
        cursor = page["next"]
    return seen


def test_deliveries_are_listed_newest_first_page_by_page(admin: Admin) -> None:
    store(*[delivery(number) for number in range(11)])
    assert walked(admin, "/admin/deliveries?limit=4") == [f"typeform-main:t{number}" for number in range(11)]


def test_a_list_goes_on_over_months(admin: Admin) -> None:
    store(*[delivery(number * 60 * 24 * 20) for number in range(6)])
    assert walked(admin, "/admin/deliveries?limit=2") == [f"typeform-main:t{number * 28800}" for number in range(6)]


def test_filters_are_joined_and_pages_are_full_although_little_matches(admin: Admin) -> None:
    store(*[delivery(n, mapping="rare" if n % 10 == 0 else "usual", source=f"s{n % 2}") for n in range(60)])
    path = "/admin/deliveries?mapping=rare&source=s0&limit=4"
    assert len(admin.get(path).json["items"]) == 4
    assert walked(admin, path) == [f"typeform-main:t{number}" for number in range(0, 60, 10)]


@in_turn("status", ["delivered", "skipped", "pending", "failed"])
def test_deliveries_are_found_by_their_status(admin: Admin, status: str) -> None:
    store(*[delivery(n, status=one) for n, one in enumerate(["delivered", "skipped", "pending", "failed"] * 3)])
    items = admin.get(f"/admin/deliveries?status={status}").json["items"]
    assert [item["status"] for item in items] == [status] * 3


def test_since_is_understood_in_any_zone(admin: Admin) -> None:
    store(delivery(10), delivery(200))
    tokyo = (NOW - timedelta(minutes=60) + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M:%S")
    assert walked(admin, f"/admin/deliveries?since={tokyo}%2B09:00") == ["typeform-main:t10"]
    assert walked(admin, f"/admin/deliveries?since={tokyo}+09:00") == ["typeform-main:t10"]


@in_turn(
    "query",
    ["status=lost", "since=yesterday", "since=", "limit=-1", "cursor=abc", "cursor=WyIyMDI2LTExIl0", "cursor=WzFd",
     "cursor=WyIxOTcwLTAxIiwgImEiLCAiYiIsICJjIl0=", "since=0001-01-01T00:00:00%2B14:00"],
)  # fmt: skip
def test_nonsense_is_refused(admin: Admin, query: str) -> None:
    refused = admin.get(f"/admin/deliveries?{query}")
    assert (refused.status, len(refused.problems)) == (422, 1)


def test_a_delivery_is_shown_with_its_records(admin: Admin) -> None:
    record = RecordWritten("write", "Contact", "update", "003000000000001AAA")
    store(
        delivery(
            1, org="production", object="Contact", record_id=record.record_id, records=(record,), mapping_version=3
        )
    )
    shown = admin.get("/admin/deliveries/typeform-main:t1~nps-to-contact")
    assert shown.status == 200
    assert shown.json["id"] == "typeform-main:t1~nps-to-contact"
    assert shown.json["records"] == [
        {"effect": "write", "object": "Contact", "operation": "update", "record_id": "003000000000001AAA"}
    ]
    assert (shown.json["status"], shown.json["mapping_version"]) == ("delivered", 3)
    assert admin.get("/admin/deliveries/typeform-main%3At1~nps-to-contact").json == shown.json


@in_turn("unknown", ["typeform-main:t1~none", "none", "~", "a~", "あ~い", "%00~x"])
def test_an_unknown_delivery_is_404(admin: Admin, unknown: str) -> None:
    assert admin.get(f"/admin/deliveries/{unknown}").status == 404
    assert admin.post(f"/admin/deliveries/{unknown}/replay").status == 404


def test_feedback_is_read_again_from_the_archive_with_its_deliveries(admin: Admin, typeform: object) -> None:
    feedback_id = keep(1)
    store(delivery(1))
    shown = admin.get(f"/admin/feedback/{feedback_id}").json
    assert (shown["id"], shown["type"], shown["nps"]["band"]) == (feedback_id, "survey_response", "detractor")
    assert [item["mapping"] for item in shown["deliveries"]] == ["nps-to-contact"]
    assert admin.get("/admin/feedback/typeform-main:none").status == 404


def test_feedback_of_a_source_that_is_gone_says_so(admin: Admin, typeform: object) -> None:
    feedback_id = keep(1)
    admin.delete("/admin/sources/typeform-main")
    gone = admin.get(f"/admin/feedback/{feedback_id}")
    assert gone.status == 409
    assert "typeform-main is no longer published" in gone.json["detail"]


def test_a_replay_says_the_archived_event_again_for_its_mapping_alone(
    admin: Admin, clients: dict[str, Admin], typeform: object, bus: Any
) -> None:
    keep(1, received_at=NOW - timedelta(days=3))
    store(delivery(1, status="failed"))
    replay = clients["operator"].post("/admin/deliveries/typeform-main:t1~nps-to-contact/replay")
    assert (replay.status, replay.json["count"]) == (202, 1)
    ((kind, detail),) = bus()
    assert kind == "FeedbackReceived"
    assert (detail["replay"], detail["mapping"]) == (replay.json["replay"], "nps-to-contact")
    assert detail["feedback"]["received_at"].startswith((NOW - timedelta(days=3)).strftime("%Y-%m-%d"))
    assert detail["scored"] is True


def test_a_delivery_without_a_mapping_is_replayed_to_all(admin: Admin, typeform: object, bus: Any) -> None:
    keep(1)
    store(delivery(1, mapping=NO_MAPPING, status="failed"))
    assert admin.get("/admin/deliveries/typeform-main:t1~-").json["mapping"] is None
    assert admin.post("/admin/deliveries/typeform-main:t1~-/replay").status == 202
    assert "mapping" not in bus()[0][1]


def test_a_replay_of_what_the_archive_no_longer_has_is_refused(admin: Admin, bus: Any) -> None:
    store(delivery(1))
    refused = admin.post("/admin/deliveries/typeform-main:t1~nps-to-contact/replay")
    assert refused.status == 409
    assert bus() == []


def test_a_period_is_replayed_in_parts_until_its_end(
    admin: Admin, typeform: object, bus: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedback_bridge.runtime.admin.replays.EVENTS_A_CALL", 3)
    for number in range(8):
        keep(number, received_at=NOW - timedelta(hours=number))
    asked = {
        "source": "typeform-main",
        "since": (NOW - timedelta(hours=6, minutes=30)).isoformat(),
        "until": (NOW - timedelta(minutes=30)).isoformat(),
        "mapping": "nps-to-contact",
    }
    begun = admin.post("/admin/replays", asked)
    assert (begun.status, begun.json["count"]) == (202, 3)
    following = begun.json["next"]
    while following:
        part = admin.post("/admin/replays", {**asked, "replay": begun.json["replay"], "cursor": following})
        assert part.json["replay"] == begun.json["replay"]
        following = part.json["next"]
    said = [detail["feedback_id"] for _, detail in bus()]
    assert sorted(said) == [f"typeform-main:t{number}" for number in range(1, 7)]


def test_a_replay_leaves_out_what_cannot_be_read_and_names_it(admin: Admin, typeform: object, bus: Any) -> None:
    keep(1)
    broken = Raw("typeform-main:broken", "typeform-main", NOW, "application/json", b"{}", "digest")
    Archive(settings.feedback_table(), settings.archive_bucket(), 400).keep(broken)
    begun = admin.post("/admin/replays", {"source": "typeform-main", "since": "2026-01-01", "until": "2999-01-01"}).json
    assert (begun["count"], begun["unreadable"]) == (1, ["typeform-main:broken"])
    assert len(bus()) == 1


@in_turn(
    ("changes", "path"),
    [
        ({"source": None}, "source"),
        ({"source": "NOT AN ID"}, "source"),
        ({"since": None}, "since"),
        ({"since": 5}, "since"),
        ({"since": "2030-01-01T00:00:00Z"}, "until"),
        ({"mapping": ["a"]}, "mapping"),
        ({"replay": "mine"}, "replay"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": 7}, "cursor"),
        ({"cursor": "WyJ4Il0="}, "cursor"),
    ],
)
def test_a_replay_that_makes_no_sense_is_refused_by_path(admin: Admin, changes: dict[str, Any], path: str) -> None:
    asked = {"source": "typeform-main", "since": "2026-11-01T00:00:00Z", **changes}
    refused = admin.post("/admin/replays", asked)
    assert refused.status == 422
    assert list(refused.problems) == [path]
