"""Every night: the health of each account, and what the use of the product signals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from feedback_bridge.delivery.outcome import Refused
from feedback_bridge.errors import PermanentError
from feedback_bridge.feedback.account_score import account_score
from feedback_bridge.feedback.facts import Fact, FeedbackReceived, NpsSignal
from feedback_bridge.feedback.model import Account, Feedback
from feedback_bridge.health.books import AccountBooks
from feedback_bridge.health.document import HealthDocument, parse_health
from feedback_bridge.health.formula import figure
from feedback_bridge.health.known import Known, next_renewal
from feedback_bridge.health.signals import silent_after_low_usage, usage_fell
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.nps.accounts import account_id, salesforce_account_key
from feedback_bridge.nps.signals import Signal
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.orgs import org
from feedback_bridge.runtime.reading import configs

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class News:
    """What was found out about an account, and what the bus is told of it."""

    known: Known
    facts: Sequence[Fact]


def documents() -> list[HealthDocument]:
    """Those in force."""
    return [parse_health(item.document) for item in configs().all_published("health") if item.enabled]


def news(books: AccountBooks, before: Mapping[str, Known], now: datetime) -> dict[str, News]:
    """By account, where something is new. Raises TransientError, PermanentError when an org cannot be asked."""
    in_force = documents()
    found = {key: News(kept, ()) for key, known in before.items() if (kept := _kept(known, in_force)) != known}
    for document in in_force:
        accounts = books.accounts()
        rows = _in_salesforce(document, accounts)
        renewals = _renewals(document, rows, now.date())
        for key in accounts:
            held, facts = (found[key].known, found[key].facts) if key in found else (before.get(key, Known()), ())
            if salesforce_account_key(account_id(key)) == key and key not in rows:
                told = News(_forgotten(held, document), ())  # merged, deleted, or of another org
            else:
                told = _of_account(document, books, key, rows.get(key, {}), renewals.get(key), held, now)
            if told.known != held:
                found[key] = News(told.known, [*facts, *told.facts])
    return found


def _kept(known: Known, in_force: Sequence[HealthDocument]) -> Known:
    """Without what was made by a document that is not in force any more."""
    names = {document.id for document in in_force}
    return Known(
        renewal=known.renewal if any(document.renewal for document in in_force) else None,
        health={name: health for name, health in known.health.items() if name in names},
        segments={name: values for name, values in known.segments.items() if name in names},
        raised={name: signals for name, signals in known.raised.items() if name in names},
    )


def _forgotten(known: Known, document: HealthDocument) -> Known:
    return Known(
        renewal=None if document.renewal else known.renewal,
        health=_without(known.health, document.id),
        segments=_without(known.segments, document.id),
        raised=_without(known.raised, document.id),
    )


def _of_account(
    document: HealthDocument,
    books: AccountBooks,
    key: str,
    row: Row,
    renewal: date | None,
    held: Known,
    now: datetime,
) -> News:
    today, limits = now.date(), document.usage
    measured = books.measured(key, document, today, settings.nps_window_days(), renewal)
    values = {
        name: measured[part.of] if part.of else row.get(part.field or "") for name, part in document.parts.items()
    }
    health = figure(document, values)
    used = books.usage(key, today, limits.days)
    earlier = books.usage(key, today - timedelta(days=limits.days), limits.days)
    told = held.raised.get(document.id, [])
    fallen, fell = usage_fell(used, earlier, limits, told)
    silent = silent_after_low_usage(used, earlier, books.last_answer(key), today, limits)
    segments = {name: row[field] for name, field in document.segments.items() if row.get(field) is not None}
    raised = [*fallen, *([silent.name] if silent else [])]
    known = Known(
        renewal=renewal if document.renewal else held.renewal,
        segments={**held.segments, document.id: segments} if segments else _without(held.segments, document.id),
        health={**held.health, document.id: health} if health else _without(held.health, document.id),
        raised={**held.raised, document.id: raised} if raised else _without(held.raised, document.id),
    )
    new = [signal for signal in (fell, silent) if signal and (signal is fell or signal.name not in told)]
    account = Account(id=account_id(key), key=key, health=health, renewal_date=renewal)
    feedback = account_score(account, now, formula=document.id)
    return News(known, list(_facts(feedback, health != held.health.get(document.id), new, key)))


def _facts(feedback: Feedback, changed: bool, signals: Sequence[Signal], key: str) -> Iterator[Fact]:
    if changed and feedback.account and feedback.account.health:
        yield FeedbackReceived.about(feedback)
    for signal in signals:
        yield NpsSignal.about(feedback, signal=signal.name, reason=signal.reason, person=key)


def _in_salesforce(document: HealthDocument, accounts: Sequence[str]) -> dict[str, Row]:
    """The fields of the formula, of those accounts that have a Salesforce id and are in the org."""
    mine = [key for key in accounts if salesforce_account_key(account_id(key)) == key]
    fields = tuple(dict.fromkeys(document.fields().values()))
    asked = [RecordQuery("Account", (("Id", account_id(key)),), select=fields) for key in mine]
    return {key: rows[0] for key, rows in zip(mine, _found(document, asked), strict=True) if rows}


def _renewals(document: HealthDocument, rows: Mapping[str, Row], today: date) -> dict[str, date | None]:
    wanted = document.renewal
    if wanted is None:
        return {}
    days: dict[str, list[Any]] = {key: [row.get(wanted.field)] if wanted.field else [] for key, row in rows.items()}
    if wanted.opportunities:
        asked = [
            RecordQuery("Opportunity", (("AccountId", account_id(key)), ("IsClosed", False)), select=("CloseDate",))
            for key in rows
        ]
        for key, open_ones in zip(rows, _found(document, asked), strict=True):
            days[key] += [row.get("CloseDate") for row in open_ones]
    return {key: next_renewal(found, today) for key, found in days.items()}


def _found(document: HealthDocument, asked: Sequence[RecordQuery]) -> list[list[Row]]:
    try:
        return org(document.org).find(asked)
    except Refused as error:
        raise PermanentError(f"Health {document.id}: {error.refusal.reason}") from error


def _without(held: Mapping[str, T], name: str) -> dict[str, T]:
    return {key: value for key, value in held.items() if key != name}
