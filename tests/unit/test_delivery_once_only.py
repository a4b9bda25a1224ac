"""However workers interleave, die and are not answered, an insert that nothing marks as ours is there once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback_bridge.delivery.arrival import Arrival
from feedback_bridge.delivery.batch import Batch, Found
from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.delivery.listening import Listening
from feedback_bridge.delivery.outcome import Meaning, Outcome, Refusal, Written, no_answer
from feedback_bridge.errors import TransientError
from feedback_bridge.mapping.compiled import compile_mapping
from feedback_bridge.mapping.document import parse_mapping
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.scope import OrgTraits
from feedback_bridge.mapping.write import Write

START = datetime(2026, 11, 21, tzinfo=UTC)
WORKER, SALESFORCE = timedelta(seconds=20), timedelta(seconds=60)
US = "005000000000001AAA"
HOLD = WORKER + SALESFORCE
FEEDBACK: Mapping[str, Any] = {
    "id": "crm-form:1",
    "type": "form_submission",
    "source": "crm-form",
    "occurred_at": "2026-11-20T23:59:58Z",
    "received_at": "2026-11-20T23:59:59Z",
    "respondent": {"name": "佐藤 花子"},
}
CALL = {"object": "Task", "operation": "insert", "fields": {"Subject": {"from": "respondent.name"}}}
LEAD = {"object": "Lead", "operation": "insert", "fields": {"LastName": {"from": "respondent.name"}}}
FOLLOW = {**CALL, "fields": {**CALL["fields"], "WhoId": {"record": "Id"}}}
MARKER = FieldSchema(
    "Feedback_Bridge_Id__c", "Id", "string", external_id=True, unique=True, createable=True, length=255
)


def sobject(name: str, *fields: FieldSchema) -> ObjectSchema:
    return ObjectSchema(name, name, True, True, True, True, {item.name: item for item in fields})


def text(name: str, kind: str = "string") -> FieldSchema:
    return FieldSchema(name, name, kind, createable=True, updateable=True, length=80)


SCHEMAS = {
    "Task": sobject("Task", text("Subject"), text("WhoId", "reference")),
    "Lead": sobject("Lead", text("LastName"), MARKER),
}


def listening(*writes: Mapping[str, Any]) -> Listening:
    main, *follows = writes
    document = {"kind": "mapping", "id": "m", "source": "crm-form", "on": "form_submission"}
    then = [{"write": write} for write in follows]
    parsed = parse_mapping({**document, "write": {"org": "production", **main}, "then": then})
    planner = compile_mapping(parsed, SCHEMAS, OrgTraits(timezone="Asia/Tokyo", allow_delete=False))
    return Listening("m", 1, "production", True, START - timedelta(days=1), planner, None, SCHEMAS)


class Killed(BaseException):
    """The worker is gone, wherever it was."""


@dataclass
class World:
    """The deliveries, with the conditions of `aws/deliveries.py`; Salesforce; and the clock, which moves with every
    access to them. While the weather is bad anything may happen at one.
    """

    mapping: Listening
    draw: Any
    now: datetime = START
    bad: bool = True
    running: int = 0
    deliveries: dict[tuple[str, str], Delivery] = field(default_factory=dict)
    rows: list[tuple[datetime, str, dict[str, Any]]] = field(default_factory=list)
    under_way: list[tuple[datetime, Write]] = field(default_factory=list)

    def pass_time(self, by: timedelta) -> None:
        self.now += by
        for due in [one for one in self.under_way if one[0] <= self.now]:
            self.under_way.remove(due)
            self.commit(due[1])

    def work(self) -> None:
        """One worker with the event, from start to end or as far as it gets."""
        self.pass_time(timedelta(microseconds=1))  # no two begin at the same
        begun, self.running = self.now, self.running + 1
        worker = Worker(self, begun)
        with suppress(Killed, TransientError):
            mappings = _Mappings(self.mapping)
            batch = Batch(mappings, worker.find_all, worker.claim, _NoContest(), lambda _: worker)
            result = batch.deliver([Arrival("1", FEEDBACK)], begun)
            worker.put_unchanged(result.deliveries, result.read)
        self.running -= 1

    def commit(self, write: Write) -> str:
        if write.operation == "update":
            return str(write.record_id)
        marked = {write.external_id[0]: write.external_id[1]} if write.external_id else {}
        for _, name, row in self.rows:
            if marked and name == write.object and marked.items() <= row.items():
                return str(row["Id"])
        record_id = f"00{write.object[0]}{len(self.rows):012}"
        self.rows.append((self.now, write.object, {**write.fields, **marked, "Id": record_id, "CreatedById": US}))
        return record_id


@dataclass
class Worker:
    world: World
    begun: datetime

    def access(self) -> None:
        """Before it, another worker may have run, this one may be killed, or its time be over."""
        world = self.world
        if world.bad:
            world.pass_time(timedelta(seconds=world.draw(st.sampled_from([0, 0, 0, 1, 6]))))
            happens = world.draw(st.sampled_from(["nothing"] * 10 + ["another worker"] * 3 + ["killed"]))
            if happens == "another worker" and world.running < 3:
                world.work()
            if happens == "killed" or world.now - self.begun > WORKER:
                raise Killed
        else:
            world.pass_time(timedelta(milliseconds=1))

    def lost(self) -> None:
        """An access to DynamoDB, or to the org's records, that may fail."""
        self.access()
        if self.world.bad and self.world.draw(st.sampled_from([False] * 9 + [True])):
            raise TransientError("It does not answer.")

    def find_all(self, keys: Sequence[tuple[str, str]]) -> Found:
        self.lost()
        found = {key: self.world.deliveries[key] for key in keys if key in self.world.deliveries}
        self.access()
        return found

    def claim(self, delivery: Delivery, before: Delivery | None) -> bool:
        self.lost()
        stands = self.world.deliveries.get((delivery.feedback_id, delivery.mapping))
        stale = stands and (not stands.under_way or (stands.sent_at and stands.sent_at < delivery.updated_at - HOLD))
        unchanged = stands is None if before is None else stands and stands.updated_at == before.updated_at and stale
        own = stands and stands.updated_at == delivery.updated_at and stands.sent_at == delivery.updated_at
        if unchanged or own:
            self.world.deliveries[delivery.feedback_id, delivery.mapping] = delivery
        self.lost()
        return bool(unchanged or own)

    def put_unchanged(self, deliveries: Sequence[Delivery], read: Found) -> None:
        self.lost()
        for delivery in deliveries:
            key = (delivery.feedback_id, delivery.mapping)
            stands, before = self.world.deliveries.get(key), read.get(key)
            same = stands is None if before is None else stands and stands.updated_at == before.updated_at
            if same or (stands and stands.updated_at == delivery.updated_at):
                self.world.deliveries[key] = delivery

    def schema(self, sobject: str, *, fresh: bool = False) -> ObjectSchema | None:
        return SCHEMAS.get(sobject)

    def user_id(self) -> str:
        return US

    def find(self, queries: Sequence[RecordQuery]) -> list[list[Row]]:
        if queries:
            self.lost()
        return [list(self._found(query)) for query in queries]

    def _found(self, query: RecordQuery) -> Iterator[Row]:
        for created, name, row in self.world.rows:
            recent = query.created_since is None or created >= query.created_since
            if name == query.object and recent and dict(query.where).items() <= row.items():
                yield row

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        self.access()
        return [self._written(write) for write in writes]

    def _written(self, write: Write) -> Outcome:
        world = self.world
        fates = ["written"] * 3 + ["locked", "failed", "failed after", "cut", "cut after", "later", "hangs"]
        fate = world.draw(st.sampled_from(fates)) if world.bad else "written"
        if fate in ("later", "hangs"):
            seconds = world.draw(st.integers(0, int(SALESFORCE.total_seconds())))
            world.under_way.append((world.now + timedelta(seconds=seconds), write))
        if fate == "hangs":
            raise Killed
        if fate == "locked":
            return Refusal("UNABLE_TO_LOCK_ROW", Meaning.RETRY, (), "Somebody has the record.")
        record_id = world.commit(write) if fate in ("written", "failed after", "cut after") else ""
        if fate == "written":
            return Written(record_id)
        return no_answer("Nobody knows.", under_way=not fate.startswith("failed"))


