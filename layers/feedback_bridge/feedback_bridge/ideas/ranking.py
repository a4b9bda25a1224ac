"""Ideas in order of their worth, and what one account asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from feedback_bridge.feedback.model import AccountIdeas
from feedback_bridge.ideas.link import Link

MOST_TITLES = 20
"""Of one account: the newest say what it wants now."""


@dataclass(frozen=True, slots=True)
class Worth:
    """An account as Salesforce knows it: the record's id and its yearly revenue, None where the field is empty."""

    record_id: str
    arr: float | None


@dataclass(frozen=True, slots=True)
class RankedIdea:
    """`accounts_without_arr` are those that Salesforce does not know, or whose field is empty."""

    idea: str
    title: str
    accounts: int
    people: int
    arr: float
    accounts_without_arr: int
    last_at: str


def ranked(links: Iterable[Link], worth: Mapping[str, Worth]) -> list[RankedIdea]:
    """By yearly revenue, then accounts, then people. Two keys of one Salesforce account count as one."""
    by_idea: dict[str, list[Link]] = {}
    for link in links:
        by_idea.setdefault(link.idea, []).append(link)
    ideas = [_ranked(idea, asked, worth) for idea, asked in by_idea.items()]
    return sorted(ideas, key=lambda item: (-item.arr, -item.accounts, -item.people, item.idea))


def _ranked(idea: str, links: list[Link], worth: Mapping[str, Worth]) -> RankedIdea:
    newest = max(links, key=lambda link: (link.at, link.title))
    accounts: dict[str, float | None] = {}
    for link in links:
        if link.account is not None:
            known = worth.get(link.account)
            accounts[known.record_id if known else link.account] = known.arr if known else None
    revenues = [arr for arr in accounts.values() if arr is not None]
    return RankedIdea(
        idea=idea,
        title=newest.title,
        accounts=len(accounts),
        people=len({link.person for link in links}),
        arr=sum(revenues),
        accounts_without_arr=len(accounts) - len(revenues),
        last_at=newest.at,
    )


def account_ideas(links: Iterable[Link]) -> AccountIdeas:
    """Of the links of one account."""
    newest: dict[str, Link] = {}
    for link in links:
        held = newest.get(link.idea, link)
        newest[link.idea] = max(held, link, key=lambda one: (one.at, one.title))
    titles = [link.title for link in sorted(newest.values(), key=lambda one: (one.at, one.idea), reverse=True)]
    return AccountIdeas(count=len(newest), titles="\n".join(titles[:MOST_TITLES]))
