"""The broken-mapping detector: a mapping that no longer fits its org pauses, once and aloud, and resumes by itself."""

from datetime import datetime

from feedback_bridge.aws.bus import announce
from feedback_bridge.aws.pauses import Pause, Pauses
from feedback_bridge.delivery.batch import Result
from feedback_bridge.errors import TransientError
from feedback_bridge.feedback.facts import MappingPaused, MappingResumed
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.mappings import PublishedMappings
from feedback_bridge.runtime.observability import logger


def note(result: Result, mappings: PublishedMappings, now: datetime) -> None:
    """Tell of the mappings that this batch found broken, or found mended. Raises TransientError.

    A mapping is announced as paused once, by the worker that found out first; what it could not write waits.
    """
    pauses = Pauses(settings.org_state_table())
    for (org, mapping), reason in result.broken.items():
        mappings.doubt(mapping)
        if pauses.begin(Pause(org, mapping, reason, now)):
            logger.error("a mapping is paused", extra={"mapping": mapping, "org": org, "reason": reason})
            try:
                announce(settings.event_bus(), [MappingPaused(mapping=mapping, org=org, reason=reason, at=now)])
            except TransientError:
                # Nobody has heard of it: whoever finds it out next shall tell.
                pauses.end(org, mapping)
                raise
    for org, mapping in result.mended:
        if pauses.end(org, mapping):
            logger.info("a mapping has resumed", extra={"mapping": mapping, "org": org})
            announce(settings.event_bus(), [MappingResumed(mapping=mapping, org=org, at=now)])
