"""Whatever was signed, a tool answers with events and Feedback or with one of our errors. Never with a crash."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.signing import signed
from feedback_bridge.errors import PermanentError
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.sources.registry import TOOLS, parse_source, tool
from feedback_bridge.sources.tool import Request, Unverified

EVENTS = Path(__file__).parents[2] / "events/sources"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
JSON, FORM = "application/json", "application/x-www-form-urlencoded"

SETTINGS: dict[str, dict[str, Any]] = {
    "surveymonkey": {"api_token": "t", "nps": {"score": "answers._900100201.value"}},
    "delighted": {},
    "asknicely": {},
    "pendo": {},
    "smartlp": {"fields": {"id": "submission_id", "occurred_at": "submitted_at"}},
    "specific": {"shared_secret": {"header": "X-Key"}},
    "zendesk": {"fields": {"id": "id", "score": "satisfaction.score", "comment": "satisfaction.comment"}},
    "sunshine": {},
    "typeform": {"nps": {"score": "answers.nps.value", "comment": "answers.why.value"}},
    "qualtrics": {"data_center": "fra1", "api_token": "t", "nps": {"comment": "answers.*.label | [0]"}},
    "webhook": {
        "signature": {"header": "X-Signature"},
        "without_id": "content",
        "fields": {
            "id": "data.id",
            "occurred_at": "data.submitted_at",
            "email": "data.customer.mail",
            "score": "data.rating",
            "comment": "data.comment",
            "themes": "data.answers[].value",
            "answers": "data.answers",
            "embedded": {"*": "data.meta", "all": "@"},
        },
    },
}
HEADERS = [
    "typeform-signature",
    "sm-signature",
    "x-delighted-webhook-signature",
    "x-pendo-signature",
    "x-zendesk-webhook-signature",
    "x-zendesk-webhook-signature-timestamp",
    "x-webhook-secret",
    "x-api-key",
    "x-key",
    "x-signature",
    "content-type",
]
ALL = pytest.mark.parametrize("name", TOOLS)

TEXT = st.text(max_size=8) | st.sampled_from(
    ["", " ", "7", "９", "a@b.c", "2026-11-20T03:04:05Z", "003", "\ud83d", "\x00"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(TEXT, children, max_size=3),
    max_leaves=8,
)


def source_of(name: str) -> Any:
    return parse_source({"id": name, "type": name, "secret": name, **SETTINGS[name]})


def take(name: str, body: bytes, kind: str, answers: bytes | None = None) -> list[Feedback]:
    """What the intake and, for answers that are fetched, its second half do with a verified body."""
    source, speaking = source_of(name), tool(name)
    found = []
    try:
        for event in speaking.events(body, kind, source):
            if event.awaits_answers:
                assert speaking.answers_request(event, source).url.startswith("https://")
            feedback = speaking.read(event, source, NOW, answers)
            assert feedback.id.startswith(f"{name}:")
            json.dumps(feedback.to_document(), allow_nan=False, ensure_ascii=False).encode()
            found.append(feedback)
    except PermanentError:
        return found
    return found


def samples(name: str) -> list[Any]:
    return [json.loads(file.read_text()) for file in sorted((EVENTS / name).glob("*.json"))]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


def changed(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    document = copy.deepcopy(document)
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return document


def sent(name: str, document: Any) -> tuple[bytes, str]:
    body = json.dumps(document).encode()
    return (signed(name, body, "s").body, FORM) if name == "qualtrics" else (body, JSON)


def answers_of(name: str, document: Any) -> bytes | None:
    """What the tool's API gives for an event of the samples."""
    survey, response = document.get("SurveyID"), document.get("ResponseID")
    if name == "surveymonkey":
        survey, response = document["resources"]["survey_id"], document["object_id"]
    file = EVENTS / f"{name}/responses/{survey}/{response}.json"
    return file.read_bytes() if file.is_file() else None


@ALL
@settings(max_examples=60)
@given(body=st.binary(max_size=300), kind=st.sampled_from([JSON, FORM, "", "text/plain", "multipart/form-data"]))
def test_any_bytes(name: str, body: bytes, kind: str) -> None:
    take(name, body, kind)


@ALL
@settings(max_examples=60)
@given(value=VALUES)
def test_any_json_value(name: str, value: Any) -> None:
    body = json.dumps(value).encode()
    take(name, body, JSON)
    take(name, urlencode({"Topic": "t", "MSG": body, "HMAC": "x"}).encode(), FORM)


@ALL
@settings(max_examples=120, deadline=None)
@given(data=st.data(), value=VALUES)
def test_a_real_event_with_any_one_part_replaced_by_anything(name: str, data: Any, value: Any) -> None:
    document = data.draw(st.sampled_from(samples(name)))
    place = data.draw(st.sampled_from(places(document)))
    body, kind = sent(name, changed(document, place, value))
    take(name, body, kind, answers_of(name, document))


FETCHED = pytest.mark.parametrize("name", ["qualtrics", "surveymonkey"])


@FETCHED
@settings(max_examples=120, deadline=None)
@given(data=st.data(), value=VALUES)
def test_fetched_answers_with_any_one_part_replaced_by_anything(name: str, data: Any, value: Any) -> None:
    document = json.loads((EVENTS / name / "promoter.json").read_text())
    answers = json.loads(answers_of(name, document) or b"")
    place = data.draw(st.sampled_from(places(answers)))
    body, kind = sent(name, document)
    take(name, body, kind, json.dumps(changed(answers, place, value)).encode())


@FETCHED
@settings(max_examples=40)
@given(answers=st.binary(max_size=200))
def test_any_bytes_as_fetched_answers(name: str, answers: bytes) -> None:
    body, kind = sent(name, json.loads((EVENTS / name / "promoter.json").read_text()))
    assert take(name, body, kind, answers) == []


@ALL
def test_every_part_of_every_sample_may_be_missing_or_null(name: str) -> None:
    for document in samples(name):
        answers = answers_of(name, document)
        for place in places(document)[1:]:
            body, kind = sent(name, changed(document, place, None))
            take(name, body, kind, answers)


@ALL
@settings(max_examples=40)
@given(
    headers=st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=80)),
    query=st.dictionaries(st.just("key"), st.text(max_size=20)),
    body=st.binary(max_size=200),
)
def test_nobody_guesses_a_signature(name: str, headers: dict[str, str], query: dict[str, str], body: bytes) -> None:
    with pytest.raises(Unverified):
        tool(name).verify(Request("POST", headers, body, query), source_of(name), ["s3cret", "another one"], NOW)


@ALL
def test_a_huge_array_in_any_place_is_read_or_refused(name: str) -> None:
    document = samples(name)[0]
    answers = answers_of(name, document)
    for place in places(document)[1:12]:
        body, kind = sent(name, changed(document, place, [{"field": {}, "type": "x", "name": "y"}] * 5_000))
        take(name, body, kind, answers)
