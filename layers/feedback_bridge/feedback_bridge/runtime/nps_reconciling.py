"""Every night: accounts of tools are linked to those of Salesforce, and counts put right; accounts whose score has
changed by it, or by the window, are told to their mappings, and so is their health; and what nobody sends an event for
is noticed: use that fell, and invitations without an answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from feedback_bridge.aws.account_items import days_in, is_usage, known_in, put_known
from feedback_bridge.aws.bus import announce
from feedback_bridge.aws.history import HistoryTable, counts_in, entry_in, shard_of
from feedback_bridge.errors import BridgeError
from feedback_bridge.feedback.account_score import account_score
from feedback_bridge.feedback.facts import Fact, FeedbackReceived
from feedback_bridge.feedback.model import Account, AccountNps, Feedback
from feedback_bridge.health.books import AccountBooks
from feedback_bridge.health.known import NAME as KNOWN
from feedback_bridge.health.known import Known
from feedback_bridge.nps.accounts import account_id
from feedback_bridge.nps.counts import EVERYBODY, Counts, window
from feedback_bridge.nps.ledger import Person, Pointer
from feedback_bridge.nps.links import accounts_of
from feedback_bridge.nps.reconciling import Books
from feedback_bridge.runtime import histories, settings
from feedback_bridge.runtime.account_health import news
from feedback_bridge.runtime.account_linking import links_of, move_all, rename_in_histories
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
    named: set[str] = field(default_factory=set)
    people: int = 0


def reconcile() -> dict[str, int]:
    """How many people were read, counts corrected, accounts told and signals raised.

    Raises TransientError, PermanentError when an org did not give what a formula asks for or which accounts it has; all
    else is done by then.
    """
    now = datetime.now(UTC)
    days = settings.nps_window_days()
    since, until = window(now.date(), days + 1)
    table = histories.table()
    night = Night(Books(since, until))
    for item in table.everything():
        _read(item, night)
    links, failed = _links(night)
    gaining = _linked(table, night, links)
    corrected = _corrected(table, night.books, now)
    told = list(_news(night.books, gaining, now, days))
    _announce([FeedbackReceived.about(item) for item in told])
    move_all(table, {tool: account for tool, account in links.items() if account in gaining}, now)
    unanswered = list(no_answers(night.invited, now))
    _announce(unanswered)
    done = {"people": night.people, "corrected": corrected, "told": len(told), "unanswered": len(unanswered)}
    done["healths"] = _tell_health(night, links, now)
    logger.info("reconciled", extra=done)
    if failed:
        raise failed
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
        night.named |= accounts_of(entry)
        if entry.invited:
            night.invited.append(entry)


def _links(night: Night) -> tuple[dict[str, str], BridgeError | None]:
    """Those that were known, and those that Salesforce knows; or why it did not say."""
    links = {tool: known.same_as for tool, known in night.known.items() if known.same_as}
    try:
        return links | links_of({*night.accounts.accounts(), *night.named, *links}), None
    except BridgeError as error:
        return links, error


def _linked(table: HistoryTable, night: Night, links: Mapping[str, str]) -> set[str]:
    """The links are kept first, so that answers from now on follow them; the accounts that gain counts by them."""
    _keep_links(night.known, links)
    if night.named & links.keys():
        rename_in_histories(table, links)
    gaining = night.accounts.join(links)
    night.books.join(links, gaining)
    return gaining


def _keep_links(known: dict[str, Known], links: Mapping[str, str]) -> None:
    """An answer reads what is known of the account that it names: the link's segments stand there too."""
    linked = {
        tool: Known(same_as=account, segments=known.get(account, Known()).segments) for tool, account in links.items()
    }
    put_known(settings.history_table(), {tool: now for tool, now in linked.items() if known.get(tool) != now})
    known |= linked


def _tell_health(night: Night, links: Mapping[str, str], now: datetime) -> int:
    """Kept once it is told: a night that breaks off tells it again, under the same ids."""
    found = news(night.accounts, {key: known for key, known in night.known.items() if key not in links}, now)
    _announce([fact for item in found.values() for fact in item.facts])
    new = {key: item.known for key, item in found.items()}
    put_known(settings.history_table(), new)
    night.known |= new
    _keep_links(night.known, links)
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


def _news(books: Books, gaining: set[str], now: datetime, days: int) -> Iterator[Feedback]:
    """The accounts whose score of today is another than that of yesterday, and those that gain answers."""
    for key in books.accounts():
        today = books.score(key, *window(now.date(), days))
        yesterday = books.score(key, *window(now.date() - timedelta(days=1), days))
        if today != yesterday or key in gaining:
            yield _score(key, today, days, now)


def _score(key: str, counts: Counts, days: int, now: datetime) -> Feedback:
    nps = AccountNps(
        score=counts.score,
        answers=counts.answers,
        promoters=counts.promoters,
        passives=counts.passives,
        detractors=counts.detractors,
        window_days=days,
    )
    return account_score(Account(id=account_id(key), key=key, nps=nps), now)
