"""What Typeform sends, as Feedback."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_bridge.feedback.model import Feedback
from feedback_bridge.sources.registry import parse_source, tool
from feedback_bridge.sources.tool import InvalidEvent, Unreadable, UnsupportedType

TYPEFORM = Path(__file__).parents[2] / "events/sources/typeform"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
JSON = "application/json"


def source(**settings: Any) -> Any:
    return parse_source({"id": "typeform-main", "type": "typeform", "secret": "typeform-main", **settings})


def body(case: str) -> dict[str, Any]:
    return json.loads((TYPEFORM / f"{case}.json").read_text())


def feedback_of(document: dict[str, Any], **settings: Any) -> Feedback:
    settings.setdefault("nps", {"comment": "answers.why.value"})
    (event,) = tool("typeform").events(json.dumps(document).encode(), JSON, source(**settings))
    return tool("typeform").read(event, source(**settings), NOW)


def test_a_promoters_response_in_full() -> None:
    document = feedback_of(body("promoter")).to_document()
    plan = document["answers"].pop("_4f6a1f0e_7c1d_4f60_9a51_0d6b6f3f2c11")
    assert plan == {"question": "ご契約中のプランはどれですか？", "value": "pro", "label": "プロ"}
    assert document == {
        "id": "typeform-main:7hq2k9v4x1m8c5z3b6n0p7hq2k9v4x1m",
        "type": "survey_response",
        "source": "typeform-main",
        "occurred_at": "2026-11-20T03:04:05Z",
        "received_at": "2026-11-21T03:00:00Z",
        "respondent": {
            "email": "hanako.sato@example.jp",
            "name": "佐藤 花子",
            "salesforce_id": "0035i00000QxY7bAAF",
        },
        "survey": {"id": "kW7tQz2m", "name": "サービス満足度アンケート"},
        "answers": {
            "nps": {
                "question": "当社のサービスを友人や同僚にすすめる可能性はどのくらいありますか？",
                "value": 9,
                "label": "9",
            },
            "why": {
                "question": "その点数をつけた理由をお聞かせください。",
                "value": "導入からサポートまで丁寧で、とても満足しています。",
            },
            "topics": {
                "question": "良かった点をすべてお選びください。",
                "value": ["price", "support", "担当者の人柄"],
                "label": ["価格", "サポート", "担当者の人柄"],
            },
            "email": {
                "question": "ご返信先のメールアドレスをご記入ください。",
                "value": "Hanako.Sato@example.jp",
            },
            "may_call": {"question": "担当者からご連絡してもよろしいですか？", "value": True},
        },
        "embedded": {
            "score": 0,
            "tier": "gold",
            "contact_id": "0035i00000QxY7bAAF",
            "case_id": "5005i00000TdKpRAAV",
            "name": "佐藤 花子",
        },
        "nps": {"score": 9, "comment": "導入からサポートまで丁寧で、とても満足しています。"},
    }


def test_every_type_of_answer_has_a_value_and_choices_a_label() -> None:
    answers = feedback_of(body("every_answer_type")).answers
    assert {name: answer.value for name, answer in answers.items()} == {
        "city": "横浜市",
        "seats": 25,
        "rating": 4,
        "recommend": 8,
        "ease": 5,
        "heard": "展示会",
        "pictures": ["list", "map"],
        "order": ["quality", "price"],
        "renew": False,
        "terms": True,
        "start_date": "2024-04-01",
        "site": "https://www.example.jp/",
        "photo": "https://api.typeform.com/forms/kW7tQz2m/responses/abc/fields/def/files/photo.jpg",
        "fee": {"amount": "1500", "last4": "4242", "name": "山本 健太", "success": True},
        "meeting": "https://calendly.example.com/events/AAAA",
        "first": "健太",
        "last": "山本",
        "tel": "+819012345678",
        "mail": "kenta.yamamoto@example.jp",
        "org": "株式会社みなと",
    }
    labels = {name: answer.label for name, answer in answers.items() if answer.label is not None}
    assert labels == {
        "seats": "25",
        "rating": "4",
        "recommend": "8",
        "ease": "5",
        "heard": "展示会",
        "pictures": ["一覧", "地図"],
        "order": ["品質", "価格"],
    }
    assert answers["tel"].question == "電話番号"


def test_the_contact_block_says_who_answered() -> None:
    respondent = feedback_of(body("every_answer_type")).to_document()["respondent"]
    assert respondent == {
        "email": "kenta.yamamoto@example.jp",
        "name": "山本 健太",
        "first_name": "健太",
        "last_name": "山本",
        "phone": "+819012345678",
        "company": "株式会社みなと",
    }


def test_only_a_scale_from_0_to_10_is_taken_for_a_score() -> None:
    """`ease` is an opinion scale from 1 to 5, and stands beside `recommend`, which has 11 steps from 0."""
    document = body("every_answer_type")
    assert feedback_of(document).nps.score == 8
    answers = document["form_response"]["answers"]
    document["form_response"]["answers"] = [given for given in answers if given["field"]["ref"] != "recommend"]
    assert feedback_of(document).nps is None
    ease = next(field for field in document["form_response"]["definition"]["fields"] if field["ref"] == "ease")
    for steps, from_one, score in ((11, False, 5), (11, True, None), (6, False, None), (None, False, None)):
        ease["properties"] = {"steps": steps, "start_at_one": from_one}
        nps = feedback_of(document).nps
        assert (nps.score if nps else None) == score


def test_the_settings_say_where_the_score_is() -> None:
    feedback = feedback_of(
        body("every_answer_type"), nps={"score": "answers.rating.value", "comment": "answers.city.value"}
    )
    assert (feedback.nps.score, feedback.nps.comment) == (4, "横浜市")


@pytest.mark.parametrize(
    ("case", "score"), [("promoter", 9), ("passive", 7), ("detractor", 3), ("impossible_score", 11)]
)
def test_the_score_is_taken_as_it_was_sent(case: str, score: int) -> None:
    assert feedback_of(body(case)).nps.score == score


def test_a_response_without_a_score_has_none() -> None:
    feedback = feedback_of(body("without_score"))
    assert not feedback.scored
    assert feedback.nps.comment == "点数は分かりませんが、今後に期待しています。"


def test_a_15_character_id_of_a_contact_gets_its_18_characters() -> None:
    assert feedback_of(body("detractor")).respondent.salesforce_id == "0035i00000QxY9cAAF"


def test_a_response_that_is_sent_again_is_the_same_feedback() -> None:
    again = body("promoter") | {"event_id": "01KANOTHERDELIVERY"}
    assert feedback_of(again) == feedback_of(body("promoter"))
    once, twice = (
        tool("typeform").events(json.dumps(told).encode(), JSON, source()) for told in (body("promoter"), again)
    )
    assert once == twice


def test_questions_are_named_the_same_whichever_others_were_skipped() -> None:
    document = body("promoter")
    for question in document["form_response"]["definition"]["fields"][:2]:
        question["ref"] = {"nps": "q-1", "why": "q_1"}[question["ref"]]
    first, second, *rest = document["form_response"]["answers"]
    first["field"]["ref"], second["field"]["ref"] = "q-1", "q_1"
    both = feedback_of(document).answers
    document["form_response"]["answers"] = [first, *rest]
    alone = feedback_of(document).answers
    assert (both["q-1"].value, both["q_1"].value) == (9, second["text"])
    assert alone["q-1"].value == 9
    assert "q_1" not in alone


def test_a_field_without_a_ref_goes_by_its_id() -> None:
    document = body("passive")
    for part in ("answers", "definition"):
        holder = document["form_response"][part]
        for item in holder if part == "answers" else holder["fields"]:
            (item["field"] if part == "answers" else item).pop("ref")
    answers = feedback_of(document).answers
    assert answers["Qn1psScore01"].value == 7
    assert answers["Qn1psScore01"].question == "当社のサービスを友人や同僚にすすめる可能性はどのくらいありますか？"


def test_older_payloads_give_choices_by_label_alone() -> None:
    document = body("promoter")
    given = next(item for item in document["form_response"]["answers"] if item["type"] == "choice")
    given["choice"] = {"label": "プロ"}
    answer = feedback_of(document).answers["_4f6a1f0e_7c1d_4f60_9a51_0d6b6f3f2c11"]
    assert (answer.value, answer.label) == ("プロ", "プロ")


def test_an_event_without_a_submitted_response_is_none_of_ours() -> None:
    partial = body("promoter") | {"event_type": "form_response_partial"}
    encoded = json.dumps(partial).encode()
    assert tool("typeform").events(encoded, JSON, source()) == []
    (event,) = tool("typeform").events(encoded, JSON, source(partial_responses=True))
    assert event.id == "7hq2k9v4x1m8c5z3b6n0p7hq2k9v4x1m"


@pytest.mark.parametrize(
    ("spoil", "problems"),
    [
        (lambda event: event.pop("form_response"), {"form_response": "is required"}),
        (lambda event: event.pop("event_type"), {"event_type": "is required"}),
        (lambda event: event["form_response"].pop("token"), {"form_response.token": "is required"}),
        (
            lambda event: event["form_response"].update(token=7, hidden=[]),
            {
                "form_response.token": "input should be a valid string",
                "form_response.hidden": "input should be a valid dictionary",
            },
        ),
        (
            lambda event: event["form_response"]["answers"][1].pop("field"),
            {"form_response.answers[1].field": "is required"},
        ),
    ],
)
def test_what_is_missing_or_of_a_wrong_type_is_named_by_its_path(spoil: Any, problems: dict[str, str]) -> None:
    document = body("promoter")
    spoil(document)
    with pytest.raises(InvalidEvent) as refused:
        feedback_of(document)
    assert {problem.path: problem.message for problem in refused.value.problems} == problems


def test_a_null_is_as_good_as_absent() -> None:
    document = body("promoter")
    document["form_response"].update(answers=None, hidden=None, variables=None, submitted_at=None, landed_at=None)
    feedback = feedback_of(document)
    assert (feedback.answers, feedback.nps, feedback.occurred_at) == ({}, None, NOW)


def test_another_content_type_is_refused() -> None:
    encoded = json.dumps(body("promoter")).encode()
    tool("typeform").events(encoded, "application/json; charset=utf-8", source())
    for kind in ("", "text/plain", "application/x-www-form-urlencoded"):
        with pytest.raises(UnsupportedType):
            tool("typeform").events(encoded, kind, source())


@pytest.mark.parametrize("nonsense", [b"", b"[]", b"null", b'"form_response"', b"{", b"\xff\xfe{\x00}\x00"])
def test_nonsense_is_unreadable_however_well_it_was_signed(nonsense: bytes) -> None:
    with pytest.raises(Unreadable):
        tool("typeform").events(nonsense, JSON, source())
