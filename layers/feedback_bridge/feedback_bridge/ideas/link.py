"""One person of one account who asks for one idea."""

import hashlib
from dataclasses import dataclass

from feedback_bridge.feedback.model import Feedback
from feedback_bridge.nps.accounts import account_key
from feedback_bridge.nps.history import moment_of
from feedback_bridge.nps.identity import keys_of, person_of

LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Link:
    """`account` and `person` are keys, as in the histories of scores; `at` is UTC text that sorts.

    Somebody without any identifier is known by nothing but the feedback.
    """

    idea: str
    title: str
    account: str | None
    person: str
    at: str
    feedback_id: str

    @property
    def name(self) -> str:
        """The same whenever the same person of the same account asks for the same idea."""
        return hashlib.sha256("\n".join((self.idea, self.account or "", self.person)).encode()).hexdigest()[:40]


def link_of(feedback: Feedback) -> Link | None:
    """None where the feedback is about no idea."""
    if feedback.idea is None:
        return None
    return Link(
        idea=feedback.idea.id,
        title=(feedback.idea.title or feedback.idea.id)[:LONGEST_TITLE],
        account=account_key(feedback.source, feedback.respondent.account_id),
        person=person_of(feedback) or keys_of(feedback)[0],
        at=moment_of(feedback.occurred_at, feedback.received_at),
        feedback_id=feedback.id,
    )
