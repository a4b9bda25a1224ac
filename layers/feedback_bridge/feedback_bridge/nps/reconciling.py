"""Counts as they should be: what the histories add up to, against what has been counted."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from feedback_bridge.nps.counts import EVERYBODY, Counts, buckets, counted, months
from feedback_bridge.nps.history import Change
from feedback_bridge.nps.ledger import Person

Item = tuple[str, str]
"""Who (EVERYBODY or an account's key), and the item's name."""


@dataclass
class Books:
    """Of the days from `since` to `until`: older answers may have left the histories and are still counted.

    An account whose people have answered so often that some of it has left within these days cannot be checked.
    """

    since: date
    until: date
    expected: dict[Item, Counter[str]] = field(default_factory=dict)
    found: dict[Item, Counter[str]] = field(default_factory=dict)
    uncertain: set[str] = field(default_factory=set)

    def add_person(self, person: Person) -> None:
        first, last = self.since.isoformat(), self.until.isoformat()
        if person.floor[:10] >= first:
            self.uncertain |= {EVERYBODY, *(answer.account for answer in person.answers if answer.account)}
        answers = [answer for answer in person.answers if first <= answer.at[:10] <= last]
        for (owner, name, count), by in buckets(Change(None, answer) for answer in answers).items():
            self.expected.setdefault((owner, name), Counter())[count] += by

    def add_counts(self, owner: str, name: str, counts: Mapping[str, int]) -> None:
        who = EVERYBODY if owner.startswith(f"{EVERYBODY}-") else owner
        month = name.partition("#")[0]
        if month not in months(self.since, self.until):
            return
        inside = {count: by for count, by in counts.items() if self._holds(month, count)}
        self.found.setdefault((who, name), Counter()).update(inside)

    def join(self, links: Mapping[str, str], gaining: Collection[str]) -> None:
        """What stands under a linked account (a key of `links`) is its link's. Those that gain counts by it cannot be
        checked: somebody may have answered under the other key meanwhile."""
        self.expected, self.found = _joined(self.expected, links), _joined(self.found, links)
        self.uncertain = {*(links.get(owner, owner) for owner in self.uncertain), *gaining}

    def drift(self) -> dict[Item, dict[str, int]]:
        """By how much each count has to change; empty where all is well."""
        wrong: dict[Item, dict[str, int]] = {}
        for item in sorted(self.expected.keys() | self.found.keys()):
            if item[0] in self.uncertain:
                continue
            expected, found = self.expected.get(item, Counter()), self.found.get(item, Counter())
            by = {name: expected[name] - found[name] for name in sorted(expected.keys() | found.keys())}
            if changes := {name: number for name, number in by.items() if number}:
                wrong[item] = changes
        return wrong

    def score(self, account: str, since: date, until: date) -> Counts:
        """An account's counts of some of these days, as the histories tell them."""
        return counted(self._months(account), since, until)

    def accounts(self) -> list[str]:
        return sorted({owner for owner, _ in self.expected.keys() | self.found.keys() if owner != EVERYBODY})

    def _months(self, account: str) -> Iterable[tuple[str, Mapping[str, int]]]:
        known = self.found if account in self.uncertain else self.expected
        return [(month, known.get((account, month), {})) for month in months(self.since, self.until)]

    def _holds(self, month: str, count: str) -> bool:
        return self.since.isoformat() <= f"{month}-{count[-2:]}" <= self.until.isoformat()


def _joined(items: Mapping[Item, Counter[str]], links: Mapping[str, str]) -> dict[Item, Counter[str]]:
    joined: dict[Item, Counter[str]] = {}
    for (owner, name), counts in items.items():
        joined.setdefault((links.get(owner, owner), name), Counter()).update(counts)
    return joined
