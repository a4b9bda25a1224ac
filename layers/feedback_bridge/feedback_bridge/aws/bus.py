"""The event bus."""

from collections.abc import Sequence

from feedback_bridge.aws.batches import batches
from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated
from feedback_bridge.errors import TransientError
from feedback_bridge.feedback.facts import SOURCE, AboutFeedback, Fact

MOST_ENTRIES = 10
MOST_BYTES = 256 * 1024
"""PutEvents limits: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html"""

_REST_OF_ENTRY = 1024
"""Bytes granted to an entry's other parts: bus, source and detail type."""


def entry_of(bus: str, fact: Fact) -> dict[str, str]:
    """A feedback too large for the bus goes by its id: the archive has it."""
    detail = fact.model_dump_json(exclude_none=True)
    if len(detail.encode()) + _REST_OF_ENTRY > MOST_BYTES and isinstance(fact, AboutFeedback):
        detail = fact.model_copy(update={"feedback": None}).model_dump_json(exclude_none=True)
    return {"EventBusName": bus, "Source": SOURCE, "DetailType": fact.detail_type(), "Detail": detail}


def publish(bus: str, facts: Sequence[Fact]) -> list[int]:
    """Put the facts on the bus, ten a call and within its bytes, and ask once more for those it refused.

    Returns the positions of the facts that the bus would not take even then (empty: all is well). Raises TransientError
    when it does not answer at all.
    """
    entries = [entry_of(bus, fact) for fact in facts]
    waiting = list(range(len(entries)))
    for _ in range(2):
        weights = [(position, len(entries[position]["Detail"].encode()) + _REST_OF_ENTRY) for position in waiting]
        groups = batches(weights, most=MOST_ENTRIES, most_bytes=MOST_BYTES)
        waiting = [position for group in groups for position in _refused(entries, group)]
    return waiting


def announce(bus: str, facts: Sequence[Fact]) -> None:
    """All or TransientError."""
    if publish(bus, facts):
        raise TransientError("The event bus did not take the event.")


def _refused(entries: Sequence[dict[str, str]], group: list[int]) -> list[int]:
    with translated("put events on the bus"):
        reply = client("events").put_events(Entries=[entries[position] for position in group])
    return [position for position, result in zip(group, reply["Entries"], strict=True) if "ErrorCode" in result]
