"""A person's data taken away everywhere, page by page, and looked for again.

Found by the key of the address: the archive has an index of it. In this order, so that an erasure that breaks off can
be begun again and nothing comes back meanwhile: histories and ideas, the archived bodies (of each event its mark
stays, which keeps repetitions out), large bodies, deliveries, stamps, dead letters; and at the end bodies that nobody
could read. What Salesforce has is not ours to erase: it is named.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from feedback_bridge.aws.erasure import Traces
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.errors import PermanentError
from feedback_bridge.feedback.raw import UNREADABLE_PERSON
from feedback_bridge.nps.identity import email_key, keys_of
from feedback_bridge.runtime import deliveries, erasing_histories, erasing_letters, ideas, settings
from feedback_bridge.runtime.reading import archive, read_again
from feedback_bridge.sources.mentions import mentions

EVENTS_A_CALL = 20
"""Each is some ten calls to AWS."""

KINDS = ("feedback", "bodies", "deliveries", "stamps", "histories", "ideas", "dead_letters", "unreadable")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an erasure goes on: whose feedback is being looked at, whose comes next, and after which event."""

    people: tuple[str, ...]
    after: str | None = None


@dataclass
class Report:
    """`removed` and `left` count by kind; `left` is what a second look found. `records` are in Salesforce still.

    `linked` are other addresses, by their keys, of the same people. `under_way` counts deliveries that had not ended:
    messages of them may be in a queue, and come to nothing there.
    """

    removed: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    feedback: list[str] = field(default_factory=list)
    records: set[tuple[str, str, str]] = field(default_factory=set)
    linked: list[str] = field(default_factory=list)
    under_way: int = 0
    following: Place | None = None


def erase(email: str, place: Place | None, now: datetime, *, linked: bool) -> Report:
    """One page. `linked` takes the people's other addresses as well. Raises ForeignCursor, TransientError."""
    report = Report()
    place = place or Place((email_key(email), UNREADABLE_PERSON))
    person, *others = place.people
    ids, further = _traces().of_person(person, most=EVENTS_A_CALL, after=place.after)
    if person == UNREADABLE_PERSON:
        _erase_unreadable(email, ids, report)
    else:
        _erase_histories(person, ids, report, now, last=further is None)
        if linked:
            others = [*(key for key in report.linked if key not in place.people), *others]
        _erase_events(person, ids, report, now)
        _look_again(person, ids, report, last=further is None)
    if further is not None:
        report.following = Place((person, *others), further)
    elif others:
        report.following = Place(tuple(others))
    return report


def _erase_histories(person: str, ids: Sequence[str], report: Report, now: datetime, *, last: bool) -> None:
    keys = {person}
    for feedback_id in ids:
        with suppress(PermanentError, InvalidDocument):
            if (raw := archive().find(feedback_id)) is not None:
                keys |= set(keys_of(read_again(raw)))
    people, report.linked = erasing_histories.forget(person, keys, ids, now, last=last)
    report.removed["histories"] += people
    for link in (link for key in sorted(keys) for link in ideas.table().of_person(key)):
        ideas.table().forget(link)
        report.removed["ideas"] += 1


def _erase_events(person: str, ids: Sequence[str], report: Report, now: datetime) -> None:
    traces = _traces()
    for feedback_id in ids:
        if traces.empty(feedback_id, person, now):
            report.removed["feedback"] += 1
            report.feedback.append(feedback_id)
        _erase_around(feedback_id, report)
    report.removed["dead_letters"] += erasing_letters.remove(person, ids)


def _erase_around(feedback_id: str, report: Report) -> None:
    """What there is of an event outside the archive's own item."""
    traces = _traces()
    keys = traces.objects(feedback_id)
    traces.remove_objects(keys)
    report.removed["bodies"] += len(keys)
    for delivery in deliveries.table().of_feedback(feedback_id):
        report.under_way += not delivery.final
        report.records |= {(delivery.org or "", record.object, record.record_id) for record in delivery.records}
        traces.remove_delivery(feedback_id, delivery.mapping)
        report.removed["deliveries"] += 1
    for org, name in traces.stamps(feedback_id):
        report.removed["stamps"] += traces.remove_stamp(org, name, feedback_id)


def _erase_unreadable(email: str, ids: Sequence[str], report: Report) -> None:
    for feedback_id in ids:
        raw = archive().find(feedback_id)
        if raw is None or not (mentions(raw.body, email) or mentions(raw.answers or b"", email)):
            continue
        _erase_around(feedback_id, report)
        report.removed["unreadable"] += _traces().delete(feedback_id)
        report.left["unreadable"] += archive().find(feedback_id) is not None


def _look_again(person: str, ids: Sequence[str], report: Report, *, last: bool) -> None:
    traces = _traces()
    report.left["feedback"] += len(traces.bodies(ids))
    for feedback_id in ids:
        report.left["bodies"] += len(traces.objects(feedback_id))
        report.left["deliveries"] += len(deliveries.table().of_feedback(feedback_id))
    if last:
        report.left["histories"] += erasing_histories.known(person)
        report.left["ideas"] += len(ideas.table().of_person(person))
    report.left["dead_letters"] += erasing_letters.found(person, ids)


def _traces() -> Traces:
    return Traces(
        settings.feedback_table(), settings.archive_bucket(), settings.delivery_table(), settings.org_state_table()
    )
