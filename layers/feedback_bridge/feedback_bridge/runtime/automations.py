"""The batch of automations: signals in, Salesforce records, notices and deliveries out; and what is due later."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from feedback_bridge.automation.names import run_name
from feedback_bridge.automation.runs import Run
from feedback_bridge.aws.wakeups import WakeUps
from feedback_bridge.delivery.batch import Batch, Result
from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.errors import BridgeError, PermanentError
from feedback_bridge.mapping.plan import Plan
from feedback_bridge.runtime import pausing, settings
from feedback_bridge.runtime.automation_parts import Parts, parts
from feedback_bridge.runtime.automation_parts import org as noticing
from feedback_bridge.runtime.consumer import Verdicts, consume
from feedback_bridge.runtime.escalating import still_open
from feedback_bridge.runtime.hearing import heard, told
from feedback_bridge.runtime.messages import Message
from feedback_bridge.runtime.storing import store
from feedback_bridge.runtime.telling import tell
from feedback_bridge.runtime.withdrawn import withdrawn

_RECENT = timedelta(hours=1)
Known = Mapping[tuple[str, str], Delivery]


def act_batch(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return consume(records, _handle, parts().deliveries, settings.queue_url())


def _handle(messages: Sequence[Message]) -> Verdicts:
    """Deliveries are stored, and what is due later is asked for, before the queue forgets the messages."""
    verdicts = Verdicts()
    now = datetime.now(UTC)
    own = parts()
    try:
        revision = own.published.refresh()
        runs = _runs(messages, own, verdicts)
        known = own.deliveries.find_all([(run.feedback_id, run.name) for run in runs])
        open_runs = [run for run in runs if not _settled(run, known)]
        ended, ready = _admitted(open_runs, known, own, revision, now)
        batch = Batch(
            own.published,
            own.deliveries.find_all,
            own.deliveries.claim,
            own.newest,
            lambda org_id: noticing(org_id, revision),
        )
        result = batch.deliver([run.arrival() for run in ready], now)
        read = {**known, **result.read}
        done = _done(messages, result, verdicts)
        gone = list(withdrawn(done, own.deliveries, own.published, now, automations=True))
        own.deliveries.put_all(gone)
        stored, _ = store(own.deliveries, [*ended, *result.deliveries], read, result, messages, verdicts)
        _follow_up(runs, [*known.values(), *stored], own, now)
        pausing.note(result, own.published, now)
    except BridgeError as error:
        for message in messages:
            if verdicts.done(message):
                verdicts.note(message, error)
        return verdicts
    tell([*gone, *stored])
    return verdicts


def _done(messages: Sequence[Message], result: Result, verdicts: Verdicts) -> set[str]:
    """The feedback of messages that end now, and that had to wait or are for one automation."""
    return {
        message.detail["feedback_id"]
        for message in messages
        if verdicts.done(message)
        and message.id not in result.again
        and (
            max(message.attempt, message.receives) > 1
            or "automation" in message.detail
            or message.detail.get("mapping")
        )
    }


def _runs(messages: Sequence[Message], own: Parts, verdicts: Verdicts) -> list[Run]:
    """The same run asked for by several signals of one answer is one, for the first of them with its newest content."""
    runs: dict[tuple[str, str, str | None], Run] = {}
    for message in messages:
        try:
            for run in _asked(message, own):
                known = runs.setdefault((run.feedback_id, run.name, run.replay), run)
                if run.content > known.content:
                    runs[run.feedback_id, run.name, run.replay] = run
        except Exception as error:
            verdicts.note(message, error)
    return list(runs.values())


def _asked(message: Message, own: Parts) -> Iterable[Run]:
    detail = heard(message.detail)
    if "automation" in detail:
        wanted = [item for item in own.documents.values() if item.id == detail["automation"]]
    else:
        wanted = own.listening(detail)
    if not wanted:
        return []
    feedback = told(detail)
    record = detail.get("record")
    return [
        Run(
            key=message.id,
            automation=automation,
            feedback=feedback,
            signal=detail["signal"],
            reason=detail["reason"],
            person=detail["person"],
            content=detail.get("content", 1),
            attempt=message.attempt,
            receives=message.receives,
            replay=detail.get("replay"),
            again="automation" in detail,
            record=(record[0], record[1]) if record else None,
        )
        for automation in wanted
        if "automation" in detail or own.may_hear(automation, feedback, detail)
    ]


def _settled(run: Run, known: Known) -> bool:
    earlier = known.get((run.feedback_id, run.name))
    return earlier is not None and earlier.answers(run.content, run.replay)


def _admitted(
    runs: Sequence[Run], known: Known, own: Parts, revision: int, now: datetime
) -> tuple[list[Delivery], list[Run]]:
    """What has ended already, and what is to run now. Raises TransientError."""
    ended: list[Delivery] = []
    ready: list[Run] = []
    for asked in runs:
        before = known.get((asked.feedback_id, asked.name))
        try:
            run, reason = still_open(asked, noticing(asked.automation.org, revision)) if asked.record else (asked, None)
        except PermanentError as error:
            ended.append(asked.ended("failed", str(error), before, now))
            continue
        reason = reason or _kept_from_running(run, own, now)
        if reason is not None:
            ended.append(run.ended("skipped", reason, before, now))
        elif (until := _quiet(run, own, now)) is not None:
            _wake_ups().at(until, _message(run.due()), f"quiet/{run.name}/{run.feedback_id}/{until.isoformat()}", now)
            ended.append(run.ended("pending", f"Quiet until {until:%Y-%m-%d %H:%M} UTC.", before, now))
        else:
            ready.append(run)
    return ended, ready


def _kept_from_running(run: Run, own: Parts, now: datetime) -> str | None:
    if run.record is not None or not _would_run(run, own, now):
        return None
    if run.too_old(now):
        return f"The answer was given more than {run.automation.oldest_days} days ago."
    cooling = run.automation.cooling
    if cooling.days == 0 or run.replay is not None:
        return None
    until = now + timedelta(days=cooling.days)
    if own.cooling.begin(run.automation.id, run.whom, run.feedback_id, now, until):
        return None
    return f"It has run for the same {cooling.per} in the last {cooling.days} days."


def _would_run(run: Run, own: Parts, now: datetime) -> bool:
    """Whether its condition holds: one that does not run must not keep another from running."""
    listening = own.published.named(run.name)
    if listening is None or not listening.enabled or listening.planner is None:
        return False
    return isinstance(listening.planner.plan(run.arrival().feedback, now), Plan)


def _quiet(run: Run, own: Parts, now: datetime) -> datetime | None:
    quiet = run.automation.quiet
    return quiet.until(now) if quiet is not None and _would_run(run, own, now) else None


def _follow_up(runs: Sequence[Run], deliveries: Sequence[Delivery], own: Parts, now: datetime) -> None:
    """Asks for the escalation of what was done; lets another answer try where it came to nothing.

    Asked again of what a try before this one did, in case that it could not ask: by its name a schedule is made once,
    and an escalation has a delivery that makes it happen once.
    """
    by_key = {(delivery.feedback_id, delivery.mapping): delivery for delivery in deliveries}
    for run in runs:
        delivery = by_key.get((run.feedback_id, run.name))
        if delivery is None or run.record is not None or not delivery.final:
            continue
        escalation = run.automation.escalate
        if delivery.status != "delivered":
            own.cooling.end(run.automation.id, run.whom, run.feedback_id)
        elif escalation is not None and delivery.object and delivery.record_id and now - delivery.updated_at < _RECENT:
            detail = run.due(record=(delivery.object, delivery.record_id))
            name = f"escalation/{run_name(run.automation.id)}/{run.feedback_id}/{run.content}/{run.replay}"
            due = delivery.updated_at + timedelta(minutes=escalation.after_minutes)
            _wake_ups().at(due, _message(detail), name, now)


def _message(detail: Mapping[str, Any]) -> str:
    return json.dumps({"detail-type": "AutomationDue", "detail": detail}, ensure_ascii=False)


@cache
def _wake_ups() -> WakeUps:
    return WakeUps(
        settings.stack_name(), settings.queue_url(), settings.setting("QUEUE_ARN"), settings.setting("WAKE_UP_ROLE")
    )
