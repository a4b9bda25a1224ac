"""What the histories add up to, against what has been counted; and the report of a period."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cli.nps import bar
from feedback_bridge.nps.counts import EVERYBODY, Counts, buckets
from feedback_bridge.nps.history import Change, Scored
from feedback_bridge.nps.ledger import Person
from feedback_bridge.nps.reconciling import Books
from feedback_bridge.nps.report import report
from feedback_bridge.nps.score import Thresholds, band_of

SINCE, UNTIL = date(2026, 10, 1), date(2026, 11, 21)
ACCOUNT = "account#001000000000001AAA"


def scored(number: int, score: int, day: date, account: str | None = ACCOUNT) -> Scored:
    band = band_of(score, Thresholds())
    return Scored(f"{day.isoformat()}T03:00:00", f"a:{number}", score, band, account=account, segments=("tier=金",))


def books(*people: Person, counted: list[Scored]) -> Books:
    """`counted` is what the counters have seen."""
    kept = Books(SINCE, UNTIL)
    for person in people:
        kept.add_person(person)
    for (owner, name, count), by in buckets(Change(None, item) for item in counted).items():
        kept.add_counts(f"{EVERYBODY}-03" if owner == EVERYBODY else owner, name, {count: by})
    return kept


def test_what_was_counted_twice_or_not_at_all_is_put_right() -> None:
    one, two = scored(1, 9, date(2026, 11, 1)), scored(2, 3, date(2026, 11, 2))
    wrong = books(Person("sf#1", answers=(one, two)), counted=[one, one])
    assert wrong.drift()[(ACCOUNT, "2026-11")] == {"detractor_02": 1, "promoter_01": -1}
    assert set(wrong.drift()) == {
        (who, name) for who in (ACCOUNT, EVERYBODY) for name in ("2026-11", "2026-11#tier=金")
    }


def test_older_answers_than_the_window_are_left_as_they_were_counted() -> None:
    old = scored(1, 9, date(2026, 9, 30))
    assert books(counted=[old]).drift() == {}
    assert books(Person("sf#1", answers=(old,)), counted=[]).drift() == {}


def test_an_account_whose_answers_have_left_a_history_is_not_touched() -> None:
    one = scored(1, 9, date(2026, 11, 1))
    person = Person("sf#1", answers=(one,), floor="2026-10-20T00:00:00")
    assert books(person, counted=[one, scored(0, 3, date(2026, 10, 20))]).drift() == {}


answers = st.lists(
    st.builds(scored, st.integers(), st.integers(0, 10), st.dates(SINCE - timedelta(days=60), UNTIL)), max_size=25
)


@given(answers)
def test_what_was_counted_once_has_no_drift(given_answers: list[Scored]) -> None:
    assert books(Person("sf#1", answers=tuple(given_answers)), counted=given_answers).drift() == {}


@given(answers, answers)
def test_after_the_correction_nothing_is_left_to_correct(kept: list[Scored], counted: list[Scored]) -> None:
    wrong = books(Person("sf#1", answers=tuple(kept)), counted=counted)
    for (owner, name), by in wrong.drift().items():
        wrong.add_counts(f"{EVERYBODY}-00" if owner == EVERYBODY else owner, name, by)
    assert wrong.drift() == {}


def test_an_account_has_the_score_of_the_days_asked_for() -> None:
    person = Person("sf#1", answers=(scored(1, 9, date(2026, 11, 1)), scored(2, 3, date(2026, 11, 21))))
    kept = books(person, counted=list(person.answers))
    assert kept.score(ACCOUNT, date(2026, 11, 1), UNTIL) == Counts(1, 0, 1)
    assert kept.score(ACCOUNT, date(2026, 11, 2), UNTIL) == Counts(0, 0, 1)
    assert kept.accounts() == [ACCOUNT]


def test_a_report_has_every_month_and_the_segments_that_answered() -> None:
    items = [
        ("2026-10", {"promoter_31": 1, "detractor_01": 1}),
        ("2026-10#tier=金", {"promoter_31": 1}),
        ("2026-10#tier=銀", {"detractor_01": 1}),
        ("2026-10", {"promoter_30": 2}),
    ]
    told = report(items, date(2026, 10, 2), date(2026, 11, 21))
    assert (told["score"], told["answers"]) == (100, 3)
    assert [(item["month"], item["score"]) for item in told["months"]] == [("2026-10", 100), ("2026-11", None)]
    assert [(item["value"], item["score"]) for item in told["segments"]] == [("金", 100)]


def test_a_bar_goes_right_for_promoters_and_left_for_detractors() -> None:
    assert bar(100) == " " * 20 + "│" + "█" * 20
    assert bar(-50) == " " * 10 + "█" * 10 + "│"
    assert bar(0) == " " * 20 + "│"
    assert bar(None) == ""
