"""Accounts of tools that are Accounts of Salesforce: what is known under both becomes one."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from feedback_bridge.nps.accounts import account_id, salesforce_account_key
from feedback_bridge.nps.ledger import Person

Links = Mapping[str, str]
"""The key of the Salesforce id, by the key of the tool's id."""


def of_a_tool(key: str) -> bool:
    return salesforce_account_key(account_id(key)) != key


def named_by_one(found: Mapping[str, Collection[str]]) -> tuple[dict[str, str], int]:
    """The links that are certain, and how many ids several Accounts have. `found` are Salesforce ids by tool's key."""
    links = {key: salesforce_account_key(next(iter(ids))) for key, ids in found.items() if len(ids) == 1}
    shared = sum(len(ids) > 1 for ids in found.values())
    return {key: link for key, link in links.items() if link is not None}, shared


def accounts_of(person: Person) -> set[str]:
    """All that the history names."""
    return {account for account in (person.account, *(item.account for item in person.answers)) if account}


def moved(person: Person, links: Links) -> Person:
    """With the answers, and what is known of the person, under the linked accounts."""
    answers = tuple(item._replace(account=links.get(item.account or "", item.account)) for item in person.answers)
    return replace(person, answers=answers, account=links.get(person.account or "", person.account))
