"""The Net Promoter Score of many answers, kept by counting."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.nps.accounts import account_id, account_key, segments
from feedback_bridge.nps.counts import EVERYBODY, Counts, buckets, counted, months, window
from feedback_bridge.nps.history import Change, Scored


@pytest.mark.parametrize(
    ("counts", "score"),
    [
        (Counts(2, 1, 1), 25),
        (Counts(1, 1, 1), 0),
        (Counts(0, 0, 4), -100),
        (Counts(5, 0, 0), 100),
        (Counts(2, 1, 0), 67),
        (Counts(1, 5, 2), -13),
        (Counts(), None),
    ],
)
def test_promoters_less_detractors_in_percent(counts: Counts, score: int | None) -> None:
    assert counts.score == score


@given(st.builds(Counts, st.integers(0, 999), st.integers(0, 999), st.integers(0, 999)))
def test_a_score_is_from_minus_100_to_100_and_mirrors_when_promoters_and_detractors_do(counts: Counts) -> None:
    score = counts.score
    mirrored = Counts(counts.detractors, counts.passives, counts.promoters).score
    if score is None:
        assert mirrored is None
    else:
        assert -100 <= score <= 100
        assert mirrored == -score


def test_an_answer_counts_for_everybody_its_account_and_its_segments() -> None:
    answer = Scored("2026-11-21T03:00:00", "a:1", 9, "promoter", account="account#001", segments=("tier=gold",))
    assert buckets([Change(None, answer)]) == {
        (EVERYBODY, "2026-11", "promoter_21"): 1,
        (EVERYBODY, "2026-11#tier=gold", "promoter_21"): 1,
        ("account#001", "2026-11", "promoter_21"): 1,
        ("account#001", "2026-11#tier=gold", "promoter_21"): 1,
    }


def test_an_answer_that_changes_leaves_its_old_count() -> None:
    before = Scored("2026-11-21T03:00:00", "a:1", 9, "promoter")
    after = before._replace(score=3, band="detractor", content=2)
    assert buckets([Change(before, after)]) == {
        (EVERYBODY, "2026-11", "promoter_21"): -1,
        (EVERYBODY, "2026-11", "detractor_21"): 1,
    }
    assert buckets([Change(None, before), Change(before, None)]) == {}


def test_a_window_of_ninety_days_ends_today_and_needs_four_months_at_most() -> None:
    since, until = window(date(2026, 11, 21), 90)
    assert (since, until) == (date(2026, 8, 24), date(2026, 11, 21))
    assert months(since, until) == ["2026-08", "2026-09", "2026-10", "2026-11"]
    assert months(date(2025, 12, 31), date(2026, 1, 1)) == ["2025-12", "2026-01"]


def test_days_outside_the_window_do_not_count() -> None:
    items = [("2026-08", {"promoter_23": 5, "promoter_24": 1}), ("2026-11", {"detractor_21": 1, "passive_22": 7})]
    assert counted(items, date(2026, 8, 24), date(2026, 11, 21)) == Counts(1, 0, 1)


def test_a_salesforce_account_is_the_same_whichever_tool_names_it_and_other_ids_are_not() -> None:
    assert account_key("pendo", "001000000000001") == account_key("delighted", "001000000000001AAA")
    assert account_key("pendo", "ACME") != account_key("delighted", "ACME")
    assert account_id(account_key("pendo", "A#1") or "") == "A#1"
    assert account_id(account_key("pendo", "001000000000001AAA") or "") == "001000000000001AAA"


@pytest.mark.parametrize("nothing", [None, "", "  ", True, {"id": 1}, ["a"], "x" * 201])
def test_what_is_no_id_is_no_account(nothing: object) -> None:
    assert account_key("pendo", nothing) is None


def test_segments_are_named_values_and_nothing_that_could_not_be_one() -> None:
    assert segments(
        {"tier": "金", "topics": ["価格", "対応"], "seats": 12, "new": True, "why": "x" * 61, "none": None}
    ) == (
        "new=true",
        "seats=12",
        "tier=金",
        "topics=価格",
        "topics=対応",
    )
