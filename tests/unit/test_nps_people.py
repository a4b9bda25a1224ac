"""Whose history an answer belongs to: links that become known, shared addresses, changed ones, nobody at all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.feedback.model import Feedback
from feedback_bridge.nps.history import Scored
from feedback_bridge.nps.identity import email_key, keys_of
from feedback_bridge.nps.ledger import Group, Ledger, Person, Pointer, needed

HANA, KEN, LEAD = "003000000000001AAA", "003000000000002AAA", "00Q000000000001"


def keys(source: str = "typeform-main", number: int = 1, **who: Any) -> tuple[str, ...]:
    return keys_of(
        Feedback.model_validate(
            {
                "id": f"{source}:{number}",
                "type": "survey_response",
                "source": source,
                "occurred_at": "2026-11-21T00:00:00Z",
                "received_at": "2026-11-21T00:00:00Z",
                "respondent": who,
            }
        )
    )


class People:
    """A ledger over everything that was ever entered, asked as the table would be."""

    def __init__(self) -> None:
        self.ledger = Ledger({})
        self.number = 0

    def answers(self, *known: str, score: int = 9) -> str:
        self.number += 1
        name = f"a:{self.number}"
        at = f"2026-11-{self.number:02}T00:00:00.000000+00:00"
        self.ledger.enter(known, Scored(at, name, score, "promoter" if score > 8 else "detractor"))
        return name

    def history(self, *known: str) -> list[str]:
        found = self.ledger._person(known, Group())
        return [answer.feedback_id for answer in found.answers]


@pytest.fixture
def people() -> People:
    return People()


def test_keys_hold_no_address_and_mind_neither_case_nor_width() -> None:
    assert email_key("Hana@Example.jp") == email_key(" ｈａｎａ@example.jp")
    assert "hana" not in email_key("hana@example.jp")


def test_an_address_and_a_salesforce_id_become_one_person_when_an_answer_brings_both(people: People) -> None:
    by_address, by_id = keys(email="hana@example.jp"), keys(salesforce_id=HANA)
    people.answers(*by_address)
    people.answers(*by_id)
    assert people.history(*by_id) == ["a:2"]
    people.answers(*keys(salesforce_id=HANA[:15], email="Hana@example.jp"))
    assert people.history(*by_id) == people.history(*by_address) == ["a:1", "a:2", "a:3"]


def test_what_comes_under_the_address_alone_later_on_is_the_same_persons(people: People) -> None:
    people.answers(*keys(salesforce_id=HANA, email="hana@example.jp"))
    people.answers(*keys("delighted", email="hana@example.jp"))
    assert people.history(*keys(salesforce_id=HANA)) == ["a:1", "a:2"]


def test_a_person_who_changes_the_address_keeps_the_history(people: People) -> None:
    people.answers(*keys(user_id="u1", email="old@example.jp"))
    people.answers(*keys(user_id="u1", email="new@example.jp"))
    assert people.history(*keys(email="new@example.jp")) == ["a:1", "a:2"]
    assert people.history(*keys(email="old@example.jp")) == ["a:1", "a:2"]


def test_two_records_that_share_an_address_stay_two_people_and_the_address_alone_is_nobody_of_them(
    people: People,
) -> None:
    people.answers(*keys(salesforce_id=HANA, email="family@example.jp"))
    people.answers(*keys(salesforce_id=KEN, email="family@example.jp"))
    people.answers(*keys(email="family@example.jp"))
    people.answers(*keys(salesforce_id=HANA, email="family@example.jp"))
    assert people.history(*keys(salesforce_id=HANA)) == ["a:1", "a:4"]
    assert people.history(*keys(salesforce_id=KEN)) == ["a:2"]
    assert people.history(*keys(email="family@example.jp")) == ["a:3"]


def test_two_users_of_a_tool_who_share_an_address_stay_two_people(people: People) -> None:
    people.answers(*keys(user_id="u1", email="family@example.jp"))
    people.answers(*keys(user_id="u2", email="family@example.jp"))
    people.answers(*keys(email="family@example.jp"))
    people.answers(*keys(user_id="u1", email="family@example.jp"))
    assert people.history(*keys(user_id="u1")) == ["a:1", "a:4"]
    assert people.history(*keys(user_id="u2")) == ["a:2"]
    assert people.history(*keys(email="family@example.jp")) == ["a:3"]


def test_the_same_user_id_in_two_tools_is_two_people(people: People) -> None:
    people.answers(*keys("pendo", user_id="17"))
    people.answers(*keys("delighted", user_id="17"))
    assert people.history(*keys("pendo", user_id="17")) == ["a:1"]


def test_a_lead_that_has_become_a_contact_keeps_its_history(people: People) -> None:
    people.answers(*keys(salesforce_id=LEAD, email="hana@example.jp"))
    people.answers(*keys(salesforce_id=HANA, email="hana@example.jp"))
    assert people.history(*keys(salesforce_id=HANA)) == ["a:1", "a:2"]
    assert people.history(*keys(salesforce_id=LEAD)) == ["a:1", "a:2"]


def test_somebody_without_any_identifier_is_known_by_one_answer_only() -> None:
    assert keys(number=1) != keys(number=2)
    assert keys(number=1) == ("answer#typeform-main:1",)


def test_an_answer_that_names_no_account_counts_for_the_persons_own() -> None:
    ledger = Ledger({})
    key = keys(email="hana@example.jp")
    ledger.enter(key, Scored("2026-11-01", "a:1", 9, "promoter", account="account#001"))
    placed = ledger.enter(key, Scored("2026-11-02", "a:2", 3, "detractor"))
    assert placed.change is not None
    assert placed.change.after is not None
    assert placed.change.after.account == "account#001"


def test_whom_a_pointer_names_is_read_as_well() -> None:
    entries = {"email#a": Pointer("email#a", "sf#1", 1), "sf#2": Person("sf#2", 1)}
    assert needed(["email#a", "sf#2", "email#b"], entries) == {"sf#1"}


somebody = st.builds(
    lambda record, email, user: keys(salesforce_id=record, email=email, user_id=user),
    st.sampled_from([None, HANA, KEN, LEAD]),
    st.sampled_from([None, "a@example.jp", "b@example.jp"]),
    st.sampled_from([None, "u1", "u2"]),
)


@given(st.lists(somebody.filter(lambda known: not known[0].startswith("answer#")), max_size=12))
def test_whoever_answers_every_answer_is_in_exactly_one_history(everybody: list[tuple[str, ...]]) -> None:
    people = People()
    given = [people.answers(*known) for known in everybody]
    kept = [
        answer.feedback_id
        for entry in people.ledger.entries.values()
        if isinstance(entry, Person)
        for answer in entry.answers
    ]
    assert sorted(kept) == sorted(given)


@given(st.lists(somebody.filter(lambda known: not known[0].startswith("answer#")), max_size=12))
def test_two_contacts_are_never_mixed(everybody: list[tuple[str, ...]]) -> None:
    people = People()
    said = {people.answers(*known): known for known in everybody}
    for record in (HANA, KEN):
        for name in people.history(*keys(salesforce_id=record)):
            assert said[name][0] not in {f"sf#{other}" for other in (HANA, KEN) if other != record}