class _NoContest:
    """No two answers want the same record here: see test_delivery_order.py."""

    def read(self, records: Sequence[str]) -> Mapping[str, Any]:
        return {}

    def put(self, stamps: Mapping[str, Any]) -> Sequence[str]:
        return ()


@dataclass
class _Mappings:
    only: Listening

    def listening(self, source: str, feedback_type: str) -> Sequence[Listening]:
        return [self.only]

    def named(self, mapping: str) -> Listening | None:
        return self.only


@pytest.mark.parametrize(
    ("writes", "records"),
    [((CALL,), ["Task"]), ((LEAD, FOLLOW), ["Lead", "Task"])],
    ids=["by itself", "after a record of ours"],
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_plain_insert_is_there_once_and_its_delivery_names_it(
    writes: Sequence[Mapping[str, Any]], records: list[str], data: Any
) -> None:
    world = World(listening(*writes), data.draw)
    for _ in range(data.draw(st.integers(1, 6))):
        world.work()
        world.pass_time(timedelta(seconds=data.draw(st.sampled_from([0, 5, 25, 45, 90]))))
    world.bad = False
    for _ in range(3):
        world.pass_time(HOLD + timedelta(seconds=1))
        world.work()
    assert sorted(name for _, name, _ in world.rows) == records
    delivery = world.deliveries["crm-form:1", "m"]
    assert delivery.status == "delivered"
    assert {record.record_id for record in delivery.records} == {row["Id"] for _, _, row in world.rows}
