"""`kind: sync`: a tool's visitors or accounts paired with one Salesforce object, and what flows between them."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    JsonValue,
    StringConstraints,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from feedback_bridge.config.document import Document, DocumentId, SecretName, Settings, TimeZone
from feedback_bridge.config.problem import InvalidDocument, problems_of
from feedback_bridge.mapping.document import DOCUMENT_BRANCHES
from feedback_bridge.mapping.language.conditions import Condition
from feedback_bridge.sources.web import ApiUrl
from feedback_bridge.sync.cron import InvalidCron, read_cron

PREFIX = "Pendo_"
Blanks = Literal["keep", "clear"]
Column = Annotated[str, StringConstraints(min_length=1, max_length=255)]
ApiName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,79}$")]
FilePath = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9_=][A-Za-z0-9_.=-]{0,127}(?:/[A-Za-z0-9_=][A-Za-z0-9_.=-]{0,127}){0,8}$", max_length=512
    ),
]
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class FileTool(Settings):
    """A file that a product-analytics tool or warehouse leaves below `files/` in the stack's bucket."""

    type: Literal["file"] = "file"
    path: FilePath = Field(description="Below files/ in the stack's bucket, such as usage/accounts.csv.")
    format: Literal["csv", "jsonl", "parquet"] = Field(
        default="csv", description="parquet needs the stack's parameter ParquetLayer."
    )
    encoding: Literal["utf-8", "cp932"] = Field(default="utf-8", description="cp932: as Japanese spreadsheets save it.")
    delimiter: Literal[",", ";", "\t"] = ","
    key: Column = Field(description="The column that identifies the visitor or account.")
    pulled: FilePath | None = Field(default=None, description="Where a pull leaves what it read, as JSON Lines.")


class PendoTool(Settings):
    """Pendo's own API: a report's results, the rows of a pipeline, or the metadata of all visitors or accounts."""

    type: Literal["pendo"]
    secret: SecretName = Field(description="Secret that holds an integration key with write access.")
    region: Literal["us", "us1", "eu", "jp", "au"] = "us"
    api_url: ApiUrl | None = Field(default=None, description="Instead of the region's address.")
    kind: Literal["visitor", "account"]
    key: Column = Field(default="id", description="`id`; with a report, the heading of the column that identifies.")
    report: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")] | None = None
    app: int | None = Field(default=None, description="Only of this application; default: of all.")
    pipeline: list[dict[str, JsonValue]] | None = Field(
        default=None, max_length=50, description="Stages of an aggregation whose rows have visitorId or accountId."
    )

    @property
    def address(self) -> str:
        """Without a slash at its end."""
        return str(self.api_url).rstrip("/") if self.api_url else f"https://{_HOSTS[self.region]}"

    @model_validator(mode="after")
    def _one_reading(self) -> Self:
        if self.report and self.pipeline:
            raise ValueError("give report or pipeline, not both")
        if self.report is None and self.key != "id":
            raise ValueError("key: must be id unless a report is read")
        return self


_HOSTS = {
    "us": "app.pendo.io",
    "us1": "us1.app.pendo.io",
    "eu": "app.eu.pendo.io",
    "jp": "app.jpn.pendo.io",
    "au": "app.au.pendo.io",
}

Tool = Annotated[FileTool | PendoTool, Field(discriminator="type")]


class Pairing(Settings):
    """The Salesforce side. `key_as` says how keys are compared; by default the field's type says so."""

    org: DocumentId
    object: ApiName
    key: ApiName = Field(description="Any text, number or id field whose name does not begin with the prefix.")
    key_as: Literal["auto", "text", "number", "record_id"] = "auto"


class PushedField(Settings):
    from_: Column = Field(alias="from", description="A column of the report.")
    blanks: Blanks | None = None
    multiply: float | None = Field(default=None, description="Such as 100 for an NPS that was exported as -1 to 1.")
    epoch: Literal["seconds", "milliseconds"] | None = Field(
        default=None, description="The column counts these since 1970, as Pendo's times do."
    )
    too_long: Literal["truncate", "fail"] = "fail"


def _shorthand(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


class Push(Settings):
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]{0,20}_$")] = PREFIX
    blanks: Blanks = Field(default="keep", description="What an empty cell does to the field.")
    fields: dict[
        ApiName, Annotated[PushedField, BeforeValidator(_shorthand, json_schema_input_type=str | PushedField)]
    ] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _only_ours(self) -> Self:
        for name in self.fields:
            if not name.startswith(self.prefix):
                raise ValueError(f"{name} does not begin with {self.prefix}: only such fields are written by a push")
        return self


