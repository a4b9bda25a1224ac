"""Inserts that Salesforce cannot recognise by an External Id: claimed before they are sent, searched for afterwards.

A time-out after the commit must not double them. The search is by what was sent, among the records created since; where
our marker field is installed (`once.py`) none of this is needed.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.delivery.job import Job
from feedback_bridge.delivery.order import Contest
from feedback_bridge.delivery.outcome import Meaning, Org, Refusal, Written
from feedback_bridge.delivery.task import Task
from feedback_bridge.mapping.read import RecordQuery
from feedback_bridge.mapping.write import Write

CLOCKS_MAY_DIFFER = timedelta(minutes=2)
MOST_FIELDS = 10
_COMPARABLE = {"string", "email", "phone", "url", "picklist", "combobox", "reference", "id", "boolean", "date"}

_ANOTHER_WORKER = Refusal("BEING_WRITTEN", Meaning.RETRY, (), "Another worker is writing it.")


def not_yet_there(org: Org, wanted: Sequence[Contest]) -> list[Contest]:
    """Those that are still to be written; what an earlier try did write is noted. Raises TransientError, Refused."""
    wanted = [contest for contest in wanted if not _posted(*contest)]
    asked = [(task, write, query) for task, write in wanted if write.plain and (query := _search(task.job, write))]
    found = org.find([query for _, _, query in asked])
    there, taken = set(), set()
    for (task, write, _), rows in zip(asked, found, strict=True):
        # Of two that sent the same values, each has a record of its own.
        ours = next((str(row["Id"]) for row in rows if row["Id"] not in taken), None)
        if ours:
            taken.add(ours)
            task.note(write, Written(ours))
            there.add((id(task), id(write)))
    return [(task, write) for task, write in wanted if (id(task), id(write)) not in there]


def _posted(task: Task, write: Write) -> bool:
    """A Chatter post cannot be changed like a record: what an earlier try or a replay's original posted stays."""
    earlier = next((record for record in task.job.written if record.effect == task.effect), None)
    if write.operation != "chatter_post" or earlier is None:
        return False
    task.note(write, Written(earlier.record_id))
    return True


Claim = Callable[[Delivery, Delivery | None], bool]
"""Given the delivery to store and the one that was read: whether the insert is ours to send."""


def claimed(claim: Claim, wanted: Sequence[Contest]) -> list[Contest]:
    """Those that no other worker is writing at this moment, or has written meanwhile. Raises TransientError."""
    granted: dict[str, bool] = {}
    free: list[Contest] = []
    for task, write in wanted:
        if write.plain:
            job = task.job
            if job.id not in granted:
                known = replace(job.delivery(), status="pending", reason="It is being written.")
                sending = replace(known, sent_at=job.now, under_way=True)
                granted[job.id] = claim(sending, job.before)
            if not granted[job.id]:
                job.elsewhere = True
                job.refused(_ANOTHER_WORKER)
                continue
        free.append((task, write))
    return free


def _search(job: Job, write: Write) -> RecordQuery | None:
    """Since the first try: the last one in doubt may have been another write of the same job, or another try of it."""
    before, schema = job.before, job.mapping.schema(write.object)
    if before is None or before.sent_at is None or schema is None:
        return None
    since = min(before.sent_at, job.since) - CLOCKS_MAY_DIFFER
    where = [
        (name, _typed(value, item.type))
        for name, value in write.fields.items()
        if value is not None and (item := schema.field(name)) and item.type in _COMPARABLE
    ]
    return RecordQuery(write.object, tuple(where[:MOST_FIELDS]), created_since=since) if where else None


def _typed(value: Any, kind: str) -> Any:
    return date.fromisoformat(value) if kind == "date" and isinstance(value, str) else value
