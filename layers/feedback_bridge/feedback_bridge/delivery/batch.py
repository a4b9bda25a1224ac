"""A batch of feedback, through its mappings, into Salesforce: few reads, few writes, and a word on every one."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from feedback_bridge.delivery.arrival import Arrival
from feedback_bridge.delivery.delivery import NO_MAPPING, Delivery
from feedback_bridge.delivery.job import Job
from feedback_bridge.delivery.listening import Listening, Mappings
from feedback_bridge.delivery.order import Newest
from feedback_bridge.delivery.outcome import Org
from feedback_bridge.delivery.rounds import run
from feedback_bridge.delivery.task import Task, as_refusal
from feedback_bridge.delivery.unsure import Claim
from feedback_bridge.delivery.writing import Writing
from feedback_bridge.errors import BridgeError
from feedback_bridge.mapping.outcome import Rejected, Skipped

Found = Mapping[tuple[str, str], Delivery]
Pair = tuple[Arrival, Listening | None]


@dataclass(frozen=True, slots=True)
class Result:
    """`deliveries` are to be stored, each in the place of what was `read` of it; `again` says, by message key, after
    how many seconds one is to be tried again.

    `broken` says of mappings, as (org, mapping), why they do not fit the org; `mended` are those that fit again.
    `repeat` names feedback, as (mapping, feedback id), to be written once more: two workers met on its record.
    `doubted` names what is to have a second look when Salesforce cannot be at it any more, as (mapping, feedback id,
    content): see `order.py`.
    """

    deliveries: Sequence[Delivery]
    read: Found
    again: Mapping[str, float]
    repeat: Sequence[tuple[str, str]] = ()
    doubted: Sequence[tuple[str, str, int]] = ()
    broken: Mapping[tuple[str, str], str] = field(default_factory=dict)
    mended: Collection[tuple[str, str]] = ()


@dataclass(frozen=True)
class Batch:
    """`find` reads deliveries by (feedback id, mapping); `claim` stores one before a plain insert, and says no where
    another worker is at it; `org` gives the org of that id.
    """

    mappings: Mappings
    find: Callable[[Sequence[tuple[str, str]]], Found]
    claim: Claim
    newest: Newest
    org: Callable[[str], Org]

    def deliver(self, arrivals: Sequence[Arrival], now: datetime) -> Result:
        """Nothing is raised for one feedback's sake. Raises TransientError when the deliveries cannot be read."""
        pairs = _one_each((arrival, mapping) for arrival in arrivals for mapping in self._listening(arrival))
        before = self.find([(arrival.feedback_id, mapping.id if mapping else NO_MAPPING) for arrival, mapping in pairs])
        deliveries: list[Delivery] = []
        jobs: list[Job] = []
        writing = Writing(self.newest, self.claim)
        for arrival, mapping in pairs:
            earlier = before.get((arrival.feedback_id, mapping.id if mapping else NO_MAPPING))
            settled = earlier is not None and earlier.answers(arrival.content, arrival.replay)
            if mapping is None:
                if not settled and not arrival.second_look:
                    deliveries.append(_unheard(arrival, earlier, now))
            elif settled and not arrival.looks_back:
                continue
            elif earlier and arrival.looks_back and earlier.content > arrival.content:
                writing.again.append((mapping.id, arrival.feedback_id))
            else:
                look = settled or arrival.second_look
                jobs.append(Job(arrival, mapping, earlier, now, look=look, elsewhere=look))
        self._work(jobs, writing)
        waits: dict[str, float] = {}
        for job in jobs:
            if job.wait is not None:
                waits[job.arrival.key] = min(job.wait, waits.get(job.arrival.key, job.wait))
        broken = {(job.mapping.org, job.mapping.id): job.broken for job in jobs if job.broken}
        # One that still waits, for an org that does not answer perhaps, says nothing of its mapping.
        ended = {
            (job.mapping.org, job.mapping.id)
            for job in jobs
            if job.was_paused and not job.elsewhere and job.status != "pending"
        }
        told = [*deliveries, *(job.delivery() for job in jobs if not job.elsewhere)]
        again, doubted = list(dict.fromkeys(writing.again)), list(dict.fromkeys(writing.doubted))
        return Result(told, before, waits, again, doubted, broken, ended - broken.keys())

    def _listening(self, arrival: Arrival) -> Sequence[Listening | None]:
        """A mapping hears what arrives once it is published; what came before reaches it only by replay."""
        if arrival.mapping:
            named = self.mappings.named(arrival.mapping)
            return [named]
        heard = [
            mapping
            for mapping in self.mappings.listening(arrival.source, arrival.type)
            if arrival.asked_for or arrival.received_at >= mapping.first_published_at
        ]
        return heard or ([] if arrival.recomputed else [None])

    def _run(self, org: str, tasks: Sequence[Task], writing: Writing) -> None:
        try:
            run(self.org(org), tasks, writing)
        except BridgeError as error:
            for task in tasks:
                task.job.refused(as_refusal(error))

    def _work(self, jobs: Sequence[Job], writing: Writing) -> None:
        by_org: defaultdict[str, list[Task]] = defaultdict(list)
        for job in jobs:
            task = _planned(job)
            if task:
                by_org[job.mapping.org].append(task)
        for org, tasks in by_org.items():
            self._run(org, tasks, writing)
        for job in jobs:
            job.end("delivered")


def _one_each(pairs: Iterable[Pair]) -> list[Pair]:
    """The same feedback twice in a batch, once for a replay perhaps, meets a mapping once, with its latest content, and
    looks back where one of both is to.
    """
    chosen: dict[tuple[str, str], Pair] = {}
    for arrival, mapping in pairs:
        key = (arrival.feedback_id, mapping.id if mapping else NO_MAPPING)
        if key in chosen:
            held = chosen[key][0]
            arrival = replace(
                max(arrival, held, key=lambda one: (not one.second_look, one.content, one.replay is not None)),
                attempt=max(arrival.attempt, held.attempt),
                receives=max(arrival.receives, held.receives, 2 if arrival.second_look or held.second_look else 1),
            )
        chosen[key] = arrival, mapping
    return list(chosen.values())


def _planned(job: Job) -> Task | None:
    """The main write's plan, or None when the job has ended without one."""
    mapping = job.mapping
    if not mapping.enabled:
        job.end("skipped", "The mapping is disabled.")
    elif mapping.unfit or mapping.planner is None:
        if mapping.unfit:
            job.refused(mapping.unfit)
        else:
            job.end("failed", "The mapping cannot be used.")
    else:
        try:
            plan = mapping.planner.plan(job.arrival.feedback, job.now)
        except Exception as error:
            job.unforeseen(error)
            return None
        if isinstance(plan, Skipped):
            job.end("skipped", plan.reason)
        elif isinstance(plan, Rejected):
            job.end("failed", plan.reason)
        else:
            job.warnings += plan.warnings
            return Task(job, plan)
    return None


def _unheard(arrival: Arrival, earlier: Delivery | None, now: datetime) -> Delivery:
    reason = (
        f"The mapping {arrival.mapping} is not published."
        if arrival.mapping
        else f"No published mapping listens to {arrival.type} feedback of {arrival.source}."
    )
    return Delivery(
        feedback_id=arrival.feedback_id,
        mapping=NO_MAPPING,
        source=arrival.source,
        status="skipped",
        created_at=earlier.created_at if earlier else now,
        updated_at=now,
        reason=reason,
        content=arrival.content,
        warnings=arrival.warnings,
        replay=arrival.replay,
    )
