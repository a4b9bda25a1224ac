"""Reads and writes of one org, round by round: first the main writes of all jobs together, then what follows them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from feedback_bridge.delivery.coalesce import coalesce
from feedback_bridge.delivery.delivery import RecordWritten
from feedback_bridge.delivery.job import Job
from feedback_bridge.delivery.once import once
from feedback_bridge.delivery.outcome import Meaning, Org, Outcome, Refusal, Refused, Written, no_answer
from feedback_bridge.errors import BridgeError, PermanentError
from feedback_bridge.mapping.outcome import Rejected, Skipped
from feedback_bridge.mapping.plan import MAIN, Plan, Resolved
from feedback_bridge.mapping.write import Write


@dataclass
class Task:
    """One plan of a job: the main write, or one that follows it."""

    job: Job
    plan: Plan
    resolved: Resolved | None = None

    @property
    def main(self) -> bool:
        return self.plan.effect == MAIN

    @property
    def effect(self) -> str:
        return f"{self.plan.effect}~{self.plan.parent_id}" if self.plan.parent_id else self.plan.effect


def run(org: Org, tasks: Sequence[Task]) -> None:
    """Every task ends in records, or in a word on its job."""
    while tasks:
        ready = [task for task in tasks if task.job.status is None]
        _resolve(org, ready)
        wanted = [(task, write) for task in ready if task.resolved for write in task.resolved.writes]
        _write(org, wanted)
        tasks = [follow for task in ready if task.resolved for follow in _follows(task)]


def _resolve(org: Org, tasks: Sequence[Task]) -> None:
    """Read what the plans want to know. One mapping's broken query must not stop the others: then each asks alone."""
    try:
        answers = org.find([query for task in tasks for query in task.plan.queries])
    except (Refused, BridgeError) as error:
        mappings = {task.job.mapping.id for task in tasks}
        if isinstance(error, Refused) and len(mappings) > 1:
            for mapping in mappings:
                _resolve(org, [task for task in tasks if task.job.mapping.id == mapping])
        else:
            _all_refused([task.job for task in tasks], error)
        return
    taken = 0
    for task in tasks:
        own = answers[taken : taken + len(task.plan.queries)]
        taken += len(task.plan.queries)
        _take(task, partial(task.plan.resolve, own))


def _take(task: Task, resolve: Callable[[], Resolved | Skipped | Rejected]) -> None:
    try:
        resolved = resolve()
    except Exception as error:
        task.job.end("failed", f"The mapping could not be applied: an unforeseen error ({type(error).__name__}).")
        return
    if isinstance(resolved, Resolved):
        task.resolved = resolved
        task.job.warnings += resolved.warnings
    elif task.main:
        task.job.end("skipped" if isinstance(resolved, Skipped) else "failed", resolved.reason)
    else:
        _leave_out(task.job, task.plan.effect, resolved)


def _leave_out(job: Job, effect: str, why: Skipped | Rejected) -> None:
    """A follow-up that cannot be written does not undo the record before it; the delivery has failed, and says so."""
    if isinstance(why, Rejected):
        job.end("failed", f"{effect} was not written: {why.reason}")


def _write(org: Org, wanted: Sequence[tuple[Task, Write]]) -> None:
    """Send the writes, each record once. A repetition sends the same writes again: `once` makes that safe."""
    sending = [(task, _once(task, write)) for task, write in wanted]
    writes, places = coalesce([write for _, write in sending])
    try:
        outcomes = org.write(writes)
    except (Refused, BridgeError) as error:
        _all_refused([task.job for task, _ in sending], error)
        return
    for (task, write), place in zip(sending, places, strict=True):
        _note(task, write, outcomes[place])


def _once(task: Task, write: Write) -> Write:
    job = task.job
    return once(write, job.mapping.schema(write.object), job.id, job.written, task.effect)


def _note(task: Task, write: Write, outcome: Outcome) -> None:
    if isinstance(outcome, Written):
        task.job.records.append(RecordWritten(task.effect, write.object, write.operation, outcome.record_id))
    else:
        task.job.refused(outcome)


def _follows(task: Task) -> list[Task]:
    """What follows the records of a main write; nothing follows a write that failed."""
    job = task.job
    if job.status is not None or not task.main or task.resolved is None:
        return []
    follows: list[Task] = []
    for plan in task.resolved.children([record.record_id for record in job.records if record.effect == MAIN]):
        if isinstance(plan, (Skipped, Rejected)):
            _leave_out(job, "a write that follows", plan)
        else:
            follows.append(Task(job, plan))
    return follows


def _all_refused(jobs: Sequence[Job], error: Refused | BridgeError) -> None:
    for job in jobs:
        job.refused(_as_refusal(error))


def _as_refusal(error: Refused | BridgeError) -> Refusal:
    if isinstance(error, Refused):
        return error.refusal
    if isinstance(error, PermanentError):
        return Refusal("NOT_SENT", Meaning.RECORD, (), str(error))
    return no_answer(str(error))
