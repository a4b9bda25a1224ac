"""What we find out about an account every night, as a feedback of our own."""

import hashlib
from datetime import datetime

from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.model import Account, Feedback, Respondent

SOURCE = "account-score"


def account_score(account: Account, now: datetime, *, formula: str | None = None) -> Feedback:
    """One a day and account: of its answers, or of what `formula` makes of its health."""
    about = account.key if formula is None else f"{account.key} {formula}"
    digest = hashlib.sha256(about.encode()).hexdigest()[:32]
    name = digest if formula is None else f"health-{digest}"
    return Feedback(
        id=feedback_id(SOURCE, f"{name}-{now.date().isoformat()}"),
        type="account_score",
        source=SOURCE,
        occurred_at=now,
        received_at=now,
        respondent=Respondent(account_id=account.id),
        account=account,
    )
