"""What automations hear of: signals of scores, and feedback that is a signal by itself, in one form."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from feedback_bridge.feedback.model import Feedback
from feedback_bridge.nps.identity import keys_of
from feedback_bridge.runtime import ideas
from feedback_bridge.runtime.reading import feedback_in, tagged_again

REASONS: Mapping[str, str] = {
    "idea": "Somebody asked for an idea.",
    "usage_event": "A usage event arrived.",
    "form_submission": "A form was submitted.",
}


def heard(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """With `signal`, `reason` and `person`, whatever the fact. An idea is kept, whether or not anybody listens.

    Raises PermanentError, TransientError.
    """
    name = detail.get("heard_as")
    if "signal" in detail or name is None:
        return detail
    feedback = feedback_in(detail)
    ideas.keep(feedback, detail.get("content", 1), datetime.now(UTC))
    return {
        **detail,
        "feedback": feedback.to_document(),
        "signal": name,
        "reason": REASONS[name],
        "person": keys_of(feedback)[0],
        # Of everything that a source has sent, and not for this automation: it has been heard of once.
        "replay": detail.get("replay") if detail.get("mapping") else None,
    }


def told(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The feedback as an automation sees it. Raises as `heard`."""
    document = detail.get("feedback") or tagged_again(detail["feedback_id"]).to_document()
    return seen(Feedback.model_validate(document)) if detail["signal"] in REASONS else dict(document)


def seen(feedback: Feedback) -> dict[str, Any]:
    """With its account, and what that asks for by now where it is about an idea. Raises TransientError."""
    return ideas.with_account(feedback).to_document() if feedback.heard_as else feedback.to_document()
