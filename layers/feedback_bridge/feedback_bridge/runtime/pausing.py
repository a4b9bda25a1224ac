"""The broken-mapping detector: a mapping that no longer fits its org pauses, once and aloud, and resumes by itself."""

from datetime import datetime

from feedback_bridge.aws.bus import announce
from feedback_bridge.aws.pauses import Pause, Pauses
from feedback_bridge.delivery.batch import Result
from feedback_bridge.feedback.facts import Fact, MappingPaused, MappingResumed
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.mappings import PublishedMappings
from feedback_bridge.runtime.observability import logger


def note(result: Result, mappings: PublishedMappings, now: datetime) -> None:
    """Tell of the mappings that this batch found broken, or found mended. Raises TransientError.

    A mapping is announced as paused once, by the worker that found out first; what it could not write waits.
    """
    pauses = Pauses(settings.org_state_table())
    facts: list[Fact] = []
    for (org, mapping), reason in result.broken.items():
        mappings.doubt(mapping)
        if pauses.begin(Pause(org, mapping, reason, now)):
            logger.error("a mapping is paused", extra={"mapping": mapping, "org": org, "reason": reason})
            facts.append(MappingPaused(mapping=mapping, org=org, reason=reason, at=now))
    for org, mapping in result.mended:
        if pauses.end(org, mapping):
            logger.info("a mapping has resumed", extra={"mapping": mapping, "org": org})
            facts.append(MappingResumed(mapping=mapping, org=org, at=now))
    if facts:
        announce(settings.event_bus(), facts)
