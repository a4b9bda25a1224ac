"""The customers of the run, and the contacts and accounts that they are in Salesforce."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from local.chaos.org import OrgControl

FAMILY = ("佐藤", "鈴木", "高橋", "田中", "渡辺", "伊藤", "中村", "小林", "Lovelace", "O'Neill")
GIVEN = ("花子", "健", "由紀", "美咲", "翔太", "葵", "大輔", "結衣", "Ada", "Alan")
PEOPLE_AN_ACCOUNT = 8
"""Writes to the contacts of one account meet on its lock."""


@dataclass(frozen=True)
class Person:
    email: str
    family: str
    given: str


def invent(random: Random, count: int) -> list[Person]:
    return [
        Person(f"customer{number:05}@example.jp", random.choice(FAMILY), random.choice(GIVEN))
        for number in range(count)
    ]


def settle(people: list[Person], org: OrgControl) -> dict[str, str]:
    """Make them contacts. Returns the contact's id by e-mail address."""
    names = [{"Name": f"混沌商事 {number:04}"} for number in range(len(people) // PEOPLE_AN_ACCOUNT + 1)]
    accounts = org.create("Account", names)
    contacts = [
        {
            "LastName": person.family,
            "FirstName": person.given,
            "Email": person.email,
            "AccountId": accounts[number // PEOPLE_AN_ACCOUNT],
        }
        for number, person in enumerate(people)
    ]
    ids = org.create("Contact", contacts)
    return {person.email: record_id for person, record_id in zip(people, ids, strict=True)}
