"""The nightly drift check on the deployed stack: its schedule fires, and its function's role suffices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.bridge_in_use import Bridge, eventually

MAPPING = "nps-to-contact"
CONTACT = "/_org/permissions/Feedback_Bridge/objects/Contact"


@contextmanager
def night_falls(bridge: Bridge) -> Iterator[None]:
    """The deployed schedule, every minute for a while; afterwards as it was."""
    scheduler = bridge.stack.client("scheduler")
    name = f"{bridge.stack.file.stack_name}-drift-check"
    schedule = scheduler.get_schedule(Name=name)
    kept = {key: schedule[key] for key in ("Name", "FlexibleTimeWindow", "Target", "ScheduleExpressionTimezone")}
    scheduler.update_schedule(**kept, ScheduleExpression="rate(1 minute)")
    try:
        yield
    finally:
        scheduler.update_schedule(**kept, ScheduleExpression=schedule["ScheduleExpression"])


def part(bridge: Bridge) -> dict[str, Any]:
    parts = bridge.stack.api.get("/admin/status").json()["parts"]
    found: dict[str, Any] = next(item for item in parts if (item["kind"], item["name"]) == ("mapping", MAPPING))
    return found


def test_a_permission_that_was_taken_away_is_noticed_at_night_and_so_is_its_return(bridge: Bridge) -> None:
    assert part(bridge)["status"] == "green"
    bridge.stack.org.put(CONTACT, json={"edit": False}).raise_for_status()
    try:
        with night_falls(bridge):
            red = eventually(lambda: found if (found := part(bridge))["status"] == "red" else None, "the pause")
        assert "the permission set needs Edit on Contact" in red["reason"]
    finally:
        bridge.stack.org.put(CONTACT, json={"edit": True}).raise_for_status()
    with night_falls(bridge):
        eventually(lambda: part(bridge)["status"] == "green", "the mapping to resume")
