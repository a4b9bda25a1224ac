"""The newest answer stands: an older one never overwrites a newer one on the same record, however a queue reorders.

Before a record is changed, its newest answer is read and ours is put there; afterwards it is read again. Whoever finds
another one there than it wrote may have written over it, and has the newer of the two written again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from feedback_bridge.delivery.task import Task
from feedback_bridge.mapping.write import Write


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """When the answer was given, in UTC text that sorts, and which one it is."""

    occurred_at: str
    feedback_id: str


class Newest(Protocol):
    """The newest answer of each record and mapping: see `aws/newest.py`."""

    def read(self, records: Sequence[str]) -> Mapping[str, Stamp]: ...

    def put(self, stamps: Mapping[str, Stamp]) -> None: ...


Contest = tuple[Task, Write]


def stamp_of(write: Write, feedback_id: str) -> Stamp:
    given = datetime.fromisoformat(write.occurred_at) if write.occurred_at else datetime.min.replace(tzinfo=UTC)
    return Stamp(given.astimezone(UTC).isoformat(timespec="microseconds"), feedback_id)


def record_of(task: Task, write: Write) -> str | None:
    """The record that several answers may want to change through this mapping; None where each has one of its own."""
    if write.operation == "update" and write.record_id:
        return f"{task.job.mapping.org}#{write.record_id}#{task.job.mapping.id}#{task.plan.effect}"
    if write.operation == "upsert" and write.external_id and task.job.arrival.feedback_id not in write.external_id[1]:
        field, value = write.external_id
        return f"{task.job.mapping.org}#{write.object}#{field}#{value}#{task.job.mapping.id}#{task.plan.effect}"
    return None


def admitted(newest: Newest, wanted: Sequence[Contest]) -> list[Contest]:
    """Those that are not older than what stands; the others end as skipped. Raises TransientError."""
    records = {record for task, write in wanted if (record := record_of(task, write))}
    standing = dict(newest.read(sorted(records))) if records else {}
    ours: dict[str, Stamp] = {}
    admitted: list[Contest] = []
    for task, write in wanted:
        record = record_of(task, write)
        stamp = stamp_of(write, task.job.arrival.feedback_id)
        if record and record in standing and standing[record].occurred_at > stamp.occurred_at:
            task.job.end("skipped", "A newer answer of the same record has been written already.")
            continue
        if record:
            ours[record] = max(stamp, ours.get(record, stamp))
        admitted.append((task, write))
    if ours:
        newest.put(ours)
    return admitted


def overtaken(newest: Newest, written: Sequence[Contest]) -> list[tuple[Task, str]]:
    """What must be written again because two workers met on a record: any of our tasks there, and the newer feedback.

    Raises TransientError.
    """
    ours: dict[str, tuple[Task, Stamp]] = {}
    for task, write in written:
        if record := record_of(task, write):
            stamp = stamp_of(write, task.job.arrival.feedback_id)
            if record not in ours or stamp > ours[record][1]:
                ours[record] = (task, stamp)
    standing = newest.read(sorted(ours)) if ours else {}
    met = {
        record: (task, max(stamp, standing[record]))
        for record, (task, stamp) in ours.items()
        if record in standing and standing[record] != stamp
    }
    if met:
        newest.put({record: stamp for record, (_, stamp) in met.items()})
    return [(task, stamp.feedback_id) for task, stamp in met.values()]
