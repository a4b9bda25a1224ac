"""Every night: counts are put right, and accounts whose score the window has changed are told to their mappings."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from feedback_bridge.aws.bus import announce
from feedback_bridge.aws.history import HistoryTable, counts_in, entry_in, shard_of
from feedback_bridge.feedback.facts import FeedbackReceived
from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.model import Account, AccountNps, Feedback, Respondent
from feedback_bridge.nps.accounts import account_id
from feedback_bridge.nps.counts import EVERYBODY, Counts, window
from feedback_bridge.nps.ledger import Pointer
from feedback_bridge.nps.reconciling import Books
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.observability import logger

SOURCE = "account-score"
_TOLD_AT_ONCE = 500


def reconcile() -> dict[str, int]:
    """How many people were read, counts corrected and accounts told. Raises TransientError."""
    now = datetime.now(UTC)
    days = settings.nps_window_days()
    since, until = window(now.date(), days + 1)
    books = Books(since, until)
    table = HistoryTable(settings.history_table(), settings.retention_days())
    people = _read(table, books)
    corrected = _corrected(table, books, now)
    told = list(_news(books, now, days))
    for start in range(0, len(told), _TOLD_AT_ONCE):
        announce(settings.event_bus(), [FeedbackReceived.about(item) for item in told[start : start + _TOLD_AT_ONCE]])
    done = {"people": people, "corrected": corrected, "told": len(told)}
    logger.info("reconciled", extra=done)
    return done


def _read(table: HistoryTable, books: Books) -> int:
    people = 0
    for item in table.everything():
        owner = item["owner"]["S"]
        if owner.startswith(("account#", f"{EVERYBODY}-")):
            books.add_counts(*counts_in(item))
        elif (entry := entry_in(item)) is not None and not isinstance(entry, Pointer):
            books.add_person(entry)
            people += 1
    return people


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
