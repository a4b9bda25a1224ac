"""What has no score and is remembered all the same: the use of a product, and invitations to answer."""

import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from feedback_bridge.aws.account_items import mark
from feedback_bridge.aws.history import SHARDS, Met
from feedback_bridge.config.source import NpsSettings, SourceDocument
from feedback_bridge.errors import TransientError
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.health.usage import Mark, mark_of
from feedback_bridge.mapping.paths import getter
from feedback_bridge.nps.history import Invited, moment_of
from feedback_bridge.nps.identity import keys_of
from feedback_bridge.nps.ledger import Ledger
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.histories import people_of, table

TYPES = frozenset({"usage_event", "invitation"})
_PAUSES = (0.02, 0.04, 0.08, 0.16, 0.32)


def note(happened: Sequence[tuple[Feedback, SourceDocument]], now: datetime) -> None:
    """Raises TransientError. Again it changes nothing."""
    marks = [found for feedback, source in happened if (found := _mark(feedback, source)) is not None]
    if marks:
        mark(settings.history_table(), marks, now, settings.retention_days())
    invited = [feedback for feedback, _ in happened if feedback.type == "invitation"]
    if invited:
        _note_invitations(invited, now)


def _mark(feedback: Feedback, source: SourceDocument) -> Mark | None:
    if feedback.type != "usage_event":
        return None
    document = feedback.to_document()
    feature = getter(source.usage.feature)(document)
    return mark_of(feedback, _account(feedback, source.nps, document), feature)


def _account(feedback: Feedback, nps: NpsSettings, document: Mapping[str, object]) -> object:
    return getter(nps.account)(document) if nps.account else feedback.respondent.account_id


def _note_invitations(invited: Sequence[Feedback], now: datetime) -> None:
    keys = [keys_of(feedback) for feedback in invited]
    for pause in _PAUSES:
        ledger = Ledger(people_of(keys))
        for feedback, known in zip(invited, keys, strict=True):
            at = moment_of(feedback.occurred_at, feedback.received_at)
            ledger.invite(known, Invited(at, feedback.id))
        try:
            table().write(ledger.groups(), ledger.entries, now, secrets.randbelow(SHARDS))
        except Met:
            time.sleep(pause)
            continue
        return
    raise TransientError("Other workers keep changing the same histories.")
