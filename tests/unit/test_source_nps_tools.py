"""Delighted, AskNicely, Pendo and Specific: tools that ask for a score and say so themselves."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.feedback.model import Feedback
from feedback_bridge.feedback.raw import digest_of
from feedback_bridge.sources.registry import parse_source, tool
from feedback_bridge.sources.tool import InvalidEvent

EVENTS = Path(__file__).parents[2] / "events/sources"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SETTINGS: dict[str, dict[str, Any]] = {"specific": {"shared_secret": {"header": "X-Key"}}}


def body(name: str, case: str) -> dict[str, Any]:
    return json.loads((EVENTS / name / f"{case}.json").read_text())


def read(name: str, document: dict[str, Any], **settings: Any) -> list[Feedback]:
    source = parse_source({"id": name, "type": name, "secret": name, **SETTINGS.get(name, {}), **settings})
    events = tool(name).events(json.dumps(document).encode(), "application/json", source)
    return [tool(name).read(event, source, NOW) for event in events]


def feedback_of(name: str, case: str, **settings: Any) -> Feedback:
    (feedback,) = read(name, body(name, case), **settings)
    return feedback


SCORES = {
    "delighted": {"promoter": 9, "passive": 7, "detractor": 0, "without_score": None, "impossible_score": 11},
    "asknicely": {"promoter": "10", "passive": "8", "detractor": "5", "without_score": None, "impossible_score": "abc"},
    "pendo": {"promoter": 9, "passive": 7, "detractor": 6, "without_score": None, "impossible_score": 11},
    "specific": {"promoter": 10, "passive": "7", "detractor": 2, "without_score": None, "impossible_score": -1},
}


@pytest.mark.parametrize(
    ("name", "case", "score"), [(n, c, s) for n, cases in SCORES.items() for c, s in cases.items()]
)
def test_the_score_is_taken_as_it_was_sent(name: str, case: str, score: Any) -> None:
    feedback = feedback_of(name, case)
    assert feedback.nps is not None
    assert feedback.nps.score == score
    assert feedback.scored is (score is not None)


@pytest.mark.parametrize("name", SCORES)
def test_the_respondent_is_known(name: str) -> None:
    assert feedback_of(name, "promoter").respondent.email == "hanako.sato@example.jp"


# Delighted


def test_delighteds_comment_that_comes_later_updates_the_same_feedback() -> None:
    first, later = feedback_of("delighted", "score_first"), feedback_of("delighted", "promoter")
    assert first.id == later.id == "delighted:58410021"
    assert (first.nps.comment, later.nps.comment) == (None, "迷わず使えるところが気に入っています。")
    assert digest_of(first) != digest_of(later)


def test_a_delighted_response_that_is_sent_again_is_the_same() -> None:
    again = body("delighted", "promoter") | {"event_id": "0" * 64}
    assert read("delighted", again) == [feedback_of("delighted", "promoter")]


def test_delighteds_additional_answers_keep_their_questions() -> None:
    answers = feedback_of("delighted", "promoter").to_document()["answers"]
    assert answers == {
        "score": {"value": 9},
        "comment": {"value": "迷わず使えるところが気に入っています。"},
        "q_speed": {"question": "改善してほしい点は？", "value": "検索がもっと速いとうれしいです。"},
        "q_often": {"question": "どのくらい使いますか？", "value": "opt_2", "label": "毎日"},
        "q_where": {"question": "どこで使いますか？", "value": ["opt_5", "opt_6"], "label": ["Web", "アプリ"]},
    }


def test_delighteds_properties_are_embedded_and_a_salesforce_id_in_them_is_seen() -> None:
    feedback = feedback_of("delighted", "promoter")
    assert feedback.embedded["Plan"] == "プロ"
    assert feedback.respondent.salesforce_id == "0035i00000QxY7bAAF"


def test_a_csat_score_is_an_answer_and_no_nps() -> None:
    feedback = feedback_of("delighted", "csat")
    assert not feedback.scored
    assert feedback.answers["score"].value == 5


def test_somebody_who_unsubscribed_is_no_response() -> None:
    assert read("delighted", body("delighted", "unsubscribed")) == []


# AskNicely


def test_asknicelys_later_comment_updates_the_same_feedback() -> None:
    first, later = feedback_of("asknicely", "promoter"), feedback_of("asknicely", "promoter_comments")
    assert first.id == later.id == "asknicely:345094"
    assert (first.nps.comment, later.nps.comment) == (None, "スタッフの方がとても親切でした。")
    assert later.nps.themes == ["接客"]
    assert digest_of(first) != digest_of(later)


def test_asknicelys_count_alone_changes_nothing() -> None:
    again = body("asknicely", "promoter") | {"count": 2}
    assert digest_of(read("asknicely", again)[0]) == digest_of(feedback_of("asknicely", "promoter"))


def test_asknicelys_texts_become_times_and_salesforce_ids() -> None:
    feedback = feedback_of("asknicely", "promoter")
    assert feedback.occurred_at == datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
    assert feedback.respondent.salesforce_id == "0035i00000QxY7bAAF"
    assert feedback.respondent.account_id == "0015i00000PqRsTAAV"
    assert feedback.survey.name == "四半期NPS"


# Pendo


def test_a_visitor_id_that_is_an_address_is_one() -> None:
    respondent = feedback_of("pendo", "promoter").to_document()["respondent"]
    assert respondent == {
        "email": "hanako.sato@example.jp",
        "user_id": "hanako.sato@example.jp",
        "account_id": "acct-1001",
    }
    assert feedback_of("pendo", "passive").respondent.email is None


def test_pendos_guide_is_the_survey_and_its_reason_the_comment() -> None:
    document = feedback_of("pendo", "promoter").to_document()
    assert document["survey"] == {
        "id": "FjHsQ7S8z0ircYxe3vO4GHawvwI",
        "name": "四半期NPS",
        "language": "ja-JP",
        "channel": "web",
    }
    assert document["nps"] == {"score": 9, "comment": "画面が見やすいです。"}
    assert document["occurred_at"] == "2026-11-20T09:20:00Z"


def test_a_polls_answers_are_what_is_not_about_the_guide_or_where_the_settings_say() -> None:
    assert list(feedback_of("pendo", "poll").answers) == ["pollResponses"]
    settings = {"answers": {"new_screen": "properties.pollResponses[0]"}}
    answer = feedback_of("pendo", "poll", **settings).answers["new_screen"]
    assert (answer.question, answer.value) == ("新しい画面はいかがですか？", "良い")


def test_a_track_event_is_usage_and_whatever_only_shows_something_is_nothing() -> None:
    feedback = feedback_of("pendo", "track")
    assert feedback.type == "usage_event"
    assert feedback.usage == {
        "event": "trackEventReceived",
        "eventProperties": {"fromTier": "basic", "toTier": "pro"},
        "name": "プラン変更",
        "source": "web",
    }
    assert read("pendo", body("pendo", "displayed")) == []
    assert read("pendo", body("pendo", "track"), usage_events=[]) == []


# Specific


def test_a_conversations_follow_ups_summary_and_themes_are_kept() -> None:
    nps = feedback_of("specific", "promoter").to_document()["nps"]
    assert nps == {
        "score": 10,
        "comment": "とても使いやすいです。",
        "follow_ups": ["一覧の検索です。", "通知の設定です。"],
        "summary": "検索と通知を高く評価している。",
        "summary_source": "tool",
        "themes": ["検索", "通知"],
    }
    plain = feedback_of("specific", "passive").nps
    assert (plain.follow_ups, plain.themes) == (["Faster exports would help."], ["export"])


def test_one_path_of_specific_can_be_replaced_without_losing_the_others() -> None:
    nps = feedback_of("specific", "promoter", fields={"summary": "survey.name"}).nps
    assert (nps.summary, nps.score) == ("会話型NPS", 10)


# All


@pytest.mark.parametrize(
    ("name", "place", "path"),
    [
        ("delighted", ["event_data", "id"], "event_data.id"),
        ("asknicely", ["question", "id"], "question.id"),
        ("pendo", ["uniqueId"], "uniqueId"),
        ("specific", ["id"], "id || response_id || responseId"),
    ],
)
def test_an_event_without_an_id_is_refused_by_the_path_of_the_id(name: str, place: list[str], path: str) -> None:
    document = body(name, "promoter")
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    del holder[place[-1]]
    with pytest.raises(InvalidEvent) as refused:
        read(name, document)
    assert [problem.path for problem in refused.value.problems] == [path]


@given(st.permutations(list(body("delighted", "promoter")["event_data"])))
def test_the_order_of_keys_is_no_content(keys: list[str]) -> None:
    document = body("delighted", "promoter")
    data = document["event_data"]
    document["event_data"] = {key: data[key] for key in keys}
    assert digest_of(read("delighted", document)[0]) == digest_of(feedback_of("delighted", "promoter"))
