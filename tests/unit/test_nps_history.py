"""One person's scores: in their place, once each, and what each means among those before it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.nps.history import (
    MOST_ANSWERS,
    Change,
    Placed,
    Scored,
    following,
    join,
    moment_of,
    place,
    standing,
)
from feedback_bridge.nps.score import Thresholds, band_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def scored(number: int, score: int, day: int = 1, content: int = 1) -> Scored:
    at = moment_of(datetime(2026, 11, day, 3, tzinfo=UTC), NOON)
    return Scored(at, f"typeform-main:{number:03}", score, band_of(score, Thresholds()), content)


def placed(*answers: Scored) -> tuple[Scored, ...]:
    history: tuple[Scored, ...] = ()
    for answer in answers:
        history = place(history, "", answer).answers
    return history


def test_a_three_after_a_nine_is_a_fall_of_six() -> None:
    history = placed(scored(1, 9, day=1), scored(2, 3, day=20))
    now = standing(history, "typeform-main:002", 90)
    assert now is not None
    assert now.previous is not None
    assert (now.previous.score, now.change, now.average, now.answers, now.trend) == (9, -6, 6.0, 2, "falling")


def test_a_first_score_has_nothing_before_it() -> None:
    now = standing(placed(scored(1, 9)), "typeform-main:001", 90)
    assert now is not None
    assert (now.previous, now.change, now.trend, now.average) == (None, None, None, 9.0)


def test_half_a_point_is_no_trend() -> None:
    history = placed(scored(1, 8, day=1), scored(2, 9, day=2), scored(3, 9, day=3))
    now = standing(history, "typeform-main:003", 90)
    assert now is not None
    assert now.trend == "steady"


def test_scores_before_the_window_are_previous_but_no_part_of_average_and_trend() -> None:
    history = placed(scored(1, 2, day=1), scored(2, 9, day=20))
    now = standing(history, "typeform-main:002", 7)
    assert now is not None
    assert now.previous is not None
    assert (now.previous.score, now.change, now.average, now.answers, now.trend) == (2, 7, 9.0, 1, None)


def test_the_same_answer_twice_counts_once() -> None:
    history = placed(scored(1, 9))
    assert place(history, "", scored(1, 9)) == Placed(history)
    told_more = place(history, "", scored(1, 9, content=2))
    assert [(answer.score, answer.content) for answer in told_more.answers] == [(9, 2)]
    assert told_more.change is not None
    assert not told_more.change.of_score


def test_newer_content_of_an_answer_takes_its_place_and_older_content_does_not() -> None:
    history = placed(scored(1, 9))
    newer = place(history, "", scored(1, 4, content=2))
    assert [answer.score for answer in newer.answers] == [4]
    assert newer.change == Change(scored(1, 9), scored(1, 4, content=2))
    assert place(newer.answers, "", scored(1, 9, content=1)).change is None


def test_a_late_answer_lands_in_its_place_and_the_one_after_it_has_another_previous_score() -> None:
    history = placed(scored(1, 9, day=1), scored(3, 3, day=20), scored(2, 6, day=10))
    assert [answer.score for answer in history] == [9, 6, 3]
    after = following(history, "typeform-main:002")
    assert after is not None
    assert after.feedback_id == "typeform-main:003"
    now = standing(history, "typeform-main:003", 90)
    assert now is not None
    assert now.change == -3


def test_an_answer_from_the_future_stands_where_it_arrived() -> None:
    arrived = NOON.isoformat(timespec="microseconds")
    assert moment_of(NOON + timedelta(days=400), NOON) == arrived
    assert moment_of(NOON + timedelta(minutes=5), NOON) > arrived


def test_times_of_different_zones_are_put_in_their_true_order() -> None:
    tokyo = datetime.fromisoformat("2026-11-21T09:00:00+09:00")
    london = datetime.fromisoformat("2026-11-21T01:00:00+00:00")
    assert moment_of(tokyo, NOON) < moment_of(london, NOON)


def test_the_oldest_leave_and_what_is_older_than_they_does_not_come_back() -> None:
    history, floor = (), ""
    for number in range(MOST_ANSWERS + 5):
        at = (NOON + timedelta(days=number - 500)).isoformat(timespec="microseconds")
        step = place(history, floor, Scored(at, f"a:{number}", 7, "passive"))
        history, floor = step.answers, step.floor
    assert len(history) == MOST_ANSWERS
    assert history[0].feedback_id == "a:5"
    for number in (0, 4):
        at = (NOON + timedelta(days=number - 500)).isoformat(timespec="microseconds")
        assert place(history, floor, Scored(at, f"a:{number}", 7, "passive")).change is None


def test_two_histories_of_one_person_become_one_and_an_answer_in_both_counts_once() -> None:
    mine, theirs = (
        placed(scored(1, 9), scored(2, 5, day=2)),
        placed(scored(2, 8, day=2, content=2), scored(3, 3, day=3)),
    )
    whole, twice = join(mine, "", theirs, "")
    assert [(answer.feedback_id[-1], answer.score) for answer in whole.answers] == [("1", 9), ("2", 8), ("3", 3)]
    assert twice == [Change(scored(2, 5, day=2), None)]


answer = st.builds(scored, st.integers(0, 8), st.integers(0, 10), st.integers(1, 20), st.integers(1, 3))


@given(st.permutations([scored(number, number % 11, day=number % 20 + 1) for number in range(12)]))
def test_the_order_of_arrival_does_not_matter(answers: list[Scored]) -> None:
    assert placed(*answers) == placed(*sorted(answers))


@given(st.lists(answer, max_size=30))
def test_a_history_is_sorted_and_has_every_answer_once_whatever_arrives(answers: list[Scored]) -> None:
    history = placed(*answers)
    assert list(history) == sorted(history)
    assert sorted(item.feedback_id for item in history) == sorted({item.feedback_id for item in answers})
    for item in history:
        assert item.content == max(other.content for other in answers if other.feedback_id == item.feedback_id)
