"""Ideas as they are heard of: kept with who asks for them, and the account told what it asks for by now."""

from datetime import datetime

from feedback_bridge.aws.ideas import IdeaTable
from feedback_bridge.feedback.model import Account, Feedback
from feedback_bridge.ideas.link import link_of
from feedback_bridge.ideas.ranking import account_ideas
from feedback_bridge.nps.accounts import account_id, account_key
from feedback_bridge.runtime import settings


def keep(feedback: Feedback, content: int, now: datetime) -> None:
    """Newer content of a feedback counts for the idea that it names now. Raises TransientError."""
    if (link := link_of(feedback)) is None:
        return
    table().keep(link, now)
    if content > 1:
        for held in table().of_person(link.person):
            if held.feedback_id == link.feedback_id and held.name != link.name:
                table().forget(held)


def with_account(feedback: Feedback) -> Feedback:
    """The feedback with the account that it counts for, and what that account asks for where it is about an idea.

    Raises TransientError.
    """
    key = account_key(feedback.source, feedback.respondent.account_id)
    if key is None:
        return feedback
    account = feedback.account or Account(id=account_id(key), key=key)
    if feedback.idea is not None:
        account = account.model_copy(update={"ideas": account_ideas(table().of_account(key))})
    return feedback.model_copy(update={"account": account})


def table() -> IdeaTable:
    return IdeaTable(settings.history_table(), settings.retention_days())
