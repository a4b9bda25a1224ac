"""`kind: source`: one outside tool that sends us events. Each tool adds its own settings in `sources/<tool>.py`."""

from typing import Literal

from pydantic import Field

from feedback_bridge.config.document import Document, Path, SecretName, Settings
from feedback_bridge.nps.score import Labels, Thresholds


class NpsSettings(Settings):
    """Where this tool keeps score and comment, when it does not say itself, and how scores are banded.

    The paths are JMESPath over the Feedback.
    """

    score: Path | None = None
    comment: Path | None = None
    summary: Path | None = None
    themes: Path | None = None
    thresholds: Thresholds = Thresholds()
    labels: Labels = Labels()


class SourceDocument(Document):
    kind: Literal["source"] = "source"
    type: str
    secret: SecretName = Field(
        description="Name of the secret shared with the tool; two lines in it are both valid, as a rotation needs."
    )
    nps: NpsSettings = NpsSettings()
