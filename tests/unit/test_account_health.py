"""An account's health: what use of a product counts as, the figure with its parts, and what is signalled."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.health.books import AccountBooks
from feedback_bridge.health.document import HealthDocument, UsageLimits, parse_health
from feedback_bridge.health.formula import figure
from feedback_bridge.health.known import next_renewal
from feedback_bridge.health.signals import silent_after_low_usage, usage_fell
from feedback_bridge.health.usage import Use, mark_of, usage, uses_in

TODAY = date(2026, 11, 21)
ACCOUNT = "account#001000000000001AAA"
LIMITS = UsageLimits(days=30, low_percent=50, at_least=5)


def document(**parts: dict[str, Any]) -> HealthDocument:
    renewal = {"opportunities": True}
    return parse_health({"kind": "health", "id": "main", "org": "production", "renewal": renewal, "parts": parts})


def use(days_ago: int, person: str = "花子", feature: str = "reports") -> Use:
    return Use(TODAY - timedelta(days=days_ago), person, feature)


def used(*uses: Use, until: date = TODAY) -> Any:
    return usage(uses, until, 30)


def event(**changes: Any) -> Feedback:
    at = datetime(2026, 11, 21, 3, tzinfo=UTC)
    said = {"id": "pendo:1", "type": "usage_event", "source": "pendo", "occurred_at": at, "received_at": at}
    return Feedback.model_validate({**said, "respondent": {"email": "hanako.sato@example.jp"}, **changes})


def test_breadth_is_features_depth_features_a_person_and_frequency_days() -> None:
    found = used(use(1), use(1, feature="export"), use(2), use(3, "健"), use(40, "健", "import"))
    assert (found.breadth, found.depth, found.frequency) == (2, 1.5, 3)
    assert found.features == {"reports": 3, "export": 1}


def test_nobody_using_it_is_no_figure_and_not_a_zero() -> None:
    assert used() is None
    assert used(use(30)) is None


@given(st.permutations([use(1), use(1), use(2, "健"), use(2, "健", "export")]))
def test_the_same_use_again_and_in_any_order_is_the_same_usage(uses: list[Use]) -> None:
    assert used(*uses) == used(use(1), use(2, "健"), use(2, "健", "export"))


def test_a_use_is_a_mark_of_the_day_and_the_person_that_names_nobody() -> None:
    mark = mark_of(event(), "001000000000001", "reports")
    assert mark is not None
    assert (mark.owner, mark.day, mark.feature) == (ACCOUNT, "d21", "reports")
    assert "hanako" not in mark.name
    (found,) = uses_in(mark.name, {mark.day: ["reports"]})
    assert (found.day, found.feature) == (TODAY, "reports")


def test_a_use_from_the_future_is_one_of_the_day_it_arrived() -> None:
    mark = mark_of(event(occurred_at="2031-01-01T00:00:00Z"), "ACME", "reports")
    assert mark is not None
    assert (mark.name[:13], mark.day) == ("usage-2026-11", "d21")


@pytest.mark.parametrize(("account", "feature"), [(None, "x"), ("", "x"), ("A", None), ("A", " "), ("A", "x" * 61)])
def test_a_use_without_account_or_feature_is_none(account: Any, feature: Any) -> None:
    assert mark_of(event(), account, feature) is None


def test_the_figure_is_the_mean_of_the_points_by_weight_and_shows_every_part() -> None:
    formula = document(
        score={"of": "score", "worst": -100, "best": 100, "weight": 3},
        breadth={"of": "breadth", "worst": 0, "best": 10},
        trend={"of": "trend", "worst": -50, "best": 50},
    )
    health = figure(formula, {"score": 40, "breadth": 4, "trend": None})
    assert health is not None
    assert health.score == 62  # (3 x 70 + 40) / 4, rounded to even
    assert (health.parts["score"].points, health.parts["breadth"].points, health.unknown) == (70, 40, ["trend"])
    assert health.explanation == ("score 40 = 70 points (weight 3); breadth 4 = 40 points (weight 1); unknown: trend")


def test_nothing_known_is_no_figure() -> None:
    assert figure(document(score={"of": "score", "worst": -100, "best": 100}), {"score": None}) is None


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_points_stay_between_0_and_100_whichever_end_is_the_better_one(value: float, worst: float, best: float) -> None:
    if worst == best:
        return
    health = figure(document(p={"of": "depth", "worst": worst, "best": best}), {"p": value})
    assert health is not None
    assert 0 <= health.score <= 100


@pytest.mark.parametrize(
    "part",
    [
        {"of": "score", "worst": 1, "best": 1},
        {"of": "score", "field": "Seats__c", "worst": 0, "best": 1},
        {"worst": 0, "best": 1},
        {"of": "charm", "worst": 0, "best": 1},
        {"of": "score", "worst": 0, "best": 1, "weight": 0},
    ],
)
def test_a_formula_that_makes_no_sense_is_a_problem(part: dict[str, Any]) -> None:
    with pytest.raises(InvalidDocument):
        document(p=part)


def test_a_feature_that_is_used_half_as_much_is_told_once_with_the_numbers() -> None:
    before = used(*[use(day) for day in range(8)])
    now = used(*[use(day) for day in range(3)])
    fallen, signal = usage_fell(now, before, LIMITS, told=())
    assert signal is not None
    assert signal.reason == "Use fell in 30 days: of reports from 8 to 3."
    assert usage_fell(now, before, LIMITS, told=fallen) == (["reports"], None)


def test_a_feature_that_was_hardly_used_before_tells_nothing() -> None:
    assert usage_fell(None, used(use(1), use(2)), LIMITS, told=()) == ([], None)
    assert usage_fell(None, None, LIMITS, told=()) == ([], None)


def test_silence_is_little_use_and_no_answer_meanwhile() -> None:
    before = used(*[use(day) for day in range(20)])
    now = used(use(1), use(2))
    silent = silent_after_low_usage(now, before, TODAY - timedelta(days=31), TODAY, LIMITS)
    assert silent is not None
    assert silent.reason == "Used on 2 days, after 20 in the 30 days before, and no answer since 2026-10-21."
    assert silent_after_low_usage(now, before, TODAY - timedelta(days=3), TODAY, LIMITS) is None
    assert silent_after_low_usage(before, before, None, TODAY, LIMITS) is None
    assert silent_after_low_usage(None, before, None, TODAY, LIMITS) is not None


def test_the_trend_is_the_score_less_that_of_the_window_before() -> None:
    books, formula = AccountBooks(), document(p={"of": "score", "worst": 0, "best": 1})
    books.add_counts(ACCOUNT, "2026-11", {"promoter_20": 1})
    books.add_counts(ACCOUNT, "2026-11#tier=gold", {"detractor_20": 9})
    alone = books.measured(ACCOUNT, formula, TODAY, 90, date(2026, 12, 1))
    assert (alone["score"], alone["trend"], alone["days_to_renewal"]) == (100, None, 10)
    books.add_counts(ACCOUNT, "2026-07", {"detractor_01": 1, "passive_02": 1})
    assert books.measured(ACCOUNT, formula, TODAY, 90, None)["trend"] == 150
    assert books.last_answer(ACCOUNT) == date(2026, 11, 20)


def test_the_next_renewal_is_the_earliest_that_has_not_passed() -> None:
    assert next_renewal(["2026-11-20", "2027-03-31", None, "2026-12-01T00:00:00Z"], TODAY) == date(2026, 12, 1)
    assert next_renewal(["2026-11-20"], TODAY) is None
