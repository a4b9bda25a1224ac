"""What the bus is told of a score: that it is tagged, what it signals, and whose previous score has become another."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from feedback_bridge.automation.names import is_automation
from feedback_bridge.config.source import NpsSettings
from feedback_bridge.feedback.facts import Fact, NpsSignal, NpsTagged
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.mapping.paths import Get, getter
from feedback_bridge.nps.signals import Limits, Signal, signals
from feedback_bridge.runtime.histories import Remembered


def told_of(remembered: Remembered, nps: NpsSettings, detail: Mapping[str, Any]) -> Iterator[Fact]:
    """`detail` is that of the fact which brought the score. A replay of an automation is no business of mappings."""
    feedback = remembered.feedback
    content: int = detail.get("content", 1)
    replay, mapping = detail.get("replay"), detail.get("mapping")
    if not is_automation(mapping):
        yield NpsTagged.about(feedback, content=content, replay=replay, mapping=mapping)
    if mapping is None or is_automation(mapping):
        yield from _signals(remembered, nps, content, replay if mapping else None, mapping)
    if remembered.outdated is not None:
        yield NpsTagged(
            feedback_id=remembered.outdated,
            source=remembered.outdated.partition(":")[0],
            type=feedback.type,
            scored=True,
            replay=f"history-{feedback.id}-{content}",
            recomputed=True,
        )


def _signals(
    remembered: Remembered, nps: NpsSettings, content: int, replay: str | None, mapping: str | None
) -> Iterator[Fact]:
    feedback = remembered.feedback
    if remembered.person is None:
        return
    for signal in signals_of(feedback, nps):
        yield NpsSignal.about(
            feedback,
            content=content,
            replay=replay,
            mapping=mapping,
            signal=signal.name,
            reason=signal.reason,
            person=remembered.person,
        )


def signals_of(feedback: Feedback, nps: NpsSettings) -> list[Signal]:
    """What a tagged answer signals, as its source's settings say."""
    settings = nps.signals
    if feedback.nps is None:
        return []
    renewal = _getter(settings.renewal)(feedback.to_document()) if settings.renewal else None
    if renewal is None and feedback.account is not None and feedback.account.renewal_date is not None:
        renewal = feedback.account.renewal_date.isoformat()
    limits = Limits(settings.fell_by, settings.renewal_days)
    return signals(feedback.nps, limits, renewal, feedback.occurred_at.date())


@cache
def _getter(path: str) -> Get:
    return getter(path)
