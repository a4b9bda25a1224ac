"""Every night: counts are put right, accounts whose score the window has changed are told to their mappings, and so is
their health; and what nobody sends an event for is noticed: use that fell, and invitations without an answer."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from feedback_bridge.aws.account_items import days_in, is_usage, known_in, put_known
from feedback_bridge.aws.bus import announce
from feedback_bridge.aws.history import HistoryTable, counts_in, entry_in, shard_of
from feedback_bridge.feedback.facts import Fact, FeedbackReceived
from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.model import Account, AccountNps, Feedback, Respondent
from feedback_bridge.health.books import AccountBooks
from feedback_bridge.health.known import NAME as KNOWN
from feedback_bridge.health.known import Known
from feedback_bridge.nps.accounts import account_id
from feedback_bridge.nps.counts import EVERYBODY, Counts, window
from feedback_bridge.nps.ledger import Person, Pointer
from feedback_bridge.nps.reconciling import Books
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.account_health import SOURCE, news
from feedback_bridge.runtime.invitations import no_answers
from feedback_bridge.runtime.observability import logger

_TOLD_AT_ONCE = 500


@dataclass
class Night:
    """What one reading of the whole table shows."""

    books: Books
    accounts: AccountBooks = field(default_factory=AccountBooks)
    known: dict[str, Known] = field(default_factory=dict)
    invited: list[Person] = field(default_factory=list)
    people: int = 0


def reconcile() -> dict[str, int]:
    """How many people were read, counts corrected, accounts told and signals raised.

    Raises TransientError, PermanentError when an org did not give what a formula asks for; all else is done by then.
    """
    now = datetime.now(UTC)
    days = settings.nps_window_days()
    since, until = window(now.date(), days + 1)
    table = HistoryTable(settings.history_table(), settings.retention_days())
    night = Night(Books(since, until))
    for item in table.everything():
        _read(item, night)
    corrected = _corrected(table, night.books, now)
    told = list(_news(night.books, now, days))
    _announce([FeedbackReceived.about(item) for item in told])
    unanswered = list(no_answers(night.invited, now))
    _announce(unanswered)
    done = {"people": night.people, "corrected": corrected, "told": len(told), "unanswered": len(unanswered)}
    done["healths"] = _tell_health(night, now)
    logger.info("reconciled", extra=done)
    return done


def _read(item: Mapping[str, Any], night: Night) -> None:
    owner, name = item["owner"]["S"], item["name"]["S"]
    if is_usage(name):
        night.accounts.add_uses(owner, name, days_in(item))
    elif name == KNOWN:
        night.known[owner] = known_in(item)
    elif owner.startswith(("account#", f"{EVERYBODY}-")):
        night.books.add_counts(*counts_in(item))
        if owner.startswith("account#"):
            night.accounts.add_counts(*counts_in(item))
    elif (entry := entry_in(item)) is not None and not isinstance(entry, Pointer):
        night.books.add_person(entry)
        night.people += 1
        if entry.invited:
            night.invited.append(entry)


def _tell_health(night: Night, now: datetime) -> int:
    """Kept once it is told: a night that breaks off tells it again, under the same ids."""
    found = news(night.accounts, night.known, now)
    _announce([fact for item in found.values() for fact in item.facts])
    put_known(settings.history_table(), {key: item.known for key, item in found.items()})
    return len(found)


def _announce(facts: Sequence[Fact]) -> None:
    for start in range(0, len(facts), _TOLD_AT_ONCE):
        announce(settings.event_bus(), facts[start : start + _TOLD_AT_ONCE])


def _corrected(table: HistoryTable, books: Books, since: datetime) -> int:
    """An item that has changed while we read is right or wrong by tomorrow."""
    corrected = 0
    for (who, name), by in books.drift().items():
        owner = shard_of(0) if who == EVERYBODY else who
        if table.correct(owner, name, by, since):
            corrected += 1
            logger.warning("counts corrected", extra={"owner": owner, "item": name})
    return corrected


def _news(books: Books, now: datetime, days: int) -> Iterator[Feedback]:
    """The accounts whose score of today is another than that of yesterday."""
    for key in books.accounts():
        today = books.score(key, *window(now.date(), days))
        yesterday = books.score(key, *window(now.date() - timedelta(days=1), days))
        if today != yesterday:
            yield _score(key, today, days, now)


def _score(key: str, counts: Counts, days: int, now: datetime) -> Feedback:
    day: date = now.date()
    identity = account_id(key)
    nps = AccountNps(
        score=counts.score,
        answers=counts.answers,
        promoters=counts.promoters,
        passives=counts.passives,
        detractors=counts.detractors,
        window_days=days,
    )
    return Feedback(
        id=feedback_id(SOURCE, f"{hashlib.sha256(key.encode()).hexdigest()[:32]}-{day.isoformat()}"),
        type="account_score",
        source=SOURCE,
        occurred_at=now,
        received_at=now,
        respondent=Respondent(account_id=identity),
        account=Account(id=identity, key=key, nps=nps),
    )
