"""Samples are listed with their shape to be seen and their people not."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_bridge.sources.masking import masked, masked_body

EVENTS = Path(__file__).parents[2] / "events/sources"
PEOPLE = ["佐藤", "花子", "sato", "hanako", "example.jp", "example.com", "090-", "080-", "03-"]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("email", "hanako.sato@example.jp", "xxxxxx.xxxx@xxxxxxx.xx"),
        ("text", "佐藤 花子", "〇〇 〇〇"),
        ("phone", "090-1234-5678", "000-0000-0000"),
        ("phone", 9012345678, "0000000000"),
        ("user_id", "u-4711", "x-0000"),
        ("comment", "Great!", "Xxxxx!"),
        ("birthday", "1985-03-02", "0000-00-00"),
        ("submitted_at", "2026-11-20T03:04:05Z", "2026-11-20T03:04:05Z"),
        ("form_id", "lR6F4j", "lR6F4j"),
        ("type", "opinion_scale", "opinion_scale"),
        ("id", "hanako@example.jp", "xxxxxx@xxxxxxx.xx"),
        ("score", "９", "９"),
        ("score", 9, 9),
        ("finished", True, True),
        ("nothing", None, None),
        ("title", "当社を薦めますか?", "当社を薦めますか?"),
        ("comment", "x" * 61, "x" * 60 + "…"),
    ],
)
def test_a_value_is_shown_or_outlined(name: str, value: Any, shown: Any) -> None:
    assert masked({name: value}) == {name: shown}


@pytest.mark.parametrize("file", sorted(EVENTS.glob("*/*.json")), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_no_sample_of_any_tool_shows_who_it_is_about(file: Path) -> None:
    shown = json.dumps(masked_body(file.read_bytes(), "application/json"), ensure_ascii=False)
    values = [part for part in PEOPLE if part in _values(json.loads(shown))]
    assert values == []


def _values(value: Any) -> str:
    """All texts that are no names of fields and no questions."""
    if isinstance(value, dict):
        return " ".join(_values(item) for key, item in value.items() if key not in ("title", "question"))
    return " ".join(map(_values, value)) if isinstance(value, list) else str(value)


def test_forms_are_shown_as_their_fields_and_json_in_them_too() -> None:
    body = (EVENTS / "smartlp/lead.multipart.txt").read_bytes()
    boundary = body.partition(b"\r\n")[0][2:].decode()
    shown = masked_body(body, f"multipart/form-data; boundary={boundary}")
    assert isinstance(shown, dict)
    assert "〇" in json.dumps(shown, ensure_ascii=False)
    form = b"Topic=a.completedResponse&MSG=%7B%22SurveyID%22%3A%22SV_1%22%7D"
    assert masked_body(form, "application/x-www-form-urlencoded") == {
        "Topic": "a.completedResponse",
        "MSG": {"SurveyID": "SV_1"},
    }


def test_outbound_messages_are_shown_as_their_elements() -> None:
    shown = masked_body((EVENTS / "salesforce/case_closed.xml").read_bytes(), "text/xml")
    text = json.dumps(shown, ensure_ascii=False)
    assert '"Status": "Closed"' in text
    assert "xxxx" not in shown
    assert "hanako" not in text.lower()


@pytest.mark.parametrize("kind", ["application/json", "text/xml", "application/x-www-form-urlencoded", "", "x/y"])
def test_what_cannot_be_read_is_told_by_its_size(kind: str) -> None:
    assert masked_body(b"\xff\xfe", kind) == {"unreadable_bytes": 2}


def test_long_lists_are_shown_as_far_as_they_say_something() -> None:
    shown = masked_body(json.dumps([{"comment": "長い"}] * 9000).encode(), "application/json")
    assert isinstance(shown, list)
    assert len(shown) == 50


@settings(deadline=None)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
        max_leaves=10,
    )
)
def test_any_value_can_be_shown(value: Any) -> None:
    json.dumps(masked(value)).encode()
