"""One write made ready: from feedback to a plan, and from a plan and the org's answers to final writes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from feedback_bridge.mapping.field_types.unfit import Unfit
from feedback_bridge.mapping.fields import FieldPlan
from feedback_bridge.mapping.finish import Writer
from feedback_bridge.mapping.operands import RECORD_KEY
from feedback_bridge.mapping.outcome import ABSENT, FieldProblem, Rejected, Skipped, Stop
from feedback_bridge.mapping.plan import MAIN, Plan, Resolved, Target
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.mapping.targets import Matched, Targeting


class _Refused(Exception):
    def __init__(self, problem: FieldProblem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class CompiledWrite:
    """`targeting` is None for an insert."""

    def __init__(self, writer: Writer, fields: FieldPlan, targeting: Targeting | None, effect: str = MAIN) -> None:
        self.object = writer.object
        self.effect = effect
        self._writer = writer
        self._targeting = targeting
        self._fields = fields
        self._constants = fields.constants
        self._plain = tuple(fields.plain)
        self._special = tuple(fields.special)
        self._found = tuple(fields.found)

    def plan(self, feedback: Mapping[str, Any], now: datetime) -> Plan | Skipped | Rejected:
        fields, notes = self._constants.copy(), []  # type: dict[str, Any], list[str]
        problems: list[FieldProblem] | None = None
        for name, read, coerce in self._plain:
            try:
                value = read(feedback)
                if value is not None:
                    value = coerce(value, notes)
                    if value is not None:
                        fields[name] = value
            except Unfit as error:
                problems = [*(problems or ()), FieldProblem(name, str(error))]
        if self._special:
            try:
                problems = self._fill(feedback, now, fields, notes, problems)
            except Stop as stop:
                return Skipped(str(stop))
        if problems:
            return Rejected(tuple(problems))
        targeting = self._targeting
        target = targeting.target(feedback) if targeting is not None else Target()
        if target.lacking is not None and targeting is not None:
            return self._without_record(targeting, target, feedback, now, fields, notes)
        return self._planned(feedback, now, fields, notes, target)

    def _without_record(
        self,
        targeting: Targeting,
        target: Target,
        feedback: Mapping[str, Any],
        now: datetime,
        fields: dict[str, Any],
        notes: list[str],
    ) -> Plan | Skipped | Rejected:
        """The feedback has nothing to find the record by: as if none had been found.

        But a value that could not be searched for makes no record: the record may well be there.
        """
        match targeting.on_none:
            case "insert" if not target.unfit:
                return self._planned(feedback, now, fields, notes, target)
            case "insert" | "fail":
                return Rejected((FieldProblem(self.object, f"cannot be found: {target.lacking}"),))
            case _:
                return Skipped(f"no {self.object} to write to: {target.lacking}")

    def _fill(
        self,
        feedback: Mapping[str, Any],
        now: datetime,
        fields: dict[str, Any],
        notes: list[str],
        problems: list[FieldProblem] | None,
    ) -> list[FieldProblem] | None:
        for name, fill in self._special:
            try:
                value = fill(feedback, now, notes)
                if value is not ABSENT:
                    fields[name] = value
            except Unfit as error:
                problems = [*(problems or ()), FieldProblem(name, str(error))]
        return problems

    def _planned(
        self, feedback: Mapping[str, Any], now: datetime, fields: dict[str, Any], notes: list[str], target: Target
    ) -> Plan | Skipped | Rejected:
        queries: tuple[RecordQuery, ...] = () if target.query is None else (target.query,)
        pending: tuple[int, ...] = ()
        if self._found:
            try:
                queries, pending = self._questions(feedback, now, fields, queries, notes)
            except Stop as stop:
                return Skipped(str(stop))
            except _Refused as refused:
                return Rejected((refused.problem,))
        elif not queries:
            early = self._writer.impossible(fields, target)
            if early is not None:
                return early
        return Plan(
            str(feedback.get("id") or ""), self.effect, self.object, fields, target, queries, notes, self, pending,
            feedback.get(RECORD_KEY), feedback.get("occurred_at"),
        )  # fmt: skip

    def _questions(
        self,
        feedback: Mapping[str, Any],
        now: datetime,
        fields: dict[str, Any],
        queries: tuple[RecordQuery, ...],
        notes: list[str],
    ) -> tuple[tuple[RecordQuery, ...], tuple[int, ...]]:
        """The queries with those of looked-up fields added, and which of these fields each belongs to."""
        asked: list[RecordQuery] = list(queries)
        pending: list[int] = []
        for index, item in enumerate(self._found):
            if item.applies is not None and not item.applies(feedback, now):
                continue
            query = item.query(feedback, notes)
            if query is not None:
                asked.append(query)
                pending.append(index)
                continue
            try:
                value = item.absent()
            except Unfit as error:
                raise _Refused(FieldProblem(item.field.name, str(error))) from None
            if value is not ABSENT:
                fields[item.field.name] = value
        return tuple(asked), tuple(pending)

    def purposes(self, plan: Plan) -> tuple[str, ...]:
        looked_up = tuple(self._found[index].field.name for index in plan.pending)
        return looked_up if len(looked_up) == len(plan.queries) else (self.object, *looked_up)

    def resolve(self, plan: Plan, answers: Sequence[Sequence[Row]]) -> Resolved | Skipped | Rejected:
        """Raises ValueError when there is not one answer for each query."""
        if len(answers) != len(plan.queries):
            raise ValueError(f"{len(plan.queries)} queries need as many answers, not {len(answers)}")
        fields, warnings = plan.fields, plan.warnings
        if plan.pending:
            fields, warnings = dict(fields), list(warnings)
            outcome = self._take(plan, answers[len(answers) - len(plan.pending) :], fields, warnings)
            if outcome is not None:
                return outcome
        matched: Matched | None = None
        if plan.target.query is not None and self._targeting is not None:
            decision = self._targeting.decide(plan.target, answers[0])
            if isinstance(decision, (Skipped, Rejected)):
                return decision
            matched = decision
        elif plan.target.record_id is not None:
            matched = Matched((plan.target.record_id,))
        if matched is not None and matched.conversion is not None and warnings is plan.warnings:
            warnings = list(warnings)
        writes = self._writer.writes(plan, fields, matched, warnings)
        return Resolved(plan, writes, tuple(warnings)) if isinstance(writes, tuple) else writes

    def _take(
        self, plan: Plan, answers: Sequence[Sequence[Row]], fields: dict[str, Any], warnings: list[str]
    ) -> Skipped | Rejected | None:
        """Puts the looked-up values into `fields`."""
        problems: list[FieldProblem] = []
        for index, rows in zip(plan.pending, answers, strict=True):
            item = self._found[index]
            try:
                value = item.value(rows, warnings)
            except Unfit as error:
                problems.append(FieldProblem(item.field.name, str(error)))
                continue
            except Stop as stop:
                return Skipped(str(stop))
            if value is not ABSENT:
                fields[item.field.name] = value
        return Rejected(tuple(problems)) if problems else None
