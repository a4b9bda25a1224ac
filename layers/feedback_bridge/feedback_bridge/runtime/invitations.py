"""Who has been invited again and again, and does not answer."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from feedback_bridge.config.source import SignalSettings
from feedback_bridge.errors import PermanentError
from feedback_bridge.feedback.facts import NpsSignal
from feedback_bridge.nps.ledger import Person
from feedback_bridge.runtime.reading import source_of

_NIGHTS = timedelta(days=3)
"""For so long it is told every night: one that failed is made up for, and who acts on it knows the invitation's id."""


def no_answers(people: Sequence[Person], now: datetime) -> Iterator[NpsSignal]:
    """About the last invitation of each, by its id: the archive has it. Raises TransientError."""
    known: dict[str, SignalSettings | None] = {}
    for person in people:
        last = person.invited[-1]
        source = last.feedback_id.partition(":")[0]
        if source not in known:
            known[source] = _settings(source)
        limits = known[source]
        if limits is None or len(person.invited) < limits.invitations:
            continue
        waited = now - datetime.fromisoformat(last.at) - timedelta(days=limits.answer_days)
        if timedelta(0) <= waited < _NIGHTS:
            yield NpsSignal(
                feedback_id=last.feedback_id,
                source=source,
                type="invitation",
                scored=False,
                signal="no_answer",
                reason=f"No answer to {len(person.invited)} invitations.",
                person=person.key,
            )


def _settings(source: str) -> SignalSettings | None:
    try:
        return source_of(source).nps.signals
    except PermanentError:
        return None
