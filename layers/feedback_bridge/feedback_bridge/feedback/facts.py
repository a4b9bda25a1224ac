"""What is said on the bus: facts in the past tense, versioned and frozen.

The EventBridge detail type is the class name; `version` is inside the detail, so that a rule can ask for it.
"""

from typing import Literal, Self

from pydantic import AwareDatetime, Field, JsonValue

from feedback_bridge.feedback.model import Feedback, Frozen

SOURCE = "feedback.bridge"


class Fact(Frozen):
    """`detail_type` names the fact in EventBridge."""

    version: Literal[1] = 1

    @classmethod
    def detail_type(cls) -> str:
        return cls.__name__


class AboutFeedback(Fact):
    """A fact that carries a feedback, or its id alone where the whole is too large for the bus (256 KB).

    `scored` lets a rule send answers without a score past the tagging, `heard_as` lets one send to the automations what
    they hear of. `replay` names the replay that asked for it.
    """

    feedback_id: str
    source: str
    type: str
    scored: bool
    heard_as: str | None = None
    content: int = 1
    feedback: dict[str, JsonValue] | None = None
    replay: str | None = None
    mapping: str | None = None

    @classmethod
    def about(
        cls,
        feedback: Feedback,
        *,
        content: int = 1,
        replay: str | None = None,
        mapping: str | None = None,
        **more: str,
    ) -> Self:
        """`content` counts the tool's versions of the same answer from 1; `mapping` narrows a replay to one mapping;
        `more` is what this fact says besides."""
        return cls(
            feedback_id=feedback.id,
            source=feedback.source,
            type=feedback.type,
            scored=feedback.scored,
            heard_as=feedback.heard_as,
            content=content,
            feedback=feedback.to_document(),
            replay=replay,
            mapping=mapping,
            **more,
        )


class AnswersAwaited(Fact):
    """The tool announced a response whose answers are still to be fetched from its API."""

    feedback_id: str
    source: str
    content: int = 1
    replay: str | None = None
    mapping: str | None = None


class FeedbackReceived(AboutFeedback):
    """A verified event is in the archive and has been read."""


class NpsTagged(AboutFeedback):
    """The score has its number, band, value and label, or the reason why it is none.

    `recomputed`: nobody asked for it again, but an answer that came late has changed what was before this one.
    """

    recomputed: bool = False


class NpsSignal(AboutFeedback):
    """Something that a score says and somebody should hear of (`nps/signals.py`), with the reason.

    `person` is the key of the history it was found in: the same for one person, and no personal data.
    """

    signal: str
    reason: str
    person: str


class AutomationNotice(Fact):
    """What an automation was told to say on the bus, for rules of the stack's owner."""

    name: str
    text: str


class DeliveryFact(Fact):
    """What became of one mapping applied to one feedback; holds no personal data."""

    delivery_id: str
    feedback_id: str
    source: str
    mapping: str | None
    org: str | None = None
    object: str | None = None
    record_id: str | None = None
    reason: str | None = None
    at: AwareDatetime


class DeliverySucceeded(DeliveryFact):
    """Salesforce took the write."""


class DeliverySkipped(DeliveryFact):
    """The mapping said that nothing is to be written."""


class DeliveryFailed(DeliveryFact):
    """Nothing more will be tried until a person changes something."""


class SyncRunFinished(Fact):
    """A run of a sync has ended, or did not begin (`run` is None then). Holds no personal data.

    `status`: succeeded, failed, stopped (a guard objected, nothing was written) or cancelled.
    """

    sync: str
    run: str | None
    direction: str | None
    status: str
    reason: str | None = None
    dry_run: bool = False
    counts: dict[str, int] = Field(default_factory=dict)
    at: AwareDatetime


class MappingPaused(Fact):
    """A mapping no longer fits its org; its feedback waits. Told once a pause."""

    mapping: str
    org: str
    reason: str
    at: AwareDatetime


class MappingResumed(Fact):
    """It fits again, and what waited is being written."""

    mapping: str
    org: str
    at: AwareDatetime
