"""The Feedback that a message is about: in it, or read again from the archive when it was too large for the bus."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from feedback_bridge.aws.archive import Archive
from feedback_bridge.aws.configs import Configs
from feedback_bridge.config.org import org_of_source
from feedback_bridge.config.source import NpsSettings, SourceDocument
from feedback_bridge.errors import PermanentError
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.feedback.raw import Raw
from feedback_bridge.nps.score import tag
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.histories import recalled
from feedback_bridge.runtime.org_sources import sending_org
from feedback_bridge.sources.intake import event_of
from feedback_bridge.sources.registry import parse_source, tool
from feedback_bridge.sources.tool import Event


@cache
def archive() -> Archive:
    return Archive(settings.feedback_table(), settings.archive_bucket(), settings.retention_days())


@cache
def configs() -> Configs:
    return Configs(settings.config_table())


def feedback_in(detail: Mapping[str, Any]) -> Feedback:
    """From the detail of an AboutFeedback. Raises PermanentError, TransientError."""
    if detail.get("feedback") is not None:
        return Feedback.model_validate(detail["feedback"])
    return read_again(archived(detail["feedback_id"]))


def tagged(feedback: Feedback, nps: NpsSettings) -> Feedback:
    if feedback.nps is None:
        return feedback
    return feedback.model_copy(update={"nps": tag(feedback.nps, nps.thresholds, nps.labels)})


def tagged_again(feedback_id: str) -> Feedback:
    """From the archive alone, as it would arrive at the mappings. Raises PermanentError, TransientError."""
    return told_again(feedback_id)[0]


def told_again(feedback_id: str) -> tuple[Feedback, int]:
    """As `tagged_again`, with the version of it that the archive holds."""
    raw = archived(feedback_id)
    nps = source_of(raw.source).nps
    return recalled(tagged(read_again(raw), nps), nps, datetime.now(UTC)), raw.content


def archived(feedback_id: str) -> Raw:
    """Raises PermanentError when the archive no longer has it."""
    raw = archive().find(feedback_id)
    if raw is None:
        raise PermanentError("The archive no longer holds this event: its retention has passed, or it was erased.")
    return raw


def read_again(raw: Raw) -> Feedback:
    """What was sent, read with today's reading and today's settings of its source."""
    source = source_of(raw.source)
    return tool(source.type).read(event_again(raw, source), source, raw.received_at, raw.answers)


def event_again(raw: Raw, source: SourceDocument) -> Event:
    """Raises PermanentError where today's reading no longer finds it."""
    try:
        return event_of(raw, source)
    except LookupError as error:
        raise PermanentError(f"The event cannot be found in its archived body: {error}.") from error


def source_of(source_id: str) -> SourceDocument:
    """The published source or org that sends, enabled or not. Raises PermanentError when it is gone."""
    if (org_id := org_of_source(source_id)) is not None:
        if (sending := sending_org(configs(), org_id)) is not None:
            return sending
        raise PermanentError(f"The org {org_id} is no longer published, or sends no outbound messages any more.")
    published = configs().published("source", source_id)
    if published is None:
        raise PermanentError(f"The source {source_id} is no longer published.")
    return parse_source(published.document)
