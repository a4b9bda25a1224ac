"""The batch of nps_tagging: every score tagged as its source says, and told on the bus."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from feedback_bridge.aws.bus import publish
from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.config.source import NpsSettings
from feedback_bridge.errors import BridgeError, PermanentError
from feedback_bridge.feedback.facts import NpsTagged
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.consumer import Verdicts, consume
from feedback_bridge.runtime.messages import Message
from feedback_bridge.runtime.reading import feedback_in, source_of, tagged


def tag_batch(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return consume(records, _handle, _deliveries(), settings.queue_url())


def _handle(messages: Sequence[Message]) -> Verdicts:
    verdicts = Verdicts()
    facts: list[NpsTagged] = []
    spoken: list[Message] = []
    known: dict[str, NpsSettings] = {}
    for message in messages:
        try:
            feedback = feedback_in(message.detail)
            facts.append(_fact(message, tagged(feedback, _nps_settings(feedback.source, known))))
            spoken.append(message)
        except Exception as error:
            verdicts.note(message, error)
    for message in _unspoken(facts, spoken):
        verdicts.later[message.id] = ("The event bus did not take the tagged score.", None)
    return verdicts


def _unspoken(facts: Sequence[NpsTagged], spoken: Sequence[Message]) -> Sequence[Message]:
    try:
        return [spoken[position] for position in publish(settings.event_bus(), facts)]
    except BridgeError:
        return spoken


def _fact(message: Message, feedback: Feedback) -> NpsTagged:
    detail = message.detail
    return NpsTagged.about(
        feedback, content=detail.get("content", 1), replay=detail.get("replay"), mapping=detail.get("mapping")
    )


def _nps_settings(source: str, known: dict[str, NpsSettings]) -> NpsSettings:
    """Once a batch; a source that is gone meanwhile leaves the usual bands."""
    if source not in known:
        try:
            known[source] = source_of(source).nps
        except PermanentError:
            known[source] = NpsSettings()
    return known[source]


@cache
def _deliveries() -> Deliveries:
    return Deliveries(settings.delivery_table(), settings.retention_days())
