"""What SurveyMonkey announces, and the answers that are fetched for it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_bridge.feedback.model import Feedback
from feedback_bridge.sources.registry import parse_source, tool
from feedback_bridge.sources.tool import InvalidEvent

FOLDER = Path(__file__).parents[2] / "events/sources/surveymonkey"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
TYPE = "application/vnd.surveymonkey.response.v1+json"
NAMED = {"answer_names": {"900100201": "nps", "900100202": "why", "900100204_7101": "support"}}


def source(**settings: Any) -> Any:
    settings = {"api_token": "surveymonkey-api", "nps": {"score": "answers.nps.value"}, **NAMED, **settings}
    return parse_source({"id": "monkey", "type": "surveymonkey", "secret": "monkey", **settings})


def events(case: str, **settings: Any) -> Any:
    return tool("surveymonkey").events((FOLDER / f"{case}.json").read_bytes(), TYPE, source(**settings))


def feedback_of(case: str, **settings: Any) -> Feedback:
    (event,) = events(case, **settings)
    answers = (FOLDER / f"responses/318204417/{event.id}.json").read_bytes()
    return tool("surveymonkey").read(event, source(**settings), NOW, answers)


def test_the_answers_are_fetched_with_the_texts_of_questions_and_choices() -> None:
    (event,) = events("promoter")
    assert (event.id, event.awaits_answers) == ("118800120011", True)
    request = tool("surveymonkey").answers_request(event, source(api_url="https://api.eu.surveymonkey.com"))
    address = "https://api.eu.surveymonkey.com/v3/surveys/318204417/responses/118800120011/details?simple=true"
    assert (request.url, request.header, request.prefix) == (address, "Authorization", "Bearer ")


def test_a_promoters_response_in_full() -> None:
    feedback = feedback_of("promoter", survey_names={"318204417": "年次調査"}).to_document()
    assert feedback == {
        "id": "monkey:118800120011",
        "type": "survey_response",
        "source": "monkey",
        "occurred_at": "2026-11-20T09:12:30Z",
        "received_at": "2026-11-21T03:00:00Z",
        "respondent": {
            "email": "hanako.sato@example.jp",
            "name": "佐藤 花子",
            "first_name": "花子",
            "last_name": "佐藤",
            "salesforce_id": "0035i00000QxY7bAAF",
        },
        "survey": {"id": "318204417", "name": "年次調査", "language": "ja", "channel": "default"},
        "answers": {
            "nps": {
                "question": "当社を友人や同僚にすすめる可能性はどのくらいありますか？",
                "value": 9,
                "label": "9",
            },
            "why": {"question": "その理由をお聞かせください。", "value": "対応が早く、助かっています。"},
            "_900100203": {
                "question": "良かった点をお選びください。",
                "value": ["6101", "6103", "担当者"],
                "label": ["価格", "品質", "担当者"],
            },
            "support": {"question": "次の項目を評価してください。", "value": 5, "label": "とても満足"},
            "_900100204_7102": {"question": "次の項目を評価してください。", "value": 3, "label": "どちらでもない"},
        },
        "embedded": {
            "custom_value": "gold",
            "response_status": "completed",
            "case_id": "5005i00000TdKpRAAV",
            "contact_id": "0035i00000QxY7bAAF",
        },
        "nps": {"score": 9},
    }


@pytest.mark.parametrize(("case", "score"), [("passive", 8), ("detractor", 4), ("impossible_score", 11)])
def test_the_score_is_the_weight_of_the_choice(case: str, score: int) -> None:
    assert feedback_of(case).nps.score == score


def test_a_response_without_a_score_has_none() -> None:
    assert feedback_of("without_score").nps is None


def test_older_responses_name_the_recipient_in_another_place() -> None:
    respondent = feedback_of("passive").respondent
    assert (respondent.email, respondent.name) == ("grace@example.com", "Grace Hopper")


def test_a_page_of_a_response_is_an_event_only_when_the_settings_want_it() -> None:
    assert events("first_page") == []
    wanted = {"event_types": ["response_completed", "response_updated"]}
    feedback = feedback_of("first_page", **wanted)
    assert feedback.embedded["response_status"] == "partial"
    assert feedback.nps.score == 7


def test_each_page_brings_new_content_to_the_same_event() -> None:
    told = json.loads((FOLDER / "promoter.json").read_text())
    again = told | {"event_id": "100217740099", "event_datetime": "2026-11-20T09:13:00+00:00"}
    first, second = (
        tool("surveymonkey").events(json.dumps(body).encode(), TYPE, source())[0] for body in (told, again)
    )
    assert first.id == second.id
    assert first.document != second.document


@pytest.mark.parametrize(
    ("spoil", "path"),
    [
        (lambda told: told.pop("object_id"), "object_id"),
        (lambda told: told.update(object_id="1/../2"), "object_id"),
        (lambda told: told.pop("resources"), "resources"),
        (lambda told: told["resources"].update(survey_id="１２"), "resources.survey_id"),
    ],
)
def test_ids_that_cannot_be_part_of_an_address_are_refused(spoil: Any, path: str) -> None:
    told = json.loads((FOLDER / "promoter.json").read_text())
    spoil(told)
    with pytest.raises(InvalidEvent) as refused:
        tool("surveymonkey").events(json.dumps(told).encode(), TYPE, source())
    assert [problem.path for problem in refused.value.problems] == [path]
