"""What must be true in the end, asked of the org's own records and of the deliveries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.chaos import documents
from local.chaos.events import Event, newest_answers

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """`wrong` tells of the first cases, `count` of all of them."""

    promise: str
    looked_at: int
    count: int
    wrong: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.count == 0


@dataclass(frozen=True)
class World:
    """All there is to look at. `ids`: the feedback id of each event; `contacts`: the contact's id by e-mail address.

    `records` are those made during the run, by object; deliveries by (feedback id, mapping).
    """

    events: list[Event]
    ids: Mapping[Event, str]
    contacts: Mapping[str, str]
    records: Mapping[str, list[Row]]
    deliveries: list[Row]
    dead_letters: Mapping[str, int]
    by_key: dict[tuple[str, str], list[Row]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for delivery in self.deliveries:
            self.by_key[delivery["feedback_id"], delivery["mapping"] or "-"].append(delivery)

    def one(self, event: Event, mapping: str) -> Row:
        """Empty where there is none, or more than one."""
        found = self.by_key.get((self.ids[event], mapping), [])
        return found[0] if len(found) == 1 else {}


def verdicts(world: World) -> list[Verdict]:
    answers = [event for event in world.events if event.is_answer]
    leads = [event for event in world.events if event.source == "lead-form"]
    calls = [event for event in world.events if event.source == "call-form"]
    detractors = [event for event in answers if event.is_detractor]
    return [
        _verdict("every answer is one Survey_Response__c, and says what it said", answers, _responses(world)),
        _verdict("every contact holds its newest answer", newest_answers(answers).values(), _contacts(world)),
        _verdict("every detractor is one Case of its contact", detractors, _cases(world)),
        _verdict("every lead form is one Lead", leads, _leads(world)),
        _verdict("every Lead has one Task that follows it (a plain insert)", leads, _children(world)),
        _verdict("every call form is one Task (a plain insert)", calls, _calls(world)),
        _extra(world, len(answers), len(detractors), len(leads), len(calls)),
        _verdict("every event has one delivery for each mapping that hears it", world.events, _deliveries(world)),
        _strange(world),
        _verdict("every delivery that says delivered names the record that is there", world.events, _told(world)),
        _verdict("every skipped delivery says why, and it is so", world.events, _skipped(world)),
        _dead(world),
    ]


Look = Callable[[Event], str | None]
"""What is wrong with an event's effect; None when nothing is."""


def _verdict(promise: str, events: Iterable[Event], look: Look) -> Verdict:
    looked = list(events)
    wrong = [f"{event.source}:{event.token}: {fault}" for event in looked if (fault := look(event))]
    return Verdict(promise, len(looked), len(wrong), tuple(wrong[:5]))


def _only(rows: list[Row], **expected: Any) -> str | None:
    if len(rows) != 1:
        return f"{len(rows)} records"
    differ = [f"{name} is {rows[0][name]!r}" for name, value in expected.items() if not _same(rows[0][name], value)]
    return ", ".join(differ) or None


def _same(held: Any, wanted: Any) -> bool:
    if isinstance(wanted, datetime):
        return held is not None and datetime.fromisoformat(str(held).replace("+0000", "+00:00")) == wanted
    return bool(held == wanted)


def _by(rows: Iterable[Row], field_name: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[field_name]].append(row)
    return found


def _responses(world: World) -> Look:
    rows = _by(world.records["Survey_Response__c"], "Response_Id__c")
    return lambda event: _only(
        rows.get(world.ids[event], []),
        NPS_Score__c=event.score,
        Comment__c=event.comment,
        Responded_At__c=event.at,
        Contact__c=world.contacts[event.person.email],
    )


def _contacts(world: World) -> Look:
    rows = _by(world.records["Contact"], "Email")
    return lambda event: _only(
        rows.get(event.person.email, []),
        NPS_Score__c=event.score,
        NPS_Comment__c=event.comment,
        NPS_Date__c=event.at,
        NPS_Source__c=event.source,
    )


def _cases(world: World) -> Look:
    rows = _by(world.records["Case"], "Subject")
    return lambda event: _only(rows.get(f"低評価 {event.comment}", []), ContactId=world.contacts[event.person.email])


def _leads(world: World) -> Look:
    rows = _by(world.records["Lead"], "Description")
    return lambda event: _only(rows.get(event.comment, []), Email=event.person.email)


