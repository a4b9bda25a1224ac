"""Reads and writes of one org, round by round: first the main writes of all jobs together, then what follows them."""

from collections.abc import Sequence

from feedback_bridge.delivery.asking import resolve
from feedback_bridge.delivery.outcome import Org
from feedback_bridge.delivery.task import Task, leave_out
from feedback_bridge.delivery.writing import Writing
from feedback_bridge.mapping.outcome import Rejected
from feedback_bridge.mapping.plan import Plan


def run(org: Org, tasks: Sequence[Task], writing: Writing) -> None:
    """Every task ends in records, or in a word on its job."""
    while tasks:
        ready = [task for task in tasks if task.job.status is None]
        resolve(org, ready)
        writing.write(org, ready)
        tasks = [follow for task in ready for follow in _follows(task)]


def _follows(task: Task) -> list[Task]:
    """What follows the records of a main write; nothing follows a write that failed."""
    job = task.job
    if job.status is not None or not task.main or task.resolved is None:
        return []
    follows: list[Task] = []
    for plan in task.resolved.children([record.record_id for record in job.records if record.main]):
        if isinstance(plan, Plan):
            follows.append(Task(job, plan))
        elif isinstance(plan, Rejected):
            leave_out(job, "a write that follows", plan)
    return follows
