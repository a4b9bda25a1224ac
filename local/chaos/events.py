"""What customers say during the run: each event once, with what has to become of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import urlencode

from local.chaos.people import Person

SURVEY = "SV_8xKq2LmT5vWn0Rd"
COMMENTS = ("対応が早い", "価格が高い", "とても満足", "もう少し説明がほしい", "Great support", "遅い")


@dataclass(frozen=True)
class Event:
    """`tool` signs `body`; `token` is the tool's own id of it, `source` where it is sent."""

    source: str
    tool: str
    token: str
    body: bytes
    person: Person
    at: datetime
    score: int | None
    comment: str

    @property
    def is_answer(self) -> bool:
        return self.tool != "webhook"

    @property
    def is_detractor(self) -> bool:
        return self.is_answer and self.score is not None and self.score <= 6


def invent(random: Random, people: list[Person], count: int, now: datetime) -> list[Event]:
    """No two at the same time: which of a person's answers is the newest is never a matter of taste."""
    start = now.replace(microsecond=0) - timedelta(days=20)
    moments = [start + timedelta(seconds=17 * number) for number in range(count)]
    random.shuffle(moments)
    return [_event(random, number, random.choice(people), at) for number, at in enumerate(moments)]


def _event(random: Random, number: int, person: Person, at: datetime) -> Event:
    comment = f"{random.choice(COMMENTS)} #{number:05}"
    score = random.randrange(11)
    kind = random.random()
    if kind < 0.5:
        token = f"{number:08x}{random.getrandbits(96):024x}"
        return Event(
            "typeform-main", "typeform", token, _typeform(token, person, at, score, comment), person, at, score, comment
        )
    if kind < 0.65:
        token = f"R_{number:06}{random.getrandbits(36):09x}"
        return Event("qualtrics-main", "qualtrics", token, _qualtrics(token), person, at, score, comment)
    token = f"2026-{number:06}"
    source = "lead-form" if kind < 0.85 else "call-form"
    given = score if random.random() < 0.5 else None
    return Event(source, "webhook", token, _form(token, person, at, given, comment), person, at, given, comment)


def _typeform(token: str, person: Person, at: datetime, score: int, comment: str) -> bytes:
    fields = [
        ("nps", "nps", "number", score),
        ("why", "long_text", "text", comment),
        ("email", "email", "email", person.email),
    ]
    form = {
        "form_id": "kW7tQz2m",
        "token": token,
        "landed_at": _utc(at - timedelta(seconds=90)),
        "submitted_at": _utc(at),
        "hidden": {"name": f"{person.family} {person.given}"},
        "definition": {
            "id": "kW7tQz2m",
            "title": "サービス満足度アンケート",
            "fields": [{"id": f"Q{ref}", "title": ref, "type": kind, "ref": ref} for ref, kind, _, _ in fields],
        },
        "answers": [
            {"type": kind, kind: value, "field": {"id": f"Q{ref}", "type": asked, "ref": ref}}
            for ref, asked, kind, value in fields
        ],
    }
    whole = {"event_id": f"E{token}", "event_type": "form_response", "form_response": form}
    return json.dumps(whole, ensure_ascii=False).encode()


def _qualtrics(token: str) -> bytes:
    """Only announced; `answers_of` is what the stand-in then gives."""
    told = {
        "Status": "Complete",
        "SurveyID": SURVEY,
        "ResponseID": token,
        "CompletedDate": "2026-11-20 01:15:42",
        "BrandID": "exampleinc",
    }
    return json.dumps(told, separators=(",", ":")).encode()


def answers_of(event: Event) -> dict[str, object]:
    """A response as the Qualtrics API gives it."""
    return {
        "responseId": event.token,
        "values": {
            "startDate": _utc(event.at - timedelta(seconds=200)),
            "endDate": _utc(event.at),
            "recordedDate": _utc(event.at),
            "status": 0,
            "progress": 100,
            "duration": 200,
            "finished": 1,
            "_recordId": event.token,
            "recipientFirstName": event.person.given,
            "recipientLastName": event.person.family,
            "recipientEmail": event.person.email,
            "userLanguage": "JA",
            "QID2": event.score,
            "QID3_TEXT": event.comment,
        },
        "labels": {"finished": "True", "QID2": str(event.score)},
        "displayedFields": ["QID2", "QID3_TEXT"],
        "displayedValues": {},
    }


def _form(token: str, person: Person, at: datetime, score: int | None, comment: str) -> bytes:
    told = {
        "submission_id": token,
        "submitted_at": _utc(at),
        "お名前": f"{person.family} {person.given}",
        "email": person.email,
        "comment": comment,
    }
    return urlencode(told | ({} if score is None else {"score": str(score)})).encode()


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def copies(random: Random, events: list[Event]) -> list[Event]:
    """One to three of each, in the order of sending: some close together, as an impatient tool repeats, some far."""
    sends: list[tuple[float, int, Event]] = []
    for number, event in enumerate(events):
        place = random.random()
        for copy in range(random.choices((1, 2, 3), weights=(5, 3, 2))[0]):
            near = place + random.random() * 20 / len(events)
            sends.append((place if copy == 0 else near if random.random() < 0.6 else random.random(), number, event))
    sends.sort(key=lambda sent: sent[:2])
    return [event for _, _, event in sends]


def newest_answers(events: list[Event]) -> dict[str, Event]:
    """By e-mail address, the answer that has to stand on the contact."""
    newest: dict[str, Event] = {}
    for event in sorted(_answers(events), key=lambda event: event.at):
        newest[event.person.email] = event
    return newest


def _answers(events: list[Event]) -> Iterator[Event]:
    return (event for event in events if event.is_answer)
