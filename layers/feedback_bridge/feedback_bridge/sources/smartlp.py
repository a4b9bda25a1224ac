"""smartLP, and any form tool that posts what was filled in: JSON, form-encoded or multipart.

smartLP publishes no webhook format and no signature. So the secret travels with the request, in the address unless the
settings name a header, and the respondent is found by the names of the fields, in Japanese or English (`people.py`);
`fields` corrects it. A form seldom has an id of its own: then the same content is the same submission, which a tool's
retry needs, and which makes one of two people who filled in exactly the same.
"""

from typing import Literal

from feedback_bridge.sources.configurable import Configurable, events, read, verify
from feedback_bridge.sources.setup import Setup
from feedback_bridge.sources.shared_secret import SharedSecret

__all__ = ["SETUP", "Settings", "events", "read", "verify"]


class Settings(Configurable):
    type: Literal["smartlp"] = "smartlp"
    shared_secret: SharedSecret | None = SharedSecret(query="key")
    feedback_type: Literal["survey_response", "form_submission", "chat_transcript", "usage_event"] = "form_submission"
    without_id: Literal["refuse", "content"] = "content"


SETUP = Setup(
    made_by="us",
    steps=(
        "In the form's settings, where it posts what was filled in: {url}",
        "The address holds the secret: treat it as one.",
    ),
)