class Pull(Settings):
    blanks: Blanks = Field(default="clear", description="What an empty field does to the metadata.")
    fields: dict[ApiName, Column] = Field(min_length=1, max_length=200, description="Salesforce field: metadata.")
    group: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,30}$")] = "custom"
    deleted: Blanks = Field(default="keep", description="What the deletion of a record does to its metadata.")


class Schedule(Settings):
    """At most one of `daily` and `cron`; neither: once a night, at a moment of its own between 00:00 and 06:00."""

    daily: str | None = Field(default=None, description="HH:MM")
    cron: str | None = Field(default=None, description="Five fields: minute hour day month weekday.")
    timezone: TimeZone | None = Field(default=None, description="IANA name; default: the org's.")

    @field_validator("daily")
    @classmethod
    def _clock(cls, text: str | None) -> str | None:
        if text is not None and not _CLOCK.fullmatch(text):
            raise ValueError("must be a time of the day, such as 01:30")
        return text

    @field_validator("cron")
    @classmethod
    def _cron(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                read_cron(text)
            except InvalidCron as error:
                raise ValueError(str(error)) from None
        return text

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.daily and self.cron:
            raise ValueError("give daily or cron, not both")
        return self


class Guards(Settings):
    """What stops a run before it writes. Shares are of the last good run's rows, and of the values that are held."""

    fewest_rows: float = Field(default=0.5, ge=0, le=1, description="At least this share of the usual rows.")
    most_cleared: float = Field(default=0.2, ge=0, le=1, description="At most this share of a field's values cleared.")
    most_ambiguous: float = Field(default=0.2, ge=0, le=1, description="At most this share of rows with a shared key.")


class Events(Settings):
    """Each record that a push changed, and for which this holds, becomes feedback: an event of a webhook source."""

    source: DocumentId = Field(description="A published source of type webhook, whose `fields` say how it is read.")
    when: Condition = Field(
        description="Over {id, at, sync, key, record: {object, id}, changed: [field], values: {field: value}}, with "
        "the values of all pushed fields as the record has them after the push."
    )


class SyncDocument(Document):
    kind: Literal["sync"] = "sync"
    tool: Tool
    salesforce: Pairing
    push: Push | None = None
    pull: Pull | None = None
    schedule: Annotated[
        Annotated[Schedule, Tag("times")] | Annotated[Literal["never"], Tag("never")],
        Discriminator(lambda given: "never" if isinstance(given, str) else "times"),
    ] = Schedule()
    guards: Guards = Guards()
    events: Events | None = None

    @model_validator(mode="after")
    def _sides_apart(self) -> Self:
        """The key takes part in neither direction, and no field in both: so the two never chase each other."""
        if self.push is None and self.pull is None:
            raise ValueError("give push, pull, or both")
        if self.events and self.push is None:
            raise ValueError("events: they tell what a push has changed; there is none")
        prefix = self.push.prefix if self.push else PREFIX
        if self.salesforce.key.startswith(prefix):
            raise ValueError(
                f"salesforce.key: a field that begins with {prefix} is written by a push and can be no key"
            )
        pulled = self.pull.fields if self.pull else {}
        for name in pulled:
            if name.startswith(prefix):
                raise ValueError(f"pull.fields.{name}: a field that begins with {prefix} is written by the push")
        if self.salesforce.key in pulled:
            raise ValueError(f"pull.fields.{self.salesforce.key}: the key itself is not pulled")
        if self.pull and isinstance(self.tool, FileTool) and self.tool.pulled is None:
            raise ValueError("tool.pulled: say where the pull is to leave its file")
        if self.push and any(rule.from_ == self.tool.key for rule in self.push.fields.values()):
            raise ValueError("push.fields: the key itself is not pushed")
        return self


def parse_sync(data: dict[str, Any]) -> SyncDocument:
    """Raises InvalidDocument."""
    try:
        return SyncDocument.model_validate(data)
    except ValidationError as error:
        raise InvalidDocument(
            problems_of(error, skip=DOCUMENT_BRANCHES | {"file", "pendo", "times", "never"})
        ) from None


def describe_sync() -> dict[str, Any]:
    return SyncDocument.model_json_schema()
