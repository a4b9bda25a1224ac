"""What the plans of a round want to know, asked together."""

from collections.abc import Sequence

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
        if refusal.meaning in _ONE_TO_BLAME and len(tasks) > 1:
            for part in _parts(tasks):
                resolve(org, part)
        else:
            for task in tasks:
                task.job.refused(refusal)
        return
    taken = 0
    for task in tasks:
        count = len(task.plan.queries)
        _take(task, answers[taken : taken + count])
        taken += count


def _parts(tasks: Sequence[Task]) -> list[Sequence[Task]]:
    by_mapping: dict[str, list[Task]] = {}
    for task in tasks:
        by_mapping.setdefault(task.job.mapping.id, []).append(task)
    if len(by_mapping) > 1:
        return list(by_mapping.values())
    middle = len(tasks) // 2
    return [tasks[:middle], tasks[middle:]]


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
