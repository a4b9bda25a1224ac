"""An event as a tool sent it: what the archive keeps, and from which the Feedback can be read again at any time."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from feedback_bridge.feedback.model import Feedback

KeptStatus = Literal["accepted", "duplicate", "updated", "erased"]

UNREADABLE_PERSON = "unreadable"
"""Stands where nobody knows who is in a body, so that an erasure looks into it itself."""


@dataclass(frozen=True, slots=True)
class Raw:
    """`content` counts the versions of the event that the tool sent, from 1; `digest` tells them apart.

    `answers` is what the tool's API gave for an event that only announced a response. `keep_days` is for how long its
    source wants it kept, where that is shorter than the archive's own time. `person` is the key of whoever it is about
    (`nps/identity.py`, by the address alone), by which an erasure finds it.
    """

    feedback_id: str
    source: str
    received_at: datetime
    content_type: str
    body: bytes
    digest: str
    content: int = 1
    answers: bytes | None = None
    keep_days: int | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """`raw` is what the archive holds now: for a duplicate, the first arrival with its time.

    `erased`: nothing was kept, because this event has been erased on request, and must not come back.
    """

    status: KeptStatus
    raw: Raw


def digest_of(feedback: Feedback) -> str:
    """The same for the same thing said, however and whenever it was delivered."""
    delivery = {"received_at"}
    if feedback.occurred_at == feedback.received_at:
        delivery.add("occurred_at")  # the tool told no time, and the arrival stands in for it
    return digest_of_document(feedback.model_dump(mode="json", exclude_none=True, exclude=delivery))


def digest_of_document(document: Any) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
