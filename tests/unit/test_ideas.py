"""Ideas in order of their worth, whatever the order in which people asked for them."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.config.org import OrgDocument
from feedback_bridge.ideas.link import Link
from feedback_bridge.ideas.ranking import MOST_TITLES, Worth, account_ideas, ranked

ACCOUNTS = ("account#001A", "account#001B", "account#tool#A", "account#tool#unknown")
WORTH = {
    "account#001A": Worth("001A", 100.0),
    "account#001B": Worth("001B", 40.0),
    "account#tool#A": Worth("001A", 100.0),
}


def link(idea: str, account: str | None, person: str = "email#a", at: str = "2026-11-21", title: str = "題") -> Link:
    return Link(idea, title, account, person, at, "f")


links = st.builds(
    link,
    st.sampled_from(["F-1", "F-2", "要望"]),
    st.sampled_from([None, *ACCOUNTS]),
    st.sampled_from(["email#a", "email#b", "sf#003"]),
    st.sampled_from(["2026-11-20", "2026-11-21"]),
    st.sampled_from(["題", "別の題"]),
)


def test_an_account_under_two_keys_counts_once() -> None:
    (idea,) = ranked([link("F-1", "account#001A"), link("F-1", "account#tool#A", "email#b")], WORTH)
    assert (idea.arr, idea.accounts, idea.people, idea.accounts_without_arr) == (100.0, 1, 2, 0)


def test_an_account_that_salesforce_does_not_know_is_told_and_adds_nothing() -> None:
    (idea,) = ranked([link("F-1", "account#001B"), link("F-1", "account#tool#unknown")], WORTH)
    assert (idea.arr, idea.accounts, idea.accounts_without_arr) == (40.0, 2, 1)


def test_of_two_ideas_of_the_same_accounts_the_one_that_more_people_ask_for_comes_first() -> None:
    asked = [link("F-1", "account#001A"), link("F-2", "account#001A"), link("F-2", "account#001A", "email#b")]
    assert [item.idea for item in ranked(asked, WORTH)] == ["F-2", "F-1"]


@given(st.lists(links), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_the_ranking(asked: list[Link], chance: Random) -> None:
    again = [*asked, *asked]
    chance.shuffle(again)
    assert ranked(again, WORTH) == ranked(asked, WORTH)


@given(st.lists(links))
def test_no_idea_is_worth_more_than_all_accounts_together(asked: list[Link]) -> None:
    assert all(0 <= item.arr <= 140 for item in ranked(asked, WORTH))


def test_an_account_is_told_its_newest_ideas_first_and_each_once() -> None:
    told = account_ideas(
        [link("F-1", None, at="2026-11-20", title="古い題"), link("F-1", None, "email#b", "2026-11-22", "CSV"),
         link("F-2", None, at="2026-11-21", title="SSO")]
    )  # fmt: skip
    assert (told.count, told.titles) == (2, "CSV\nSSO")


def test_an_account_with_many_ideas_is_told_how_many_and_the_newest_of_them() -> None:
    told = account_ideas([link(f"F-{number}", None, title=str(number)) for number in range(100)])
    assert (told.count, len(told.titles.splitlines())) == (100, MOST_TITLES)


def test_ideas_find_accounts_by_the_orgs_field_unless_they_name_one_of_their_own() -> None:
    org = {"id": "production", "login_url": "https://example.my.salesforce.com", "secret": "sf"}
    plain, own = {"arr": "ARR__c"}, {"arr": "ARR__c", "account_key": "Tool_Id__c"}
    settings = [
        OrgDocument.model_validate(org | {"account_key": "AccountNumber"} | ideas).idea_settings
        for ideas in ({"ideas": plain}, {"ideas": own}, {})
    ]
    assert [found and found.account_key for found in settings] == ["AccountNumber", "Tool_Id__c", None]
