"""What a mapping would do with a feedback, found out without writing: reads only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any

from feedback_bridge.automation.steps import NOTICES
from feedback_bridge.delivery.delivery import RecordWritten
from feedback_bridge.delivery.once import once
from feedback_bridge.delivery.outcome import Org
from feedback_bridge.feedback.record_id import checksum
from feedback_bridge.mapping.compiled import CompiledMapping
from feedback_bridge.mapping.outcome import Rejected, Skipped
from feedback_bridge.mapping.plan import Plan, Resolved
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.collections import calls
from feedback_bridge.salesforce.find import QUERIES_A_COMPOSITE
from feedback_bridge.salesforce.soql import statements

_PREFIXES = {"Lead": "00Q", "Contact": "003"}
_NOT_YET = "0" * 12
"""Stands for the id of a record that is not there yet, between its object's prefix and the checksum."""


@dataclass
class Rehearsal:
    """`calls` is what it would cost in Salesforce calls: its reads and its writes, not those of the preview itself."""

    outcome: str = "written"
    reason: str | None = None
    writes: list[dict[str, Any]] = field(default_factory=list)
    lookups: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    calls: int = 0

    def end(self, outcome: Skipped | Rejected) -> None:
        self.outcome = "skipped" if isinstance(outcome, Skipped) else "failed"
        self.reason = outcome.reason


@dataclass(frozen=True)
class Stage:
    """`written` is what an earlier delivery of the same feedback wrote: a repetition finds it."""

    org: Org
    schemas: Mapping[str, ObjectSchema]
    mark: str
    written: Sequence[RecordWritten] = ()

    def rehearse(self, mapping: CompiledMapping, feedback: Mapping[str, Any], now: datetime) -> Rehearsal:
        """Raises TransientError, Refused."""
        rehearsal = Rehearsal()
        plan = mapping.plan(feedback, now)
        if not isinstance(plan, Plan):
            rehearsal.end(plan)
            return rehearsal
        resolved = self._resolved([plan], rehearsal)[0]
        if not isinstance(resolved, Resolved):
            rehearsal.end(resolved)
            return rehearsal
        ids = self._show([resolved], rehearsal)
        follows = []
        for item in resolved.children(ids):
            if isinstance(item, Plan):
                follows.append(item)
            else:
                rehearsal.warnings.append(f"a write that follows would be left out: {item.reason}")
        outcomes = self._resolved(follows, rehearsal)
        for plan, outcome in zip(follows, outcomes, strict=True):
            if not isinstance(outcome, Resolved):
                rehearsal.warnings.append(f"{plan.effect}: {outcome.reason}")
        self._show([item for item in outcomes if isinstance(item, Resolved)], rehearsal)
        return rehearsal

    def _resolved(self, plans: Sequence[Plan], rehearsal: Rehearsal) -> list[Resolved | Skipped | Rejected]:
        """The plans with the org's answers. What would be asked of a record that is not there yet finds nothing."""
        queries = [query for plan in plans for query in plan.queries]
        asked = [query for query in queries if not _about_nothing_yet(query)]
        rehearsal.calls += _reads(queries)
        found = iter(self.org.find(asked))
        answers = {id(query): next(found) for query in asked}
        rehearsal.lookups += [
            _lookup(plan, purpose, query, answers[id(query)])
            for plan in plans
            for purpose, query in zip(plan.purposes, plan.queries, strict=True)
            if id(query) in answers
        ]
        return [plan.resolve([answers.get(id(query), []) for query in plan.queries]) for plan in plans]

    def _show(self, resolved: Sequence[Resolved], rehearsal: Rehearsal) -> list[str]:
        """Adds the writes, each with what stands there now. Returns the ids of the records, real or standing in."""
        wanted = [(item.plan.effect, self._once(item.plan, write)) for item in resolved for write in item.writes]
        befores = self._befores([write for _, write in wanted])
        rehearsal.calls += len(calls([write for _, write in wanted if write.object not in NOTICES]))
        rehearsal.warnings += [warning for item in resolved for warning in item.warnings]
        rehearsal.writes += [
            _told(effect, write, before) for (effect, write), before in zip(wanted, befores, strict=True)
        ]
        return [
            write.record_id or (str(before["Id"]) if before else _stand_in(write.object))
            for (_, write), before in zip(wanted, befores, strict=True)
        ]

    def _once(self, plan: Plan, write: Write) -> Write:
        effect = f"{plan.effect}~{plan.parent_id}" if plan.parent_id else plan.effect
        return once(write, self.schemas.get(write.object), self.mark, self.written, effect)

    def _befores(self, writes: Sequence[Write]) -> list[Row | None]:
        """The records as they are, with the fields that would be written."""
        queries = [query for write in writes if (query := _where_it_stands(write))]
        found = iter(self.org.find(queries))
        rows = [next(found) if _where_it_stands(write) else [] for write in writes]
        return [row[0] if row else None for row in rows]


def _where_it_stands(write: Write) -> RecordQuery | None:
    key = ("Id", write.record_id) if write.record_id else write.external_id
    if key is None or _stands_in(key[1]):
        return None
    return RecordQuery(write.object, where=(key,), select=tuple(name for name in write.fields if name != key[0]))


def _about_nothing_yet(query: RecordQuery) -> bool:
    return any(_stands_in(value) for _, value in query.where)


def _stand_in(sobject: str) -> str:
    short_id = _PREFIXES.get(sobject, "000") + _NOT_YET
    return short_id + checksum(short_id)


def _stands_in(value: Any) -> bool:
    return isinstance(value, str) and len(value) in (15, 18) and value[3:15] == _NOT_YET


def _reads(queries: Sequence[RecordQuery]) -> int:
    """As `find` asks: one statement in a GET, several in composites."""
    asked = len(statements(queries))
    return asked if asked < 2 else ceil(asked / QUERIES_A_COMPOSITE)


def _lookup(plan: Plan, purpose: str, query: RecordQuery, rows: Iterable[Row]) -> dict[str, Any]:
    """`purpose`: the field that is looked up, or the object whose record is to be written."""
    found = [str(row["Id"]) for row in rows]
    return {
        "effect": plan.effect,
        "purpose": purpose,
        "object": query.object,
        "where": dict(query.where),
        "mode": query.mode,
        "found": found,
    }


def _told(effect: str, write: Write, before: Row | None) -> dict[str, Any]:
    changes = [
        {"field": name, "before": before.get(name) if before else None, "after": _readable(value)}
        for name, value in write.fields.items()
    ]
    external = {"field": write.external_id[0], "value": write.external_id[1]} if write.external_id else None
    return {
        "effect": effect,
        "object": write.object,
        "operation": write.operation,
        "record_id": write.record_id or (str(before["Id"]) if before else None),
        "external_id": external,
        "exists": before is not None,
        "fields": changes,
    }


def _readable(value: Any) -> Any:
    return "(id of the new record)" if _stands_in(value) else value
