"""Use of a product by an account: which of its people used which features on which days.

A use is a mark, not a count: the same event again, or late, leaves the same mark.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from feedback_bridge.feedback.model import Feedback
from feedback_bridge.nps.accounts import LONGEST_SEGMENT, account_key
from feedback_bridge.nps.history import moment_of
from feedback_bridge.nps.identity import keys_of

ITEM = "usage-"
"""Begins the names of the items: `usage-2026-11@1f0c…`, a month of one person."""


class Mark(NamedTuple):
    """`owner` is the account's key, `name` the item's, `day` its attribute (`d21`)."""

    owner: str
    name: str
    day: str
    feature: str


class Use(NamedTuple):
    day: date
    person: str
    feature: str


def mark_of(feedback: Feedback, account: object, feature: object) -> Mark | None:
    """None for an event that names no account, or no feature that could be one.

    The person's part of the name means nothing outside of the account.
    """
    owner = account_key(feedback.source, account)
    text = str(feature).strip() if isinstance(feature, (str, int)) and not isinstance(feature, bool) else ""
    if owner is None or not 0 < len(text) <= LONGEST_SEGMENT:
        return None
    at = moment_of(feedback.occurred_at, feedback.received_at)
    anybody = feedback.respondent.email or feedback.respondent.user_id or feedback.respondent.salesforce_id
    who = keys_of(feedback)[0] if anybody else "somebody"
    person = hashlib.sha256(f"{owner}#{who}".encode()).hexdigest()[:12]
    return Mark(owner, f"{ITEM}{at[:7]}@{person}", f"d{at[8:10]}", text)


def uses_in(name: str, days: Mapping[str, Collection[str]]) -> list[Use]:
    """The uses that an item holds."""
    month, _, person = name.removeprefix(ITEM).partition("@")
    return [
        Use(date.fromisoformat(f"{month}-{day[1:]}"), person, feature)
        for day, features in days.items()
        for feature in features
    ]


@dataclass(frozen=True, slots=True)
class Usage:
    """Of some days: different features, different features of a person on the mean, days with any use; and on how many
    days of how many people each feature was used."""

    breadth: int
    depth: float
    frequency: int
    features: Mapping[str, int]


def usage(uses: Iterable[Use], until: date, days: int) -> Usage | None:
    """Of the last days, `until` included; None where there is no use at all."""
    since = until - timedelta(days=days - 1)
    mine = {use for use in uses if since <= use.day <= until}
    if not mine:
        return None
    people = Counter(person for person, _ in {(use.person, use.feature) for use in mine})
    return Usage(
        breadth=len({use.feature for use in mine}),
        depth=round(people.total() / len(people), 1),
        frequency=len({use.day for use in mine}),
        features=Counter(use.feature for use in mine),
    )
