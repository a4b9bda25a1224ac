"""Messages of chats: Zendesk's webhooks and Sunshine Conversations."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_bridge.feedback.model import Feedback
from feedback_bridge.sources.registry import parse_source, tool
from feedback_bridge.sources.tool import InvalidEvent

EVENTS = Path(__file__).parents[2] / "events/sources"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
JSON = "application/json"


def body(name: str, case: str) -> dict[str, Any]:
    return json.loads((EVENTS / name / f"{case}.json").read_text())


def read(name: str, document: dict[str, Any], **settings: Any) -> list[Feedback]:
    source = parse_source({"id": name, "type": name, "secret": name, **settings})
    events = tool(name).events(json.dumps(document).encode(), JSON, source)
    return [tool(name).read(event, source, NOW) for event in events]


def test_a_customers_message_in_full() -> None:
    (feedback,) = read("zendesk", body("zendesk", "customer_message"))
    assert feedback.to_document() == {
        "id": "zendesk:01KA0QH83YNAKWSWJ8B1QH2NSC",
        "type": "chat_transcript",
        "source": "zendesk",
        "occurred_at": "2026-11-20T09:32:05.254571Z",
        "received_at": "2026-11-21T03:00:00Z",
        "respondent": {"name": "佐藤 花子", "user_id": "1900812345678"},
        "answers": {},
        "embedded": {},
        "chat": {
            "ticket_id": "141",
            "conversation_id": "67ab5f50c1f2a1b2c3d4e5f6",
            "messages": [
                {
                    "id": "67ab5f55155becd183e284cb",
                    "at": "2026-11-20T09:32:05.254571515Z",
                    "text": "請求書の再発行をお願いできますか？",
                    "author": {"type": "customer", "id": "1900812345678", "name": "佐藤 花子"},
                }
            ],
        },
    }


def test_an_agent_who_answers_is_not_the_respondent() -> None:
    (feedback,) = read("zendesk", body("zendesk", "agent_message"))
    assert feedback.chat["messages"][0]["author"]["type"] == "agent"
    assert feedback.to_document()["respondent"] == {}


def test_zendesks_other_events_are_none_of_ours() -> None:
    assert read("zendesk", body("zendesk", "ticket_created")) == []


def test_what_an_admin_wrote_into_a_trigger_is_read_by_paths() -> None:
    fields = {
        "id": "id",
        "email": "ticket.requester.email",
        "score": "satisfaction.score",
        "comment": "satisfaction.comment",
        "answers": {"subject": "ticket.subject"},
    }
    (feedback,) = read("zendesk", body("zendesk", "trigger"), fields=fields)
    assert feedback.id == "zendesk:141-csat"
    assert feedback.respondent.email == "hanako.sato@example.jp"
    assert (feedback.nps.score, feedback.nps.comment) == ("9", "早い対応でした。")
    assert feedback.answers["subject"].value == "請求書の再発行"


def test_each_message_in_a_body_is_a_feedback_of_its_own() -> None:
    customer, agent = read("sunshine", body("sunshine", "conversation"))
    assert (customer.id, agent.id) == ("sunshine:0ca7d56ba7b2e081e479fe9e", "sunshine:0ca7d56ba7b2e081e479fe9f")
    assert customer.to_document()["respondent"] == {
        "email": "hanako.sato@example.jp",
        "name": "佐藤 花子",
        "first_name": "花子",
        "last_name": "佐藤",
        "user_id": "u-1001",
    }
    assert agent.to_document()["respondent"] == {}
    texts = [feedback.chat["messages"][0]["text"] for feedback in (customer, agent)]
    assert texts == ["配送日を変更できますか？", "はい、明日に変更しました。"]
    assert {feedback.chat["conversation_id"] for feedback in (customer, agent)} == {"13f32c6cf7d0d38e6e0eba93"}
    assert customer.embedded == {"plan": "gold"}


def test_a_picture_is_a_message_by_its_address() -> None:
    (feedback,) = read("sunshine", body("sunshine", "image"))
    assert feedback.chat["messages"][0]["text"] == "https://media.example.com/photo.jpg"


def test_a_message_that_cannot_be_used_refuses_the_whole_body_by_its_path() -> None:
    document = body("sunshine", "conversation")
    del document["events"][1]["payload"]["conversation"]["id"]
    with pytest.raises(InvalidEvent) as refused:
        read("sunshine", document)
    assert [problem.path for problem in refused.value.problems] == ["events[1].payload.conversation.id"]


def test_a_body_has_a_bounded_number_of_events() -> None:
    document = body("sunshine", "conversation")
    document["events"] = document["events"][:1] * 101
    with pytest.raises(InvalidEvent) as refused:
        read("sunshine", document)
    assert [problem.path for problem in refused.value.problems] == ["events"]
