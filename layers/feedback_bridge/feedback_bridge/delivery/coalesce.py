"""Several writes to the same record in one batch become one: Salesforce refuses the same record twice in a call."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from feedback_bridge.mapping.write import Write


def coalesce(writes: Sequence[Write]) -> tuple[list[Write], list[int]]:
    """The writes to send, and for each write given the position of the one that carries it.

    Fields are laid over each other in the order in which the feedback occurred, so that the newest answer stands; what
    only an older one says is kept.
    """
    merged: list[Write] = []
    carriers: dict[Any, int] = {}
    places = [0] * len(writes)
    order = sorted(range(len(writes)), key=lambda position: moment_of(writes[position]))
    for position in order:
        write = writes[position]
        record = _record(write)
        if record is None or record not in carriers:
            places[position] = len(merged)
            merged.append(write)
            if record is not None:
                carriers[record] = places[position]
            continue
        place = carriers[record]
        places[position] = place
        older = merged[place]
        merged[place] = replace(write, fields={**older.fields, **write.fields}, parents=older.parents + write.parents)
    return merged, places


def moment_of(write: Write) -> datetime:
    """When its feedback occurred; a text says it in any zone, with or without fractions."""
    return datetime.fromisoformat(write.occurred_at) if write.occurred_at else datetime.min.replace(tzinfo=UTC)


def _record(write: Write) -> Any:
    """What makes two writes go to one record; None for an insert, which is always one of its own."""
    if write.external_id:
        field, value = write.external_id
        return write.operation, write.object, field, value, write.duplicates, write.assign
    if write.record_id:
        return write.operation, write.object, write.record_id, write.duplicates, write.assign
    return None
