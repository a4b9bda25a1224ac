"""`kind: source`: one outside tool that sends us events. Each tool adds its own settings in `sources/<tool>.py`."""

from math import ceil
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from feedback_bridge.config.document import Document, Path, SecretName, Settings
from feedback_bridge.nps.score import Labels, Thresholds


def _readable(path: str) -> str:
    # Imported here: most sources have no such path, and ingest starts faster without the parser.
    from feedback_bridge.mapping.paths import parse_path

    parse_path(path)
    return path


FeedbackPath = Annotated[Path, AfterValidator(_readable)]
SegmentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]


class SignalSettings(Settings):
    """When a score is a signal beyond its band."""

    fell_by: int = Field(default=3, ge=1, le=10, description="Points below the previous score.")
    renewal: FeedbackPath | None = Field(default=None, description="The date of the next renewal.")
    renewal_days: int = Field(default=90, ge=1, le=730, description="So many days before it a promoter is a signal.")

    invitations: int = Field(default=3, ge=1, le=10, description="So many without an answer are a signal ...")
    answer_days: int = Field(default=7, ge=1, le=60, description="... so many days after the last of them.")


class UsageSettings(Settings):
    """Which feature of the product a usage event says was used; the account is that of `nps.account`."""

    feature: FeedbackPath = Field(default="usage.feature || usage.name || usage.event")


class NpsSettings(Settings):
    """Where this tool keeps score and comment, when it does not say itself, how scores are banded, and for which
    account and segments they count.

    The paths are JMESPath over the Feedback.
    """

    score: Path | None = None
    comment: Path | None = None
    summary: Path | None = None
    themes: Path | None = None
    thresholds: Thresholds = Thresholds()
    labels: Labels = Labels()
    account: FeedbackPath | None = Field(default=None, description="The account's id. Default: respondent.account_id.")
    signals: SignalSettings = SignalSettings()
    segments: dict[SegmentName, FeedbackPath] = Field(
        default={}, max_length=5, description="Name: path, as tier: embedded.tier."
    )


class RateLimit(Settings):
    """How fast this tool may send; what comes faster is answered 429 with Retry-After, and comes again."""

    per_second: float = Field(gt=0, le=10_000)
    burst: int | None = Field(default=None, ge=1, le=100_000, description="At once. Default: a second's worth.")

    @property
    def most(self) -> int:
        return self.burst or max(1, ceil(self.per_second))


class SourceDocument(Document):
    kind: Literal["source"] = "source"
    type: str
    secret: SecretName = Field(
        description="Name of the secret shared with the tool; two lines in it are both valid, as a rotation needs."
    )
    nps: NpsSettings = NpsSettings()
    usage: UsageSettings = UsageSettings()
    remember_days: int | None = Field(
        default=None,
        ge=1,
        le=3650,
        description="For how long an event's body is kept, and so its id known when it comes again. "
        "Default, and at most: the stack's FeedbackRetentionDays.",
    )
    rate_limit: RateLimit | None = None
