"""What the plans of a round want to know, asked together."""

from collections.abc import Callable, Hashable, Sequence

from feedback_bridge.delivery.outcome import Meaning, Org, Refused
from feedback_bridge.delivery.task import Task, as_refusal, leave_out
from feedback_bridge.errors import BridgeError
from feedback_bridge.mapping.outcome import Rejected, Skipped
from feedback_bridge.mapping.plan import Resolved
from feedback_bridge.mapping.read import Row

_ONE_TO_BLAME = {Meaning.RECORD, Meaning.MAPPING}


def resolve(org: Org, tasks: Sequence[Task]) -> None:
    """Every task has its writes afterwards, or a word on its job.

    A query that Salesforce refuses, for a field that is gone or a value that is no id, must not stop the others: they
    are halved, mapping by mapping, until the culprit is alone.
    """
    if not tasks:
        return
    try:
        answers = org.find([query for task in tasks for query in task.plan.queries])
    except (Refused, BridgeError) as error:
        refusal = as_refusal(error)
        parts = _parts(tasks, refusal.meaning)
        for part in parts:
            resolve(org, part)
        for task in tasks if not parts else ():
            task.job.refused(refusal)
        return
    taken = 0
    for task in tasks:
        count = len(task.plan.queries)
        _take(task, answers[taken : taken + count])
        taken += count


def _parts(tasks: Sequence[Task], meaning: Meaning) -> list[list[Task]]:
    """What to ask again instead, if anything. Of a mapping that does not fit its org, all that ask alike fare alike."""
    if meaning not in _ONE_TO_BLAME or len(tasks) < 2:
        return []
    parts = _kinds(tasks, lambda task: task.job.mapping.id)
    if len(parts) == 1 and meaning is Meaning.MAPPING:
        parts = _kinds(tasks, _shape)
    elif len(parts) == 1:
        middle = len(tasks) // 2
        parts = [list(tasks[:middle]), list(tasks[middle:])]
    return parts if len(parts) > 1 else []


def _kinds(tasks: Sequence[Task], kind: Callable[[Task], Hashable]) -> list[list[Task]]:
    kinds: dict[Hashable, list[Task]] = {}
    for task in tasks:
        kinds.setdefault(kind(task), []).append(task)
    return list(kinds.values())


def _shape(task: Task) -> Hashable:
    return tuple((query.object, tuple(name for name, _ in query.where), query.select) for query in task.plan.queries)


def _take(task: Task, answers: Sequence[Sequence[Row]]) -> None:
    try:
        resolved = task.plan.resolve(answers)
    except Exception as error:
        task.job.unforeseen(error)
        return
    if isinstance(resolved, Resolved):
        task.resolved = resolved
        task.job.warnings += resolved.warnings
    elif task.main:
        task.job.end("skipped" if isinstance(resolved, Skipped) else "failed", resolved.reason)
    elif isinstance(resolved, Rejected):
        leave_out(task.job, task.plan.effect, resolved)
