"""Feedback: one thing a customer said or did, in one shape whatever the tool."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

FeedbackType = Literal[
    "survey_response", "form_submission", "chat_transcript", "usage_event", "salesforce_event", "account_score",
    "invitation",
]  # fmt: skip
FeedbackSignal = Literal["idea", "usage_event", "form_submission"]
"""The feedback that automations hear of as it is, without a score that signals anything."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Respondent(Frozen):
    """Who said it. Every field is optional: tools know different things about a person."""

    email: str | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    company: str | None = None
    user_id: str | None = None
    account_id: str | None = None
    salesforce_id: str | None = None


class Survey(Frozen):
    id: str | None = None
    name: str | None = None
    language: str | None = None
    channel: str | None = None


class Answer(Frozen):
    """`value` is what the tool counts with, `label` what the respondent read; arrays for several choices."""

    question: str | None = None
    value: JsonValue = None
    label: JsonValue = None


class Nps(Frozen):
    """Before tagging `score` is whatever the tool sent; after tagging it is an integer from 0 to 10 or absent.

    A score that is not one moves to `given`, with the reason in `problem`. From `previous_score` on it is what the
    person's history says (`nps/history.py`). `summary_source` is who wrote the summary: `tool`, or `bedrock:` and the
    model.
    """

    score: JsonValue = None
    band: Literal["promoter", "passive", "detractor"] | None = None
    label: str | None = None
    normalised: Literal[-1, 0, 1] | None = None
    comment: str | None = None
    follow_ups: list[str] | None = None
    summary: str | None = None
    summary_source: str | None = None
    themes: list[str] | None = None
    previous_score: int | None = None
    previous_band: Literal["promoter", "passive", "detractor"] | None = None
    previous_at: AwareDatetime | None = None
    change: int | None = None
    trend: Literal["rising", "steady", "falling"] | None = None
    average: float | None = None
    answers: int | None = None
    given: JsonValue = None
    problem: str | None = None


class AccountNps(Frozen):
    """Promoters less detractors in percent, -100 to 100, over the last `window_days`, with what it was made of."""

    score: int | None = None
    answers: int
    promoters: int
    passives: int
    detractors: int
    window_days: int


class AccountIdeas(Frozen):
    """What an account's people ask for: how many ideas, and their titles, the newest first, one a line."""

    count: int
    titles: str


class HealthPart(Frozen):
    """0 to 100 points for a value, and how much they weigh."""

    value: float
    points: int
    weight: float


class Health(Frozen):
    """0 to 100, by the formula of the health document `name`; `unknown` are the parts that had no value."""

    name: str
    score: int
    parts: dict[str, HealthPart]
    unknown: list[str] = []
    explanation: str


class Account(Frozen):
    """The account that an answer counts for. `id` is Salesforce's, or the tool's own; `key` tells them apart.

    `health` and `renewal_date` are those of last night (`health/`).
    """

    id: str
    key: str
    nps: AccountNps | None = None
    ideas: AccountIdeas | None = None
    health: Health | None = None
    renewal_date: date | None = None


class Idea(Frozen):
    """Something that customers ask for. `id` is the same for all who ask for it, whatever the source."""

    id: str
    title: str | None = None


class Signal(Frozen):
    """Why an automation runs. `owner` is whose turn it is in the automation's pool.

    When it escalates, `record_id` is the record that is still open and `owner_id` whose it is.
    """

    name: str
    reason: str
    owner: str | None = None
    record_id: str | None = None
    owner_id: str | None = None


class SalesforceRecord(Frozen):
    """The record that an outbound message tells of, by ids alone: read it again before you rely on what it says.

    `org` is the org's config document, `record_id` has 18 characters.
    """

    org: str
    object: str
    record_id: str
    notification_id: str
    action_id: str | None = None


class Feedback(Frozen):
    """The canonical shape. Mapping paths are JMESPath over `to_document()`."""

    id: str
    type: FeedbackType
    source: str
    occurred_at: AwareDatetime
    received_at: AwareDatetime
    respondent: Respondent = Respondent()
    survey: Survey | None = None
    answers: dict[str, Answer] = {}
    embedded: dict[str, JsonValue] = {}
    nps: Nps | None = None
    form: dict[str, JsonValue] | None = None
    chat: dict[str, JsonValue] | None = None
    usage: dict[str, JsonValue] | None = None
    salesforce: SalesforceRecord | None = None
    idea: Idea | None = None
    account: Account | None = None
    signal: Signal | None = None

    @property
    def scored(self) -> bool:
        """Whether the tool sent anything where a score belongs, readable or not."""
        return self.nps is not None and self.nps.score is not None

    @property
    def heard_as(self) -> FeedbackSignal | None:
        """The signal as which automations hear of it; an idea is one whatever brings it."""
        if self.idea is not None:
            return "idea"
        return self.type if self.type in ("usage_event", "form_submission") else None

    def to_document(self) -> dict[str, JsonValue]:
        """The JSON object that paths are applied to. Absent values have no key: absent is not null."""
        document: dict[str, JsonValue] = self.model_dump(mode="json", exclude_none=True)
        return document
