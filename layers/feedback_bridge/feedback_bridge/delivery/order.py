"""The newest answer stands: an older one never overwrites a newer one on the same record, however a queue reorders.

Before a record is changed, our answer's stamp is put on it, unless a newer one is there; afterwards the stamp is read.
Who finds a newer one there then may have written over it, and has that answer written again. A request that got no
answer may be carried out after that: it has a second look, once Salesforce cannot be at it any more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Protocol

from feedback_bridge.delivery.coalesce import moment_of
from feedback_bridge.delivery.task import Task
from feedback_bridge.mapping.write import Write


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """When the answer was given, in UTC text that sorts, and which one it is."""

    occurred_at: str
    feedback_id: str


class Newest(Protocol):
    """The newest answer of each record and mapping: see `aws/newest.py`."""

    def read(self, records: Sequence[str]) -> Mapping[str, Stamp]:
        """Raises TransientError."""

    def put(self, stamps: Mapping[str, Stamp]) -> Collection[str]:
        """Put each where no newer one of another answer stands; the records where one does. Raises TransientError."""


Contest = tuple[Task, Write]


def stamp_of(write: Write, feedback_id: str) -> Stamp:
    return Stamp(moment_of(write).astimezone(UTC).isoformat(timespec="microseconds"), feedback_id)


def record_of(task: Task, write: Write) -> str | None:
    """The record that several answers may want to change through this mapping; None where each has one of its own."""
    if write.operation == "update" and write.record_id:
        return f"{task.job.mapping.org}#{write.record_id}#{task.job.mapping.id}#{task.plan.effect}"
    if write.operation == "upsert" and write.external_id and task.job.arrival.feedback_id not in write.external_id[1]:
        field, value = write.external_id
        schema = task.job.mapping.schema(write.object)
        if schema and (item := schema.field(field)) and item.type == "email":
            value = value.casefold()  # Salesforce finds an address in any spelling
        return f"{task.job.mapping.org}#{write.object}#{field}#{value}#{task.job.mapping.id}#{task.plan.effect}"
    return None


def admitted(newest: Newest, wanted: Sequence[Contest]) -> list[Contest]:
    """Those that are not older than what stands; the others end as skipped. Raises TransientError."""
    ours = _ours(wanted)
    overtaken = newest.put({record: stamp for record, (_, stamp) in ours.items()}) if ours else ()
    admitted: list[Contest] = []
    for task, write in wanted:
        if record_of(task, write) in overtaken:
            task.job.end("skipped", "There is a newer answer for the record.")
        else:
            admitted.append((task, write))
    return admitted


def overtaken(newest: Newest, written: Sequence[Contest]) -> list[tuple[Task, str]]:
    """What must be written again because a newer answer came upon the record while we wrote: a task of ours there, and
    the newer feedback. Raises TransientError.
    """
    ours = _ours(written)
    standing = newest.read(sorted(ours)) if ours else {}
    return [
        (task, standing[record].feedback_id)
        for record, (task, stamp) in ours.items()
        if record in standing and standing[record] != stamp
    ]


def _ours(contests: Sequence[Contest]) -> dict[str, tuple[Task, Stamp]]:
    """The newest of our answers for each record; in one batch the newest is laid over the others."""
    ours: dict[str, tuple[Task, Stamp]] = {}
    for task, write in contests:
        if record := record_of(task, write):
            stamp = stamp_of(write, task.job.arrival.feedback_id)
            if record not in ours or stamp > ours[record][1]:
                ours[record] = (task, stamp)
    return ours
