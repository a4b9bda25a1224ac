"""Whatever else sends JSON or forms, read by the paths of its source."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.sources.registry import parse_source, tool
from feedback_bridge.sources.tool import InvalidEvent, UnsupportedType

WEBHOOK = Path(__file__).parents[2] / "events/sources/webhook"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
SHOP = {
    "id": "data.id",
    "occurred_at": "data.submitted_at",
    "email": "data.customer.mail",
    "name": "data.customer.name",
    "user_id": "data.customer.id",
    "salesforce_id": "data.customer.sf",
    "survey_id": "data.survey.key",
    "survey_name": "data.survey.title",
    "language": "data.survey.lang",
    "score": "data.rating",
    "comment": "data.comment",
    "answers": "data.answers",
    "embedded": "data.meta",
}
PAGE = {
    "id": "submission_id",
    "occurred_at": "submitted_at",
    "email": "email",
    "name": '"お名前"',
    "score": "score",
    "comment": "comment",
    "answers": {"topics": "topics", "phone": "phone"},
}


def source(fields: dict[str, Any], **settings: Any) -> Any:
    settings = {"signature": {"header": "X-Shop-Signature"}, **settings}
    return parse_source({"id": "shop", "type": "webhook", "secret": "shop", "fields": fields, **settings})


def feedback_of(body: bytes, fields: dict[str, Any], kind: str = JSON, **settings: Any) -> Feedback:
    (event,) = tool("webhook").events(body, kind, source(fields, **settings))
    return tool("webhook").read(event, source(fields, **settings), NOW)


def sample(name: str) -> bytes:
    return (WEBHOOK / name).read_bytes()


def test_a_promoters_widget_in_full() -> None:
    assert feedback_of(sample("promoter.json"), SHOP).to_document() == {
        "id": "shop:fb_01HZX3T9",
        "type": "survey_response",
        "source": "shop",
        "occurred_at": "2026-11-20T09:30:00Z",
        "received_at": "2026-11-21T03:00:00Z",
        "respondent": {
            "email": "hanako.sato@example.jp",
            "name": "佐藤 花子",
            "user_id": "u-1001",
            "salesforce_id": "0035i00000QxY7bAAF",
        },
        "survey": {"id": "checkout", "name": "ご購入後アンケート", "language": "ja"},
        "answers": {
            "delivery": {"question": "配送はいかがでしたか？", "value": "fast", "label": "早かった"},
            "topics": {"question": "良かった点", "value": ["速さ", "価格"], "label": ["速さ", "価格"]},
        },
        "embedded": {"store": "横浜", "order_no": "A-10293"},
        "nps": {"score": 10, "comment": "配送が早くて助かりました。"},
    }


def test_a_form_in_full() -> None:
    feedback = feedback_of(sample("form.txt"), PAGE, FORM, utc_offset="+09:00")
    assert feedback.to_document() == {
        "id": "shop:2026-000417",
        "type": "survey_response",
        "source": "shop",
        "occurred_at": "2026-11-20T09:40:00Z",
        "received_at": "2026-11-21T03:00:00Z",
        "respondent": {"email": "misaki.takahashi@example.jp", "name": "高橋 美咲"},
        "answers": {"topics": {"value": ["価格", "サポート"]}},
        "embedded": {},
        "nps": {"score": "6", "comment": "もう少し説明がほしかったです。"},
    }


@pytest.mark.parametrize(
    ("case", "score"), [("passive", "８"), ("detractor", 1), ("without_score", None), ("impossible_score", 7.5)]
)
def test_the_score_is_taken_as_it_was_sent(case: str, score: Any) -> None:
    assert feedback_of(sample(f"{case}.json"), SHOP).nps.score == score


def test_without_a_path_the_whole_body_is_the_answers() -> None:
    feedback = feedback_of(
        b'{"id": 7, "store-name": "\xe6\xa8\xaa\xe6\xb5\x9c", "note": null, "blank": " "}', {"id": "id"}
    )
    assert {name: answer.value for name, answer in feedback.answers.items()} == {"id": 7, "store_name": "横浜"}


@pytest.mark.parametrize(
    ("kind", "section"), [("form_submission", "form"), ("chat_transcript", "chat"), ("usage_event", "usage")]
)
def test_other_types_of_feedback_keep_their_content_in_their_own_section(kind: str, section: str) -> None:
    feedback = feedback_of(b'{"id": "7", "data": {"a": 1}}', {"id": "id", "content": "data"}, feedback_type=kind)
    assert feedback.type == kind
    assert feedback.to_document()[section] == {"a": 1}
    assert feedback.answers == {}


@pytest.mark.parametrize(
    "body", [b"{}", b'{"id": null}', b'{"id": ""}', b'{"id": {}}', b'{"id": true}', b'{"id": [1]}']
)
def test_an_event_without_an_id_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidEvent) as refused:
        feedback_of(body, {"id": "id"})
    assert [problem.path for problem in refused.value.problems] == ["id"]


def test_the_content_can_stand_in_for_an_id() -> None:
    ids = [feedback_of(body, {}, without_id="content").id for body in (b'{"a":1}', b'{"a":1}', b'{"a":2}')]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("time", "meant"),
    [
        ("2026-11-20T18:30:00+09:00", "2026-11-20T09:30:00+00:00"),
        ("2026-11-20 18:30:00", "2026-11-20T09:30:00+00:00"),
        ("2026/11/20 18:30", "2026-11-20T09:30:00+00:00"),
        ("20261120", "2026-11-19T15:00:00+00:00"),
        (1795167000, "2026-11-20T09:30:00+00:00"),
        ("1795167000", "2026-11-20T09:30:00+00:00"),
        (1795167000500, "2026-11-20T09:30:00.500000+00:00"),
    ],
)
def test_times_are_understood_as_tools_write_them(time: Any, meant: str) -> None:
    feedback = feedback_of(
        json.dumps({"at": time}).encode(), {"occurred_at": "at"}, without_id="content", utc_offset="+09:00"
    )
    assert feedback.occurred_at.isoformat() == meant


@pytest.mark.parametrize("time", ["yesterday", "2026-13-45", True, {}, 1e300, "9" * 16])
def test_a_time_that_is_none_is_named_by_its_path(time: Any) -> None:
    with pytest.raises(InvalidEvent) as refused:
        feedback_of(json.dumps({"at": time}).encode(), {"occurred_at": "at"}, without_id="content")
    assert [problem.path for problem in refused.value.problems] == ["at"]


def test_a_time_that_is_not_there_is_the_time_of_arrival() -> None:
    assert feedback_of(b"{}", {"occurred_at": "at"}, without_id="content").occurred_at == NOW


def test_a_function_that_meets_another_type_finds_nothing() -> None:
    feedback = feedback_of(b'{"tags": 7}', {"themes": "sort(tags)", "comment": "join(',', tags)"}, without_id="content")
    assert feedback.nps is None


@pytest.mark.parametrize(
    ("settings", "paths"),
    [
        ({"signature": None}, [""]),
        ({"shared_secret": {"header": "X-Key"}}, [""]),
        ({"fields": {}}, [""]),
        ({"fields": {"id": "data.[", "score": "a b"}}, ["fields.id", "fields.score"]),
        ({"fields": {"id": "id", "answers": "data..x"}}, ["fields.answers.*"]),
        (
            {"fields": {"id": "id", "answers": {"why": "unknown(@)", "nps": ")"}}},
            ["fields.answers.why", "fields.answers.nps"],
        ),
        ({"signature": {"header": "X Signature"}}, ["signature.header"]),
        ({"signature": {"header": "X-Signature", "algorithm": "md5"}}, ["signature.algorithm"]),
        ({"feedback_type": "salesforce_event"}, ["feedback_type"]),
        ({"utc_offset": "+25:00"}, ["utc_offset"]),
        ({"colour": "red"}, ["colour"]),
    ],
)
def test_settings_that_cannot_work_are_problems_by_their_path(settings: dict[str, Any], paths: list[str]) -> None:
    with pytest.raises(InvalidDocument) as refused:
        source(settings.pop("fields", {"id": "id"}), **settings)
    assert [problem.path for problem in refused.value.problems] == paths


def test_other_content_types_are_refused() -> None:
    for kind in ("", "text/plain", "application/xml"):
        with pytest.raises(UnsupportedType):
            feedback_of(b"{}", {}, kind, without_id="content")
    feedback_of(b"{}", {}, "application/vnd.shop.v2+json; charset=utf-8", without_id="content")
