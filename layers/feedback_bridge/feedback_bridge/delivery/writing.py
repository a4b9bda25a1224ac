"""The writes of a round, sent together."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from feedback_bridge.delivery.coalesce import coalesce, moment_of
from feedback_bridge.delivery.job import Job
from feedback_bridge.delivery.once import once
from feedback_bridge.delivery.order import Contest, Newest, admitted, overtaken, record_of
from feedback_bridge.delivery.outcome import Meaning, Org, Outcome, Refusal, Refused
from feedback_bridge.delivery.policies import second_choices
from feedback_bridge.delivery.task import Task, as_refusal
from feedback_bridge.delivery.unsure import CLOCKS_MAY_DIFFER, Claim, claimed, not_yet_there
from feedback_bridge.errors import BridgeError
from feedback_bridge.mapping.write import Write

_POLICY = {Meaning.DUPLICATE_RULE, Meaning.CONVERTED}

MOST_TURNS = 10
"""Calls for answers on one record that are sent one after the other."""

_BEING_MADE = Refusal("BEING_WRITTEN", Meaning.RETRY, (), "Another answer makes the record first.")
_IN_SMALLER_COMPANY = Refusal("BEING_WRITTEN", Meaning.RETRY, (), "Other answers on the same record go first.")


@dataclass
class Writing:
    """`claim` is asked before a plain insert. As (mapping, feedback id), `again` collects what two workers met on, and
    `doubted`, with its content, what Salesforce may still be at.
    """

    newest: Newest
    claim: Claim
    again: list[tuple[str, str]] = field(default_factory=list)
    doubted: list[tuple[str, str, int]] = field(default_factory=list)

    def write(self, org: Org, tasks: Sequence[Task]) -> None:
        """Every task has its records afterwards, or a word on its job."""
        wanted = [(task, _once(task, write)) for task in tasks if task.resolved for write in task.resolved.writes]
        if not wanted:
            return
        sent: list[Contest] = []
        try:
            ours = _first_of_each_new(_to_send(admitted(self.newest, wanted)))
            sent += claimed(self.claim, not_yet_there(org, ours))
            refused = _sent(org, sent)
            sent += (choices := admitted(self.newest, second_choices(org, refused)))
            for (task, write), outcome in _sent(org, choices):
                task.note(write, outcome)
            met = overtaken(self.newest, [*sent, *_too_late(wanted)])
            self.again += [(task.job.mapping.id, feedback_id) for task, feedback_id in met]
        except (Refused, BridgeError) as error:
            for task, write in wanted:
                if not task.written or record_of(task, write):
                    task.job.refused(as_refusal(error))
        jobs = [task.job for task, _ in _in_doubt([*wanted, *sent])]
        self.doubted += [(job.mapping.id, job.arrival.feedback_id, job.arrival.content) for job in jobs]


def _to_send(contests: Sequence[Contest]) -> list[Contest]:
    """Nothing of a second look; what it wrote leads it on to what follows that."""
    looks = {id(task): task for task, _ in contests if task.job.look}
    for task in looks.values():
        task.job.records += [record for record in task.job.written if record.effect == task.effect]
    return [(task, write) for task, write in contests if id(task) not in looks]


def _first_of_each_new(contests: Sequence[Contest]) -> list[Contest]:
    """Who is looked for by a match, and is not there yet, is made once: the others wait until they can find him."""
    made: dict[Hashable, int] = {}
    waiting: set[int] = set()
    for position in sorted(range(len(contests)), key=lambda position: moment_of(contests[position][1])):
        task, write = contests[position]
        if (new := _new(task, write)) and made.setdefault(new, position) != position:
            task.job.refused(_BEING_MADE)
            waiting.add(position)
    return [contest for position, contest in enumerate(contests) if position not in waiting]


def _new(task: Task, write: Write) -> Hashable:
    """What tells a record that is to be made, and that another answer would find, from others."""
    target = task.plan.target
    if target.query is None or write.record_id or write.operation == "chatter_post":
        return None
    values = tuple((name, str(value).casefold()) for name, value in target.query.where)
    return task.job.mapping.org, write.object, values


def _in_doubt(wanted: Sequence[Contest]) -> Iterator[Contest]:
    """What may come upon a newer answer after we have looked: sent just now without an answer, or by a worker that died
    before it could tell. Inserts are looked for anyway.
    """
    for task, write in wanted:
        arrival = task.job.arrival
        if not write.plain and not arrival.second_look and (task.job.under_way or arrival.receives > 1):
            yield task, write


def _too_late(wanted: Sequence[Contest]) -> list[Contest]:
    """Older answers that are skipped now, and that a worker before us may have sent: they may have come upon the newer
    one meanwhile, which then has to be written once more.
    """
    return [contest for contest in wanted if contest[0].job.status == "skipped" and contest[0].job.arrival.tried]


def _once(task: Task, write: Write) -> Write:
    job = task.job
    return _timely(job, once(write, job.mapping.schema(write.object), job.id, job.written, task.effect))


def _timely(job: Job, write: Write) -> Write:
    """No answer was given after it came in: one dated next year by mistake would stand on its record until then."""
    arrived = job.arrival.received_at
    return write if moment_of(write) <= arrived + CLOCKS_MAY_DIFFER else replace(write, occurred_at=arrived.isoformat())


def _sent(org: Org, contests: Sequence[Contest]) -> list[tuple[Contest, Outcome]]:
    """Sends them, each record once, and notes what became of them; returns those that a policy may help.

    Of several answers on one record that is refused each is sent for itself, the oldest first: one is to blame perhaps.
    """
    writes, places = coalesce([write for _, write in contests])
    outcomes = org.write(writes)
    shared = Counter(places)
    left: list[tuple[Contest, Outcome]] = []
    apart: defaultdict[int, list[Contest]] = defaultdict(list)
    for contest, place in zip(contests, places, strict=True):
        outcome = outcomes[place]
        if isinstance(outcome, Refusal) and outcome.meaning is Meaning.RECORD and shared[place] > 1:
            apart[place].append(contest)
        elif isinstance(outcome, Refusal) and outcome.meaning in _POLICY:
            left.append((contest, outcome))
        else:
            contest[0].note(contest[1], outcome)
    of_records = (sorted(some, key=lambda contest: moment_of(contest[1])) for some in apart.values())
    for number, turn in enumerate(zip_longest(*of_records)):
        alone = [contest for contest in turn if contest]
        if number < MOST_TURNS:
            left += _sent(org, alone)
        else:
            for task, _ in alone:
                task.job.refused(_IN_SMALLER_COMPANY)
    return left
