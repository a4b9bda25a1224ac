"""What is remembered of people's scores: new ones put in their place, and every answer told what came before it."""

import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from feedback_bridge.aws.account_items import known_in
from feedback_bridge.aws.history import SHARDS, HistoryTable, Met
from feedback_bridge.config.source import NpsSettings
from feedback_bridge.errors import TransientError
from feedback_bridge.feedback.model import Account, AccountNps, Feedback, Nps
from feedback_bridge.health.known import NAME as KNOWN
from feedback_bridge.health.known import Known
from feedback_bridge.mapping.paths import getter
from feedback_bridge.nps.accounts import account_id, account_key, segments
from feedback_bridge.nps.counts import counted, months, window
from feedback_bridge.nps.history import Scored, Standing, following, moment_of, standing
from feedback_bridge.nps.identity import keys_of
from feedback_bridge.nps.ledger import Entry, Ledger, Person, needed
from feedback_bridge.runtime import settings

_TRIES = 6
_FIRST_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class Answer:
    """A tagged feedback on its way into the history of whoever gave it."""

    feedback: Feedback
    content: int
    nps: NpsSettings


@dataclass(frozen=True, slots=True)
class Remembered:
    """`feedback` knows what came before it, `person` is the key of its history.

    `outdated` is the id of a later answer, told already, whose previous score this one is.
    """

    feedback: Feedback
    person: str | None = None
    outdated: str | None = None


def remember(answers: Sequence[Answer], now: datetime) -> list[Remembered]:
    """One read and one conditional write of each person, together for all. Raises TransientError."""
    keys = [keys_of(answer.feedback) for answer in answers]
    named = [_account_named(answer) for answer in answers]
    pause = _FIRST_PAUSE
    for _ in range(_TRIES):
        people, accounts = _read(keys, {account for account in named if account})
        ledger = Ledger(people)
        news = [
            _enter(ledger, answer, known, account, accounts.get(account or "", Known()))
            for answer, known, account in zip(answers, keys, named, strict=True)
        ]
        try:
            if groups := ledger.groups():
                table().write(groups, ledger.entries, now, secrets.randbelow(SHARDS))
        except Met:
            time.sleep(pause * (0.5 + secrets.randbelow(1000) / 1000))
            pause *= 2
            continue
        here = {answer.feedback.id for answer in answers}
        told = [_told(ledger, one, known, new, here) for one, known, new in zip(answers, keys, news, strict=True)]
        return _with_accounts(told, now)
    raise TransientError("Other workers keep changing the same histories.")


def recalled(feedback: Feedback, nps: NpsSettings, now: datetime) -> Feedback:
    """The tagged feedback as `remember` told it, with nothing written. Raises TransientError."""
    if not isinstance(feedback.nps and feedback.nps.score, int):
        return feedback
    keys = keys_of(feedback)
    told = _told(Ledger(people_of([keys])), Answer(feedback, 1, nps), keys, False, {feedback.id})
    return _with_accounts([told], now)[0].feedback


def people_of(keys: Sequence[Sequence[str]]) -> dict[str, Entry]:
    """What is known under the keys of some answers. Raises TransientError."""
    return _read(keys, ())[0]


def _read(keys: Sequence[Sequence[str]], accounts: Collection[str]) -> tuple[dict[str, Entry], dict[str, Known]]:
    wanted = {key for known in keys for key in known}
    entries, found = table().read_with_known(wanted, accounts)
    if further := needed(wanted, entries):
        entries |= table().read(further)
    return entries, found


def _enter(ledger: Ledger, answer: Answer, keys: Sequence[str], account: str | None, known: Known) -> bool:
    """Whether the scores of the history have changed by it."""
    scored = _scored(answer, account, known)
    if scored is not None:
        change = ledger.enter(keys, scored).change
        return change is not None and change.of_score
    if answer.content > 1:
        ledger.withdraw(keys, answer.feedback.id)
    return False