def _children(world: World) -> Look:
    tasks, leads = _by(world.records["Task"], "Subject"), _by(world.records["Lead"], "Description")

    def look(event: Event) -> str | None:
        parents = leads.get(event.comment, [])
        return _only(tasks.get(f"連絡する {event.comment}", []), WhoId=parents[0]["Id"] if parents else None)

    return look


def _calls(world: World) -> Look:
    rows = _by(world.records["Task"], "Subject")
    return lambda event: _only(rows.get(f"電話する {event.comment}", []), WhoId=world.contacts[event.person.email])


def _extra(world: World, answers: int, detractors: int, leads: int, calls: int) -> Verdict:
    wanted = {
        "Survey_Response__c": answers,
        "Case": detractors,
        "Lead": leads,
        "Task": leads + calls,
        "Contact": len(world.contacts),
    }
    wrong = [
        f"{name}: {len(world.records[name])} records, of {count}"
        for name, count in wanted.items()
        if len(world.records[name]) != count
    ]
    return Verdict("there is no other record", sum(wanted.values()), len(wrong), tuple(wrong))


def mappings_of(event: Event) -> tuple[str, ...]:
    if event.is_answer:
        return documents.ANSWERS
    return (documents.LEAD,) if event.source == "lead-form" else (documents.CALL,)


def _deliveries(world: World) -> Look:
    def look(event: Event) -> str | None:
        found = {mapping: len(world.by_key.get((world.ids[event], mapping), [])) for mapping in mappings_of(event)}
        missing = [f"{mapping} has {count}" for mapping, count in found.items() if count != 1]
        open_ones = [
            f"{mapping} is {status}: {world.one(event, mapping).get('reason')}"
            for mapping in mappings_of(event)
            if (status := world.one(event, mapping).get("status")) in ("pending", "failed")
        ]
        return ", ".join(missing + open_ones) or None

    return look


def _strange(world: World) -> Verdict:
    known = {(world.ids[event], mapping) for event in world.events for mapping in mappings_of(event)}
    other = [key for key in world.by_key if key not in known]
    wrong = tuple(f"{'~'.join(key)}: {world.by_key[key][0]['status']}" for key in other[:5])
    return Verdict("there is no other delivery", len(world.deliveries), len(other), wrong)


def _told(world: World) -> Look:
    expected = _expected_records(world)

    def look(event: Event) -> str | None:
        wrong = []
        for mapping in mappings_of(event):
            delivery = world.one(event, mapping)
            if delivery.get("status") == "delivered" and delivery["record_id"] != expected(event, mapping):
                wrong.append(f"{mapping} names {delivery['record_id']}, and it is {expected(event, mapping)}")
        return ", ".join(wrong) or None

    return look


def _expected_records(world: World) -> Callable[[Event, str], str | None]:
    responses = _by(world.records["Survey_Response__c"], "Response_Id__c")
    cases, leads = _by(world.records["Case"], "Subject"), _by(world.records["Lead"], "Description")
    tasks = _by(world.records["Task"], "Subject")

    def expected(event: Event, mapping: str) -> str | None:
        if mapping == documents.CONTACT:
            return world.contacts[event.person.email]
        rows = {
            documents.RESPONSE: responses.get(world.ids[event], []),
            documents.CASE: cases.get(f"低評価 {event.comment}", []),
            documents.LEAD: leads.get(event.comment, []),
            documents.CALL: tasks.get(f"電話する {event.comment}", []),
        }[mapping]
        return str(rows[0]["Id"]) if len(rows) == 1 else None

    return expected


def _skipped(world: World) -> Look:
    newest = newest_answers(world.events)

    def look(event: Event) -> str | None:
        for mapping in mappings_of(event):
            delivery = world.one(event, mapping)
            if delivery.get("status") != "skipped":
                continue
            if mapping == documents.CONTACT:
                true = newest[event.person.email].at > event.at and "newer" in str(delivery["reason"])
            else:
                true = mapping == documents.CASE and not event.is_detractor
            if not true:
                return f"{mapping}: {delivery['reason']}"
        return None

    return look


def _dead(world: World) -> Verdict:
    count = sum(world.dead_letters.values())
    wrong = tuple(f"{name}: {messages}" for name, messages in world.dead_letters.items() if messages)
    return Verdict("no message is in the dead letters", len(world.dead_letters), count, wrong)


def statuses(deliveries: Iterable[Row]) -> Counter[str]:
    return Counter(f"{delivery['mapping'] or '-'}: {delivery['status']}" for delivery in deliveries)
