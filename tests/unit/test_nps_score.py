import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.feedback.model import Nps
from feedback_bridge.nps.score import Labels, NotAScore, Thresholds, read_score, tag

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def tagged(score: object, thresholds: Thresholds | None = None) -> Nps:
    return tag(Nps(score=score), thresholds or Thresholds(), Labels())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("score", "band", "normalised"),
    [
        (0, "detractor", -1),
        (6, "detractor", -1),
        (7, "passive", 0),
        (8, "passive", 0),
        (9, "promoter", 1),
        (10, "promoter", 1),
    ],
)
def test_a_score_of_six_is_a_detractor_and_of_nine_a_promoter(score: int, band: str, normalised: int) -> None:
    nps = tagged(score)
    assert (nps.score, nps.band, nps.label, nps.normalised) == (score, band, band, normalised)


@pytest.mark.parametrize("given", ["9", " 9 ", "９", "9.0", 9.0, "09"])
def test_a_score_that_tools_send_as_text_becomes_a_number(given: object) -> None:
    score = tagged(given).score
    assert score == 9
    assert type(score) is int


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (11, "between 0 and 10"),
        (-1, "between 0 and 10"),
        ("-1", "between 0 and 10"),
        (7.5, "whole number"),
        ("7,5", "not a number"),
        ("abc", "not a number"),
        ("", "not a number"),
        (True, "not a number"),
        ("1e1", "not a number"),
        ("1_0", "not a number"),
        ([9], "not a number"),
        (float("nan"), "whole number"),
    ],
)
def test_a_score_that_is_none_is_kept_as_given_with_the_reason(given: object, why: str) -> None:
    nps = tag(Nps(score=given, comment="遅い"), Thresholds(), Labels())  # type: ignore[arg-type]
    assert nps.score is None
    assert nps.band is None
    assert why in (nps.problem or "")
    assert str(given) not in (nps.problem or "") or given in ("", 11)
    assert nps.comment == "遅い"


def test_a_response_without_a_score_passes_untouched() -> None:
    nps = Nps(comment="特になし")
    assert tag(nps, Thresholds(), Labels()) is nps


def test_bands_follow_the_thresholds_of_the_source() -> None:
    assert tagged(8, Thresholds(promoter=8, passive=6)).band == "promoter"
    assert tagged(6, Thresholds(promoter=8, passive=6)).band == "passive"


def test_labels_are_what_the_source_calls_the_bands() -> None:
    labels = Labels(promoter="推奨者", passive="中立者", detractor="批判者")
    assert tag(Nps(score=3), Thresholds(), labels).label == "批判者"


@pytest.mark.parametrize(("promoter", "passive"), [(7, 7), (6, 8), (11, 7), (9, 0)])
def test_thresholds_that_leave_a_band_empty_or_out_of_range_are_refused(promoter: int, passive: int) -> None:
    with pytest.raises(ValueError, match="thresholds must satisfy"):
        Thresholds(promoter=promoter, passive=passive)


@given(JSON)
def test_anything_at_all_is_a_score_from_0_to_10_or_is_told_why_not(value: object) -> None:
    try:
        score = read_score(value)  # type: ignore[arg-type]
    except NotAScore:
        return
    assert score in range(11)
    assert type(score) is int
