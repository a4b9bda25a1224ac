"""Specific, and conversational NPS like it: a score, what was asked after it, and what an AI made of the answers.

Specific publishes neither the shape of its webhook nor a signature. The paths below are what its own description of
the data suggests; each can be replaced in `fields`, written against what the tool really sends.
"""

from typing import Literal

from feedback_bridge.sources.configurable import Configurable, events, read, verify
from feedback_bridge.sources.paths import BodyPath
from feedback_bridge.sources.setup import Setup
from feedback_bridge.sources.webhook_body import Fields

__all__ = ["SETUP", "Settings", "events", "read", "verify"]


class ConversationFields(Fields):
    id: BodyPath | None = "id || response_id || responseId"
    occurred_at: BodyPath | None = "submitted_at || completed_at || created_at || timestamp"
    email: BodyPath | None = "user.email || respondent.email || email"
    name: BodyPath | None = "user.name || respondent.name || name"
    user_id: BodyPath | None = "user.id || respondent.id || user_id"
    survey_id: BodyPath | None = "survey.id || survey_id"
    survey_name: BodyPath | None = "survey.name || survey_name"
    language: BodyPath | None = "language || locale"
    score: BodyPath | None = "score || nps_score || nps.score"
    comment: BodyPath | None = "comment || nps.comment"
    follow_ups: BodyPath | None = "follow_ups[].answer || follow_ups || answers[].answer"
    summary: BodyPath | None = "summary || ai_summary"
    themes: BodyPath | None = "themes[].name || themes || tags"


class Settings(Configurable):
    type: Literal["specific"] = "specific"
    fields: ConversationFields = ConversationFields()


SETUP = Setup(
    made_by="us",
    steps=(
        "Webhook URL: {url}",
        "Header X-Webhook-Secret: {secret}",
        "Where the tool's fields are named otherwise, say so in `fields`: bridge sources samples ID shows them.",
    ),
    document={"shared_secret": {"header": "X-Webhook-Secret"}},
)
