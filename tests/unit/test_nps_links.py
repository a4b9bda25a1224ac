"""Accounts of tools that Salesforce knows: what stands under both becomes one, and nothing of it twice."""

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.nps.counts import EVERYBODY, Counts, buckets
from feedback_bridge.nps.history import Change, Scored
from feedback_bridge.nps.ledger import Person
from feedback_bridge.nps.links import accounts_of, moved, named_by_one, of_a_tool
from feedback_bridge.nps.reconciling import Books

SINCE, UNTIL = date(2026, 10, 1), date(2026, 11, 21)
SAKURA, ACME, OTHER = "account#001000000000001AAA", "account#typeform-main#ACME", "account#typeform-main#山田商店"
LINKS = {ACME: SAKURA}


def scored(number: int, account: str | None) -> Scored:
    return Scored(f"2026-11-{number:02}T03:00:00", f"a:{number}", 9, "promoter", account=account, segments=("tier=金",))


def books(person: Person) -> Books:
    """All of the person's answers were counted under the account that they name."""
    kept = Books(SINCE, UNTIL)
    kept.add_person(person)
    for (owner, name, count), by in buckets(Change(None, item) for item in person.answers).items():
        kept.add_counts(f"{EVERYBODY}-03" if owner == EVERYBODY else owner, name, {count: by})
    return kept


def test_only_an_id_that_one_account_has_is_linked() -> None:
    found = {ACME: {"001000000000001AAA"}, OTHER: {"001000000000001AAA", "001000000000002AAA"}, "account#a#b": set()}
    assert named_by_one(found) == (LINKS, 1)
    assert [key for key in (ACME, OTHER, SAKURA) if of_a_tool(key)] == [ACME, OTHER]


def test_a_history_names_the_linked_account_and_keeps_the_others() -> None:
    person = Person("email#1", 3, (scored(1, ACME), scored(2, OTHER), scored(3, None)), account=ACME)
    after = moved(person, LINKS)
    assert [item.account for item in after.answers] == [SAKURA, OTHER, None]
    assert (after.account, after.version, accounts_of(after)) == (SAKURA, 3, {SAKURA, OTHER})
    assert moved(after, LINKS) == after


def test_counts_of_an_account_that_gains_some_are_not_corrected_tonight() -> None:
    person = Person("email#1", answers=(scored(1, ACME), scored(2, SAKURA)))
    kept = books(person)
    kept.add_counts(ACME, "2026-11", {"promoter_05": 7})
    kept.join(LINKS, {SAKURA})
    assert kept.drift() == {}
    assert kept.accounts() == [SAKURA]


def test_a_history_that_still_names_the_tools_id_is_no_drift_of_the_linked_account() -> None:
    kept = Books(SINCE, UNTIL)
    kept.add_person(Person("email#1", answers=(scored(1, ACME),)))
    for (owner, name, count), by in buckets([Change(None, scored(1, SAKURA))]).items():
        kept.add_counts(f"{EVERYBODY}-03" if owner == EVERYBODY else owner, name, {count: by})
    kept.join(LINKS, ())
    assert kept.drift() == {}


@given(
    st.lists(st.tuples(st.integers(1, 21), st.sampled_from([ACME, SAKURA, OTHER, None])), unique_by=lambda one: one[0])
)
def test_a_link_changes_whose_answers_are_but_not_how_many(answers: list[tuple[int, str | None]]) -> None:
    kept = books(Person("email#1", answers=tuple(scored(*one) for one in answers)))
    kept.join(LINKS, ())
    given_to = Counter(LINKS.get(account or "", account) for _, account in answers)
    for account in (SAKURA, OTHER):
        assert kept.score(account, SINCE, UNTIL) == Counts(promoters=given_to[account])
    assert kept.drift() == {}
