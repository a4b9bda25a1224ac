"""What Qualtrics announces, and the answers that are fetched for it, as Feedback."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from cli.signing import signed
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.sources.registry import parse_source, tool
from feedback_bridge.sources.tool import Event, InvalidEvent, Request, Unreadable, UnsupportedType, Unverified, Unwanted

QUALTRICS = Path(__file__).parents[2] / "events/sources/qualtrics"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"
SURVEY = "SV_8xKq2LmT5vWn0Rd"


def source(**settings: Any) -> Any:
    settings = {"data_center": "fra1", "api_token": "qualtrics-api", **settings}
    return parse_source({"id": "qualtrics-cx", "type": "qualtrics", "secret": "qualtrics-cx", **settings})


def events(message: bytes, **settings: Any) -> list[Event]:
    return tool("qualtrics").events(signed("qualtrics", message, "s").body, FORM, source(**settings))


def message(case: str, **changes: Any) -> bytes:
    told = json.loads((QUALTRICS / f"{case}.json").read_text())
    return json.dumps({key: value for key, value in (told | changes).items() if value is not None}).encode()


def response(case: str) -> dict[str, Any]:
    told = json.loads(message(case))
    return json.loads((QUALTRICS / f"responses/{told['SurveyID']}/{told['ResponseID']}.json").read_text())


def feedback_of(case: str, answers: dict[str, Any] | None = None, **settings: Any) -> Feedback:
    (event,) = events(message(case))
    return tool("qualtrics").read(event, source(**settings), NOW, json.dumps(answers or response(case)).encode())


def test_a_completed_response_is_announced_and_its_answers_are_awaited() -> None:
    (event,) = events(message("promoter"))
    assert (event.id, event.awaits_answers) == ("R_1mZp7QxV3tKb9Wy", True)


def test_the_answers_are_fetched_from_the_data_center_with_the_api_token() -> None:
    (event,) = events(message("promoter"))
    request = tool("qualtrics").answers_request(event, source())
    assert request.url == f"https://fra1.qualtrics.com/API/v3/surveys/{SURVEY}/responses/R_1mZp7QxV3tKb9Wy"
    assert (request.secret, request.header, request.prefix) == ("qualtrics-api", "X-API-TOKEN", "")
    elsewhere = source(data_center=None, api_url="http://127.0.0.1:18200/")
    assert tool("qualtrics").answers_request(event, elsewhere).url.startswith("http://127.0.0.1:18200/API/v3/surveys/")


def test_a_promoters_response_in_full() -> None:
    feedback = feedback_of(
        "promoter", nps={"comment": "answers.QID3_TEXT.value"}, survey_names={SURVEY: "年次満足度調査"}
    )
    assert feedback.to_document() == {
        "id": "qualtrics-cx:R_1mZp7QxV3tKb9Wy",
        "type": "survey_response",
        "source": "qualtrics-cx",
        "occurred_at": "2026-11-20T08:15:40Z",
        "received_at": "2026-11-21T03:00:00Z",
        "respondent": {
            "email": "hanako.sato@example.jp",
            "name": "佐藤 花子",
            "first_name": "花子",
            "last_name": "佐藤",
            "user_id": "0035i00000QxY7bAAF",
            "salesforce_id": "0035i00000QxY7bAAF",
        },
        "survey": {"id": SURVEY, "name": "年次満足度調査", "language": "ja", "channel": "email"},
        "answers": {
            "QID1": {"value": 2, "label": "満足"},
            "QID2": {"value": 10, "label": "10"},
            "QID2_NPS_GROUP": {"value": 3, "label": "推奨者"},
            "QID3_TEXT": {"value": "操作が分かりやすく、毎日使っています。"},
            "QID4": {"value": ["1", "3"], "label": ["価格", "品質"]},
        },
        "embedded": {
            "tier": "gold",
            "CaseId": "5005i00000TdKpRAAV",
            "Q_URL": f"https://example.qualtrics.com/jfe/form/{SURVEY}",
        },
        "nps": {"score": 10, "comment": "操作が分かりやすく、毎日使っています。"},
    }


@pytest.mark.parametrize(("case", "score"), [("passive", 8), ("detractor", 2), ("impossible_score", 11)])
def test_the_score_is_the_answer_beside_its_nps_group(case: str, score: int) -> None:
    assert feedback_of(case).nps.score == score


def test_an_nps_question_that_was_shown_and_not_answered_is_no_score() -> None:
    feedback = feedback_of("without_score")
    assert feedback.nps is None
    assert set(feedback.answers) == {"QID1", "QID3_TEXT"}


def test_an_account_id_in_the_embedded_data_is_recognised() -> None:
    assert feedback_of("detractor").respondent.account_id == "0015i00000PqRsTAAV"


def test_a_preview_is_no_feedback_unless_the_settings_want_it() -> None:
    with pytest.raises(Unwanted, match="preview response"):
        feedback_of("preview")
    feedback = feedback_of("preview", skip=[])
    assert feedback.survey.channel == "preview"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (1, "preview"),
        (2, "test"),
        (4, "imported"),
        (8, "spam"),
        (16, "offline"),
        (17, "offline_preview"),
        (99, "other"),
    ],
)
def test_every_status_has_a_name_to_skip_it_by(status: int, kind: str) -> None:
    answers = response("promoter")
    answers["result"]["values"]["status"] = status
    with pytest.raises(Unwanted, match=f"a {kind} response"):
        feedback_of("promoter", answers, skip=[kind])


def test_a_time_without_a_zone_is_not_believed() -> None:
    answers = response("promoter")
    answers["result"]["values"]["endDate"] = "2026-11-20 17:15:40"
    assert feedback_of("promoter", answers).occurred_at == datetime(2026, 11, 20, 8, 15, 42, 113000, tzinfo=UTC)


@pytest.mark.parametrize(("code", "language"), [("JA", "ja"), ("PT-BR", "pt-BR"), ("ZH-S", "zh-Hans"), ("", None)])
def test_the_language_is_written_as_in_bcp_47(code: str, language: str | None) -> None:
    answers = response("promoter")
    answers["result"]["values"]["userLanguage"] = code
    assert feedback_of("promoter", answers).survey.language == language


def test_answers_of_loops_and_side_by_side_tables_have_plain_names() -> None:
    answers = response("promoter")
    answers["result"]["values"] |= {"QID18#1_1": 1, "1_QID7": 4}
    feedback = feedback_of("promoter", answers)
    assert feedback.answers["QID18_1_1"].value == 1
    assert feedback.embedded["1_QID7"] == 4


@pytest.mark.parametrize("changes", [{"Status": "Partial"}, {"Status": "complete"}])
def test_only_a_complete_response_is_an_event(changes: dict[str, str]) -> None:
    assert events(message("promoter", **changes)) == []


def test_a_survey_that_was_activated_is_no_event() -> None:
    assert events(message("survey_activated")) == []


def test_surveys_can_be_left_out_before_their_answers_are_fetched() -> None:
    assert events(message("promoter"), only_surveys=["SV_other"]) == []
    assert len(events(message("promoter"), only_surveys=[SURVEY, "SV_other"])) == 1


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"ResponseID": None}, "ResponseID"),
        ({"SurveyID": None}, "SurveyID"),
        ({"ResponseID": "../whoami"}, "ResponseID"),
        ({"SurveyID": "SV_1/../../x"}, "SurveyID"),
        ({"ResponseID": 17}, "ResponseID"),
    ],
)
def test_ids_that_cannot_be_part_of_an_address_are_refused(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        events(message("promoter", **changes))
    assert [problem.path for problem in refused.value.problems] == [path]


@pytest.mark.parametrize("nonsense", [b"", b"hello", b"[1]", b'{"Status":"Complete","Status":"Complete"}', b"\xff"])
def test_a_message_that_is_no_json_object_is_unreadable(nonsense: bytes) -> None:
    with pytest.raises(Unreadable):
        tool("qualtrics").events(urlencode({"MSG": nonsense, "HMAC": "x"}).encode(), FORM, source())


def test_the_body_is_a_form() -> None:
    with pytest.raises(UnsupportedType):
        tool("qualtrics").events(message("promoter"), "application/json", source())


def unsigned(body: bytes, kind: str) -> list[Event]:
    return tool("qualtrics").events(body, kind, source(shared_secret={"query": "key"}))


def test_a_subscription_without_a_shared_key_sends_the_same_facts_as_a_form() -> None:
    fields = {"Topic": f"exampleinc.surveyengine.completedResponse.{SURVEY}", **json.loads(message("promoter"))}
    (event,) = unsigned(urlencode(fields).encode(), FORM)
    assert (event.id, event.awaits_answers) == ("R_1mZp7QxV3tKb9Wy", True)
    assert unsigned(urlencode(fields | {"Status": "Partial"}).encode(), FORM) == []


def test_a_workflow_sends_them_as_json_with_what_its_author_wrote() -> None:
    body = json.dumps({"SurveyID": SURVEY, "ResponseID": "R_1mZp7QxV3tKb9Wy"}).encode()
    (event,) = unsigned(body, "application/json")
    assert tool("qualtrics").answers_request(event, source()).url.endswith("/responses/R_1mZp7QxV3tKb9Wy")


@pytest.mark.parametrize(("query", "valid"), [({"key": "s3cret"}, True), ({"key": "s3creT"}, False), ({}, False)])
def test_where_nothing_is_signed_the_secret_is_in_the_address(query: dict[str, str], valid: bool) -> None:
    fields = urlencode(json.loads(message("promoter"))).encode()
    request = Request("POST", {"content-type": FORM}, fields, query)
    if valid:
        tool("qualtrics").verify(request, source(shared_secret={"query": "key"}), ["s3cret"], NOW)
    else:
        with pytest.raises(Unverified):
            tool("qualtrics").verify(request, source(shared_secret={"query": "key"}), ["s3cret"], NOW)


@pytest.mark.parametrize("answers", [b"", b"{}", b'{"result":{}}', b'{"result":{"values":[]}}', b"<html>", None])
def test_an_answer_of_the_api_that_is_no_response_is_refused_in_our_words(answers: bytes | None) -> None:
    (event,) = events(message("promoter"))
    with pytest.raises((Unreadable, InvalidEvent)):
        tool("qualtrics").read(event, source(), NOW, answers)


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"data_center": None}, ""),
        ({"api_url": "https://qualtrics.example.com"}, ""),
        ({"data_center": None, "api_url": "http://qualtrics.example.com"}, "api_url"),
        ({"data_center": None, "api_url": "https://user:pass@qualtrics.example.com"}, "api_url"),
        ({"data_center": "fra1.qualtrics.com/evil?"}, "data_center"),
        ({"only_surveys": ["R_1"]}, "only_surveys[0]"),
        ({"skip": ["junk"]}, "skip[0]"),
        ({"api_token": None}, "api_token"),
    ],
)
def test_settings_that_cannot_work_are_problems(settings: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        source(**settings)
    assert [problem.path for problem in refused.value.problems] == [path]
