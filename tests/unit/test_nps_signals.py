"""Which scores somebody should hear of, and the reason that is told."""

from datetime import date
from typing import Any

import pytest

from feedback_bridge.feedback.model import Nps
from feedback_bridge.nps.score import Thresholds, band_of
from feedback_bridge.nps.signals import Limits, signals

TODAY = date(2026, 11, 21)


def heard(score: int, previous: int | None = None, renewal: Any = None, limits: Limits | None = None) -> dict[str, str]:
    told: dict[str, Any] = {}
    if previous is not None:
        told = {
            "previous_score": previous,
            "previous_band": band_of(previous, Thresholds()),
            "change": score - previous,
        }
    nps = Nps(score=score, band=band_of(score, Thresholds()), **told)
    return {signal.name: signal.reason for signal in signals(nps, limits or Limits(), renewal, TODAY)}


def test_a_three_after_a_nine_is_a_detractor_and_a_fall() -> None:
    assert heard(3, 9) == {"detractor": "The score is 3.", "score_fell": "The score fell by 6, from 9 to 3."}


def test_a_fall_of_two_points_is_one_only_across_two_bands() -> None:
    assert "score_fell" not in heard(7, 9)
    assert "score_fell" in heard(6, 9)
    assert "score_fell" not in heard(4, 6)
    wide = Nps(score=6, band="detractor", previous_score=8, previous_band="promoter", change=-2)
    assert [signal.name for signal in signals(wide, Limits(), None, TODAY)] == ["detractor", "score_fell"]


def test_how_far_a_score_must_fall_can_be_set() -> None:
    assert "score_fell" in heard(8, 9, limits=Limits(fell_by=1))
    assert "score_fell" not in heard(5, 8, limits=Limits(fell_by=4))


def test_a_passive_who_goes_down_is_slipping_and_one_who_comes_up_is_not() -> None:
    slipping = {"passive": "The score is 7.", "passive_slipping": "A passive's score went down from 8 to 7."}
    assert heard(7, 8) == slipping
    assert heard(7, 6) == heard(7) == {"passive": "The score is 7."}


@pytest.mark.parametrize(
    ("renewal", "near"),
    [
        ("2026-12-31", True),
        ("2026-11-21T09:00:00+09:00", True),
        ("2027-12-31", False),
        ("2026-11-20", False),
        ("soon", False),
        (None, False),
        (20261231, False),
    ],
)
def test_a_promoter_before_a_renewal_is_told_with_the_days_that_are_left(renewal: Any, near: bool) -> None:
    assert ("promoter_before_renewal" in heard(9, renewal=renewal)) is near
    assert "promoter" in heard(9, renewal=renewal)


def test_the_reason_counts_the_days() -> None:
    assert heard(10, renewal="2026-12-01")["promoter_before_renewal"] == (
        "The score is 10, and the renewal is in 10 days."
    )


def test_what_is_no_score_signals_nothing() -> None:
    assert signals(Nps(given=11, problem="the score is not between 0 and 10"), Limits(), None, TODAY) == []
