"""What a push has changed, told as feedback: archived and announced like an event that a tool sends."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import islice
from typing import Any

from feedback_bridge.aws.bus import announce
from feedback_bridge.feedback.raw import Raw
from feedback_bridge.mapping.predicates import compile_condition
from feedback_bridge.mapping.read import RecordQuery
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.reading import archive, source_of
from feedback_bridge.runtime.sync.work import Work
from feedback_bridge.sources.intake import taken_up
from feedback_bridge.sync.document import Events

MOST_EVENTS, MOST_LOOKED_AT = 1000, 20_000
"""Of one run: a report in which everything is new makes no flood of tasks, and is looked at in some seconds."""

RECORDS_A_CALL = 2000


def tell_changes(work: Work) -> None:
    """Once for each run and record, however often a worker begins anew. Raises PermanentError, TransientError."""
    events = work.sync.events
    if events is None or work.run.dry_run or not work.run.counts.changed:
        return
    source = source_of(events.source)
    facts = []
    for change in islice(_changes(work, events), MOST_EVENTS):
        body = json.dumps(change, ensure_ascii=False).encode("utf-8", "surrogatepass")
        sent = Raw("", source.id, work.clock(), "application/json", body, "", keep_days=source.remember_days)
        for raw, fact in taken_up(sent, source):
            held = archive().keep(raw)
            facts += [fact(held.raw)] if held.status != "erased" else []
    announce(settings.event_bus(), facts)
    work.run.counts.told = len(facts)
    if len(facts) >= MOST_EVENTS or work.run.counts.changed > MOST_LOOKED_AT:
        logger.warning("more has changed than is told", extra={"sync": work.run.sync, "told": len(facts)})


def _changes(work: Work, events: Events) -> Iterator[dict[str, Any]]:
    """Those for which the condition holds of the record as Salesforce has it now."""
    holds = compile_condition(events.when, UTC)
    changed = islice(_changed(work), MOST_LOOKED_AT)
    while some := list(islice(changed, RECORDS_A_CALL)):
        values = _values(work, [record_id for record_id, _, _ in some])
        for (record_id, key, fields), held in zip(some, values, strict=True):
            change = {
                "id": f"{work.run.id}-{record_id}",
                "at": work.run.started_at.isoformat(),
                "sync": work.run.sync,
                "key": key,
                "record": {"object": work.sync.salesforce.object, "id": record_id},
                "changed": sorted(fields),
                "values": held,
            }
            if holds(change, work.clock()):
                yield change


def _changed(work: Work) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for part in range(work.run.compared):
        yield from work.files.lines(f"changes/{part:04}")


def _values(work: Work, record_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Of each record, without what is empty; nothing of one that is gone."""
    names = tuple(column.name for column in work.columns)
    queries = [RecordQuery(work.schema.name, (("Id", record_id),), select=names) for record_id in record_ids]
    return [
        {name: row[name] for row in rows[:1] for name in names if row.get(name) is not None}
        for rows in work.org.find(queries)
    ]
