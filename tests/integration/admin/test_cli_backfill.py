"""`bridge backfill`: a period through today's mapping again, in parts, and on after it broke off."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feedback_bridge.errors import TransientError
from feedback_bridge.runtime.admin import replays
from tests.integration.admin.conftest import Bridge
from tests.integration.admin.in_turn import in_turn
from tests.integration.admin.test_admin_api_samples import keep, response
from tests.integration.overheard import overheard

NOW = datetime.now(UTC)
SINCE = (NOW - timedelta(days=1)).isoformat()


@pytest.fixture
def heard(stack: dict[str, str], typeform: object, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Seven responses in the archive, sent on in parts of three; and what is said on the bus, by feedback id."""
    monkeypatch.setattr("feedback_bridge.runtime.admin.replays.EVENTS_A_CALL", 3)
    monkeypatch.setattr("cli.backfill._PAUSES", (0.0, 0.0))
    for number in range(7):
        keep(f"t{number}", response(f"t{number}"), minutes_ago=number + 1)
    told = overheard()
    return lambda: {event["detail"]["feedback_id"]: event["detail"] for event in told()}


def test_a_period_is_sent_through_one_mapping_again(bridge: Bridge, heard: Any) -> None:
    told = bridge("backfill", "typeform-main", "--since", SINCE, "--mapping", "nps-to-contact", "--json")
    assert told.ok, told.stderr
    assert (told.json["count"], told.json["unreadable"]) == (7, [])
    said = heard()
    assert sorted(said) == [f"typeform-main:t{number}" for number in range(7)]
    assert {(item["replay"], item["mapping"]) for item in said.values()} == {(told.json["replay"], "nps-to-contact")}


def test_only_the_period_is_sent(bridge: Bridge, heard: Any) -> None:
    since, until = NOW - timedelta(minutes=4, seconds=30), NOW - timedelta(minutes=1, seconds=30)
    told = bridge("backfill", "typeform-main", "--since", since.isoformat(), "--until", until.isoformat())
    assert told.ok
    assert told.stderr.startswith("3 events are on the way again: replay-")
    assert sorted(heard()) == [f"typeform-main:t{number}" for number in (1, 2, 3)]


def test_what_can_no_longer_be_read_is_told_and_the_rest_goes_on(bridge: Bridge, heard: Any) -> None:
    keep("broken", b"{}", minutes_ago=3)
    told = bridge("backfill", "typeform-main", "--since", SINCE)
    assert told.exit_code == 1
    assert told.stdout == "cannot be read: typeform-main:broken\n"
    assert len(heard()) == 7


class Fails:
    """The bus, which does not answer the given calls."""

    def __init__(self, *calls: int) -> None:
        self.calls, self.count = calls, 0

    def __call__(self, *given: Any) -> list[str]:
        self.count += 1
        if self.count in self.calls:
            raise TransientError("The event bus did not take the event.")
        return _announce(*given)


_announce = replays.announce_readable


def test_a_part_that_fails_for_a_moment_is_asked_for_again(
    bridge: Bridge, heard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "announce_readable", Fails(1, 3))
    told = bridge("backfill", "typeform-main", "--since", SINCE, "--json")
    assert told.ok, told.stderr
    assert told.json["count"] == 7
    assert len(heard()) == 7


def test_one_that_broke_off_can_be_gone_on_with(bridge: Bridge, heard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "announce_readable", Fails(*range(2, 20)))
    broken = bridge("backfill", "typeform-main", "--since", SINCE)
    assert broken.exit_code == 1
    go_on = broken.stderr.splitlines()[-1].removeprefix("Go on with ").split()
    first = heard()
    monkeypatch.setattr(replays, "announce_readable", _announce)
    told = bridge("backfill", "typeform-main", "--since", SINCE, *go_on, "--json")
    assert told.ok, told.stderr
    rest = heard()
    assert sorted([*first, *rest]) == [f"typeform-main:t{number}" for number in range(7)]
    assert {item["replay"] for item in [*first.values(), *rest.values()]} == {told.json["replay"]}


@in_turn(
    ("words", "said"),
    [
        (("--since", "yesterday"), "since: must be a time"),
        (("--since", "2999-01-01"), "until: must be later than since"),
    ],
)
def test_a_period_that_is_none_is_refused(bridge: Bridge, heard: Any, words: tuple[str, ...], said: str) -> None:
    told = bridge("backfill", "typeform-main", *words)
    assert told.exit_code == 1
    assert said in told.stderr
