"""A caught request that is sent again: refused after a while where a time is signed, known by its id otherwise."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.signing import Signed, signed
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.feedback.raw import Kept, Raw
from feedback_bridge.sources.intake import Intake
from feedback_bridge.sources.registry import TOOLS, parse_source, tool
from feedback_bridge.sources.replay import is_timely
from feedback_bridge.sources.tool import Request, Unverified

EVENTS = Path(__file__).parents[2] / "events/sources"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
BODY = (EVENTS / "webhook/promoter.json").read_bytes()


def webhook(**time: Any) -> dict[str, Any]:
    scheme = {"header": "X-Signature", "time": {"header": "X-Time", "separator": ".", **time}}
    return {"id": "shop", "type": "webhook", "secret": "s", "signature": scheme, "fields": {"id": "data.id"}}


def zendesk(**settings: Any) -> dict[str, Any]:
    return {"id": "help", "type": "zendesk", "secret": "s", **settings}


def accepted(document: dict[str, Any], sent: Signed) -> bool:
    source = parse_source(document)
    headers = {name.lower(): value for name, value in sent.headers.items()}
    try:
        tool(source.type).verify(Request("POST", headers, sent.body), source, ["k"], NOW)
    except Unverified:
        return False
    return True


def sent_at(document: dict[str, Any], at: datetime) -> Signed:
    return signed(document["type"], BODY, "k", document, at=at)


@pytest.mark.parametrize("document", [webhook(), zendesk()], ids=["webhook", "zendesk"])
@pytest.mark.parametrize(("seconds", "valid"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_a_signed_time_is_believed_for_five_minutes_on_either_side(
    document: dict[str, Any], seconds: int, valid: bool
) -> None:
    assert accepted(document, sent_at(document, NOW - timedelta(seconds=seconds))) is valid


@pytest.mark.parametrize("make", [lambda **w: webhook(**w), lambda **w: zendesk(**w)], ids=["webhook", "zendesk"])
def test_the_window_is_the_sources_own(make: Any) -> None:
    wide, narrow = make(replay_window=3600), make(replay_window=10)
    assert accepted(wide, sent_at(wide, NOW - timedelta(minutes=59)))
    assert not accepted(narrow, sent_at(narrow, NOW - timedelta(seconds=11)))


@pytest.mark.parametrize("window", [0, 9, 86_401, "x"])
def test_a_window_is_neither_nothing_nor_for_ever(window: Any) -> None:
    for document in (webhook(replay_window=window), zendesk(replay_window=window)):
        with pytest.raises(InvalidDocument):
            parse_source(document)


def test_a_fresh_time_does_not_make_an_old_signature_valid() -> None:
    old, new = sent_at(webhook(), NOW - timedelta(hours=1)), sent_at(webhook(), NOW)
    mixed = Signed({**old.headers, "X-Time": new.headers["X-Time"]}, old.body)
    assert not accepted(webhook(), mixed)
    assert not accepted(webhook(), Signed({k: v for k, v in new.headers.items() if k != "X-Time"}, new.body))
    assert accepted(webhook(), new)


@pytest.mark.parametrize("told", ["", "now", "9" * 400, "2026-11-21", "\x00"])
def test_what_is_no_time_is_not_timely(told: str) -> None:
    assert not is_timely(told, NOW, 300)


def test_seconds_since_1970_are_a_time() -> None:
    assert is_timely(str(int(NOW.timestamp())), NOW, 10)


def remembered(days: int | None) -> Raw:
    kept: list[Raw] = []

    def keep(raw: Raw) -> Kept:
        kept.append(raw)
        return Kept("accepted", raw)

    source = parse_source({**webhook(), **({} if days is None else {"remember_days": days})})
    sent = sent_at(webhook(), NOW)
    headers = {name.lower(): value for name, value in sent.headers.items()}
    Intake(lambda name, fresh: "k", keep, lambda facts: None).receive(source, Request("POST", headers, sent.body), NOW)
    return kept[0]


def test_a_source_says_for_how_long_its_ids_are_known() -> None:
    assert remembered(30).keep_days == 30
    assert remembered(None).keep_days is None


@pytest.mark.parametrize("days", [0, -1, 1.5, "long"])
def test_a_memory_is_a_number_of_days(days: Any) -> None:
    with pytest.raises(InvalidDocument) as refused:
        remembered(days)
    assert [problem.path for problem in refused.value.problems] == ["remember_days"]


def test_every_tool_can_be_told_how_long_to_remember() -> None:
    for name in TOOLS:
        assert "remember_days" in tool(name).Settings.model_fields
