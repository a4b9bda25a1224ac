"""`kind: automation`: what is done, and who is told, when a score signals something.

What it writes, and the words of what it tells, are in the language of mappings.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, JsonValue, ValidationError, field_validator, model_validator

from feedback_bridge.automation.quiet import Quiet
from feedback_bridge.automation.request import MOST_TEXTS, dotted, texts_in
from feedback_bridge.config.document import Document, DocumentId, SecretName, Settings
from feedback_bridge.config.problem import InvalidDocument, Problem, problems_of
from feedback_bridge.feedback.model import FeedbackSignal
from feedback_bridge.mapping.document import DOCUMENT_BRANCHES, Sources
from feedback_bridge.mapping.language.conditions import Condition
from feedback_bridge.mapping.language.scalars import ApiName
from feedback_bridge.mapping.language.values import FieldValue
from feedback_bridge.mapping.language.writes import Follow, WriteRule
from feedback_bridge.mapping.templates import BadTemplate, parse_template
from feedback_bridge.nps.signals import SignalName

MOST_STEPS = 10
"""Of what follows a write, notices included: as many as a mapping may have."""


def _template_alone(value: Any) -> Any:
    return {"template": value} if isinstance(value, str) else value


Words = Annotated[FieldValue, BeforeValidator(_template_alone, json_schema_input_type=str | FieldValue)]
"""Text with {{ path }} in it stands for itself; anything else is written as a field of a mapping is."""


class Email(Settings):
    """Sent through Amazon SES, from the stack's parameter MailSender."""

    to: Words = Field(description="One address, or several with commas between them.")
    subject: Words
    text: Words


class Webhook(Settings):
    """A POST with a signed body."""

    secret: SecretName = Field(description='Secret with JSON: {"url": "https://…", "signing_key": "…"}.')
    format: Literal["slack", "teams", "json"] = "slack"
    text: Words


class Request(Settings):
    """A POST of JSON to a tool's API, such as one that takes feedback or votes."""

    secret: SecretName = Field(description='Secret with JSON: {"url": "https://…", "headers": {"auth-token": "…"}}.')
    body: dict[str, JsonValue] = Field(
        min_length=1,
        description="The JSON to send; every text in it may have {{ path }}, what finds nothing is left out.",
    )

    @field_validator("body")
    @classmethod
    def _of_templates(cls, body: dict[str, JsonValue]) -> dict[str, JsonValue]:
        texts = texts_in(body)
        if len(texts) > MOST_TEXTS:
            raise ValueError(f"has {len(texts)} texts; at most {MOST_TEXTS} can be sent")
        for path, text in texts:
            try:
                parse_template(text)
            except BadTemplate as error:
                raise ValueError(f"{dotted(path)} {error}") from None
        return body


class BusEvent(Settings):
    """A fact AutomationNotice on the stack's own event bus, from where a rule takes it to any target of EventBridge."""

    name: Words
    text: Words


class Notify(Settings):
    email: Email | None = None
    webhook: Webhook | None = None
    request: Request | None = None
    event: BusEvent | None = None
    when: Condition | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(item is not None for item in (self.email, self.webhook, self.request, self.event)) != 1:
            raise ValueError("needs exactly one of email, webhook, request and event")
        return self


class Steps(Settings):
    """A write with what follows it, and who is told."""

    write: WriteRule | None = None
    then: list[Follow] = Field(default=[], max_length=MOST_STEPS)
    notify: list[Notify] = Field(default=[], max_length=MOST_STEPS)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.write is None and not self.notify:
            raise ValueError("needs write, notify or both")
        if self.then and self.write is None:
            raise ValueError("then follows a write")
        if self.then and len(self.then) + len(self.notify) > MOST_STEPS:
            raise ValueError(f"then and notify may be {MOST_STEPS} together")
        return self


class Escalation(Steps):
    """When the record that the automation wrote is still open after a while."""

    after_minutes: int = Field(ge=1, le=60 * 24 * 90)
    closed_field: ApiName = Field(default="IsClosed", description="A tick of the record; while it is false it is open.")


class Cooling(Settings):
    """An automation runs once for the same person (or account) in so many days."""

    days: int = Field(default=30, ge=0, le=730)
    per: Literal["person", "account"] = "person"


class AutomationDocument(Steps, Document):
    kind: Literal["automation"] = "automation"
    source: Sources = "*"
    on: list[Literal[SignalName, FeedbackSignal]] = Field(
        min_length=1, description="Any of these: what a score signals, or feedback of that kind as it arrives."
    )
    org: DocumentId
    when: Condition | None = Field(default=None, description="Answers for which this does not hold are skipped.")
    cooling: Cooling = Cooling()
    quiet: Quiet | None = None
    oldest_days: int = Field(default=7, ge=1, le=730, description="Answers given longer ago are skipped.")
    pool: list[str] = Field(default=[], max_length=100, description="User ids that signal.owner takes its turns from.")
    escalate: Escalation | None = None

    @model_validator(mode="after")
    def _has_a_record_to_watch(self) -> Self:
        if self.escalate is not None and (self.write is None or self.write.operation == "delete"):
            raise ValueError("escalate watches the record that write makes; there is none")
        return self

    def secrets(self) -> list[tuple[str, str]]:
        """Path and name of the secret of each webhook and request."""
        told = [(f"notify[{index}]", item) for index, item in enumerate(self.notify)]
        if self.escalate is not None:
            told += [(f"escalate.notify[{index}]", item) for index, item in enumerate(self.escalate.notify)]
        webhooks = [(f"{path}.webhook.secret", item.webhook.secret) for path, item in told if item.webhook]
        return webhooks + [(f"{path}.request.secret", item.request.secret) for path, item in told if item.request]

    def hears(self, source: str, signal: str) -> bool:
        sources = self.source if isinstance(self.source, list) else [self.source]
        return signal in self.on and ("*" in sources or source in sources)


def parse_automation(data: object) -> AutomationDocument:
    """Raises InvalidDocument."""
    if not isinstance(data, dict):
        raise InvalidDocument([Problem(path="", message="must be an automation document: keys and values")])
    if "on" not in data:
        data = {"on" if key is True or key == "true" else key: value for key, value in data.items()}
    try:
        return AutomationDocument.model_validate(data)
    except ValidationError as error:
        raise InvalidDocument(problems_of(error, skip=DOCUMENT_BRANCHES)) from None


def describe_automation() -> dict[str, Any]:
    return AutomationDocument.model_json_schema()
