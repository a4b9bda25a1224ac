"""One plan of a job on its way: the main write, or one that follows it."""

from dataclasses import dataclass

from feedback_bridge.delivery.delivery import RecordWritten
from feedback_bridge.delivery.job import Job
from feedback_bridge.delivery.outcome import Meaning, Outcome, Refusal, Refused, Written, no_answer
from feedback_bridge.errors import BridgeError, PermanentError
from feedback_bridge.mapping.outcome import Rejected
from feedback_bridge.mapping.plan import MAIN, Plan, Resolved
from feedback_bridge.mapping.write import Write


@dataclass
class Task:
    job: Job
    plan: Plan
    resolved: Resolved | None = None

    @property
    def main(self) -> bool:
        return self.plan.effect == MAIN

    @property
    def effect(self) -> str:
        """Names what is to happen exactly once, within its delivery."""
        return f"{self.plan.effect}~{self.plan.parent_id}" if self.plan.parent_id else self.plan.effect

    @property
    def written(self) -> bool:
        return any(record.effect.startswith(self.effect) for record in self.job.records)

    def effect_of(self, write: Write) -> str:
        """One task may post on several records, each post an insert of its own."""
        return f"{self.effect}~{write.fields.get('ParentId')}" if write.operation == "chatter_post" else self.effect

    def note(self, write: Write, outcome: Outcome) -> None:
        if isinstance(outcome, Written):
            self.job.records.append(
                RecordWritten(self.effect_of(write), write.object, write.operation, outcome.record_id)
            )
        else:
            self.job.unsure = self.job.unsure or (outcome.unknown and write.plain)
            self.job.under_way = self.job.under_way or outcome.under_way
            self.job.refused(outcome)


def leave_out(job: Job, effect: str, why: Rejected) -> None:
    """A follow-up that cannot be written does not undo the record before it; the delivery has failed, and says so."""
    job.end("failed", f"{effect} was not written: {why.reason}")


def as_refusal(error: Refused | BridgeError) -> Refusal:
    """What a request that failed whole means for each of its records."""
    if isinstance(error, Refused):
        return error.refusal
    if isinstance(error, PermanentError):
        return Refusal("NOT_SENT", Meaning.RECORD, (), str(error))
    return no_answer(str(error))
