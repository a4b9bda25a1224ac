"""Saying an archived event on the bus again."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from feedback_bridge.aws.bus import announce
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.errors import PermanentError
from feedback_bridge.feedback.facts import AnswersAwaited, Fact, FeedbackReceived
from feedback_bridge.feedback.raw import Raw
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.admin.call import Unusable
from feedback_bridge.runtime.reading import archive, archived, read_again, source_of
from feedback_bridge.sources.intake import event_of, is_unreadable, taken_up


def new_replay(now: datetime) -> str:
    """The name of a replay: deliveries that it made carry it."""
    return f"replay-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def announce_again(feedback_ids: Sequence[str], replay: str, mapping: str | None) -> None:
    """Through one mapping, or all. Raises Unusable for an event that can no longer be read, TransientError."""
    try:
        facts = [fact for feedback_id in feedback_ids for fact in _facts(archived(feedback_id), replay, mapping)]
    except (PermanentError, InvalidDocument) as error:
        raise Unusable(f"The event cannot be replayed: {error}") from error
    announce(settings.event_bus(), facts)


def announce_readable(feedback_ids: Sequence[str], replay: str, mapping: str | None) -> list[str]:
    """As `announce_again`, and those that can no longer be read are left out. Returns the ids of these."""
    facts: list[Fact] = []
    unreadable = []
    for feedback_id in feedback_ids:
        try:
            facts += _facts(archived(feedback_id), replay, mapping)
        except (PermanentError, InvalidDocument):
            unreadable.append(feedback_id)
    announce(settings.event_bus(), facts)
    return unreadable


def _facts(raw: Raw, replay: str, mapping: str | None) -> list[Fact]:
    """One, but for a body that could not be read when it came: its events are kept under their own ids now."""
    if not is_unreadable(raw.feedback_id):
        return [_fact(raw, replay, mapping)]
    again = {"replay": replay, "mapping": mapping}
    arrivals = taken_up(raw, source_of(raw.source))
    kept = [(archive().keep(arrived), fact) for arrived, fact in arrivals]
    return [fact(held.raw).model_copy(update=again) for held, fact in kept if held.status != "erased"]


def _fact(raw: Raw, replay: str, mapping: str | None) -> Fact:
    """An announced response whose answers never came is fetched again; anything else is read from the archive."""
    if raw.answers is None and _awaits_answers(raw):
        return AnswersAwaited(
            feedback_id=raw.feedback_id, source=raw.source, content=raw.content, replay=replay, mapping=mapping
        )
    return FeedbackReceived.about(read_again(raw), content=raw.content, replay=replay, mapping=mapping)


def _awaits_answers(raw: Raw) -> bool:
    try:
        return event_of(raw, source_of(raw.source)).awaits_answers
    except LookupError as error:
        raise PermanentError(f"{error}.") from error
