"""However workers interleave on one record, the newest answer stands in the end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.delivery.arrival import Arrival
from feedback_bridge.delivery.job import Job
from feedback_bridge.delivery.listening import Listening
from feedback_bridge.delivery.order import Stamp, admitted, overtaken, record_of, stamp_of
from feedback_bridge.delivery.task import Task
from feedback_bridge.mapping.plan import MAIN
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.write import Write

START = datetime(2026, 11, 21, tzinfo=UTC)
MAPPING = Listening("nps-to-contact", 1, "production", True, START)
CONTACT = "003000000000001AAA"


@dataclass
class _Plan:
    """As much of a plan as ordering looks at."""

    effect: str = MAIN
    parent_id: str | None = None


def contest(number: int, minute: int) -> tuple[Task, Write]:
    feedback = {"id": f"typeform-main:{number}", "source": "typeform-main", "type": "survey_response"}
    at = (START + timedelta(minutes=minute)).isoformat()
    job = Job(Arrival(str(number), feedback), MAPPING, None, START)
    write = Write("Contact", "update", {"NPS_Score__c": number}, record_id=CONTACT, occurred_at=at)
    return Task(job, _Plan()), write  # type: ignore[arg-type]


@dataclass
class World:
    """DynamoDB and Salesforce; before every access another worker may run from start to end, as `schedule` says."""

    answers: list[tuple[int, int]]
    schedule: Iterator[bool]
    stamps: dict[str, Stamp] = field(default_factory=dict)
    contact: int | None = None
    waiting: list[int] = field(default_factory=list)

    def interrupt(self) -> None:
        if self.waiting and next(self.schedule, False):
            self.work(self.waiting.pop())

    def read(self, records: Sequence[str]) -> Mapping[str, Stamp]:
        self.interrupt()
        held = {record: self.stamps[record] for record in records if record in self.stamps}
        self.interrupt()
        return held

    def put(self, stamps: Mapping[str, Stamp]) -> set[str]:
        self.interrupt()
        newer = {
            record
            for record, stamp in stamps.items()
            if record in self.stamps and self.stamps[record].occurred_at > stamp.occurred_at
        }
        self.stamps.update({record: stamp for record, stamp in stamps.items() if record not in newer})
        self.interrupt()
        return newer

    def work(self, number: int) -> None:
        """One worker with one answer; what it must have written again waits its turn."""
        ready = admitted(self, [contest(*self.answers[number])])
        for _, write in ready:
            self.interrupt()
            self.contact = write.fields["NPS_Score__c"]
            self.interrupt()
        for _, feedback_id in overtaken(self, ready):
            self.waiting.append(int(feedback_id.partition(":")[2]))


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=5),
    st.lists(st.booleans(), max_size=60),
    st.randoms(use_true_random=False),
)
def test_the_newest_answer_stands_however_workers_interleave(
    minutes: list[int], schedule: list[bool], random: Any
) -> None:
    world = World([(number, minute) for number, minute in enumerate(minutes)], iter(schedule))
    world.waiting = list(range(len(minutes)))
    random.shuffle(world.waiting)
    turns = 0
    while world.waiting:
        world.work(world.waiting.pop())
        turns += 1
        assert turns < 200, "workers must not chase each other for ever"
    newest = max(minutes)
    assert world.contact in {number for number, minute in enumerate(minutes) if minute == newest}


def test_an_older_answer_is_skipped_and_says_why() -> None:
    world = World([], iter(()))
    admitted(world, [contest(1, 10)])
    older = contest(2, 5)
    assert admitted(world, [older]) == []
    assert (older[0].job.status, older[0].job.reason) == (
        "skipped",
        "There is a newer answer for the record.",
    )


def test_times_of_different_zones_are_compared_as_moments() -> None:
    tokyo = Write("Contact", "update", {}, record_id=CONTACT, occurred_at="2026-11-21T09:00:00+09:00")
    london = Write("Contact", "update", {}, record_id=CONTACT, occurred_at="2026-11-21T00:00:01Z")
    assert stamp_of(tokyo, "a") < stamp_of(london, "a")


def test_a_record_of_the_feedbacks_own_is_no_contest() -> None:
    task, _ = contest(1, 0)
    own = Write("Survey_Response__c", "upsert", {}, external_id=("Response_Id__c", "typeform-main:1"))
    shared = Write("Account", "upsert", {}, external_id=("Customer__c", "C-1"))
    assert record_of(task, own) is None
    assert record_of(task, shared) is not None
    assert record_of(task, Write("Lead", "insert", {})) is None


def test_a_person_by_an_address_is_one_record_in_whatever_spelling() -> None:
    task, _ = contest(1, 0)
    email = FieldSchema("Email", "Email", "email", id_lookup=True)
    people = ObjectSchema("Contact", "Contact", True, True, True, True, {"Email": email})
    task.job.mapping = replace(MAPPING, schemas={"Contact": people})
    spellings = ("Hanako.Sato@example.jp", "hanako.sato@EXAMPLE.jp")
    assert len({record_of(task, Write("Contact", "upsert", {}, external_id=("Email", one))) for one in spellings}) == 1
    tokens = ("aB3", "Ab3")
    assert len({record_of(task, Write("Contact", "upsert", {}, external_id=("Key__c", one))) for one in tokens}) == 2