def _account_named(answer: Answer) -> str | None:
    """The key of the account that the answer itself names."""
    path, feedback = answer.nps.account, answer.feedback
    account = _finder(path)(feedback.to_document()) if path else feedback.respondent.account_id
    return account_key(feedback.source, account)


def _scored(answer: Answer, account: str | None, known: Known) -> Scored | None:
    feedback = answer.feedback
    nps = feedback.nps
    if nps is None or nps.band is None or not isinstance(nps.score, int):
        return None
    document: Mapping[str, Any] = feedback.to_document() if answer.nps.segments else {}
    values = {name: _finder(path)(document) for name, path in answer.nps.segments.items()}
    return Scored(
        moment_of(feedback.occurred_at, feedback.received_at),
        feedback.id,
        nps.score,
        nps.band,
        answer.content,
        feedback.survey.id if feedback.survey else None,
        known.same_as or account,
        segments({**known.segment_values(), **values}),
    )


def _told(ledger: Ledger, answer: Answer, keys: Sequence[str], new: bool, here: set[str]) -> Remembered:
    feedback, person = answer.feedback, ledger.holder(keys, answer.feedback.id)
    found = standing(person.answers, feedback.id, settings.nps_window_days()) if person else None
    if person is None or found is None or feedback.nps is None:
        return Remembered(feedback)
    later = following(person.answers, feedback.id) if new else None
    outdated = later.feedback_id if later and later.feedback_id not in here else None
    filled = feedback.model_copy(update={"nps": _filled(feedback.nps, found), "account": _account(person, feedback.id)})
    return Remembered(filled, person.key, outdated)


def _filled(nps: Nps, found: Standing) -> Nps:
    told: dict[str, Any] = {"average": found.average, "answers": found.answers, "trend": found.trend}
    if found.previous is not None:
        told |= {
            "previous_score": found.previous.score,
            "previous_band": found.previous.band,
            "previous_at": datetime.fromisoformat(found.previous.at),
            "change": found.change,
        }
    return nps.model_copy(update=told)


def _account(person: Person, feedback_id: str) -> Account | None:
    key = next((answer.account for answer in person.answers if answer.feedback_id == feedback_id), None)
    return Account(id=account_id(key), key=key) if key else None


def _with_accounts(told: Sequence[Remembered], now: datetime) -> list[Remembered]:
    """Each answer's account with its score of this moment."""
    keys = {item.feedback.account.key for item in told if item.feedback.account}
    accounts = account_standings(sorted(keys), now) if keys else {}
    return [
        Remembered(_with_account(item.feedback, accounts), item.person, item.outdated)
        if item.feedback.account
        else item
        for item in told
    ]


def account_standings(keys: Sequence[str], now: datetime) -> dict[str, dict[str, Any]]:
    """The Net Promoter Score of each account over the window that ends today, and what last night knew of it.

    Raises TransientError.
    """
    days = settings.nps_window_days()
    since, until = window(now.date(), days)
    asked = months(since, until)
    found = table().counts([(key, name) for key in keys for name in (*asked, KNOWN)])
    standings: dict[str, dict[str, Any]] = {}
    for key in keys:
        known = known_in(found.get((key, KNOWN), {}))
        standings[key] = {"health": known.figure(), "renewal_date": known.renewal}
        counts = counted(((month, found.get((key, month), {})) for month in asked), since, until)
        standings[key]["nps"] = AccountNps(
            score=counts.score,
            answers=counts.answers,
            promoters=counts.promoters,
            passives=counts.passives,
            detractors=counts.detractors,
            window_days=days,
        )
    return standings


def _with_account(feedback: Feedback, standings: Mapping[str, Mapping[str, Any]]) -> Feedback:
    account = feedback.account
    if account is None:
        return feedback
    return feedback.model_copy(update={"account": account.model_copy(update=standings[account.key])})


@cache
def _finder(path: str) -> Any:
    return getter(path)


@cache
def table() -> HistoryTable:
    return HistoryTable(settings.history_table(), settings.retention_days())
