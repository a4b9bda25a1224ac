"""What a feedback can hold: which paths can ever find something, and what some of them are known to hold."""

from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel

from feedback_bridge.feedback.model import Answer, Feedback, FeedbackType
from feedback_bridge.mapping.paths import keys_of
from feedback_bridge.mapping.suggestions import did_you_mean
from feedback_bridge.nps.score import HIGHEST, LOWEST

_BANDS = ("promoter", "passive", "detractor")
_MOMENT = "2026-11-21T03:04:05Z"

KNOWN_VALUES: dict[tuple[str, ...], tuple[Any, ...]] = {
    ("type",): get_args(FeedbackType),
    ("occurred_at",): (_MOMENT,),
    ("received_at",): (_MOMENT,),
    ("nps", "score"): tuple(range(LOWEST, HIGHEST + 1)),
    ("nps", "normalised"): (-1, 0, 1),
    ("nps", "band"): _BANDS,
    ("nps", "previous_score"): tuple(range(LOWEST, HIGHEST + 1)),
    ("nps", "previous_band"): _BANDS,
    ("nps", "trend"): ("rising", "steady", "falling"),
    ("account", "nps", "score"): (-100, 100),
    ("nps", "change"): tuple(range(LOWEST - HIGHEST, HIGHEST - LOWEST + 1)),
}
"""Paths whose values the product itself decides, with the values they can have."""


def fault_of(path: str, *, whole_answer: bool = False) -> str | None:
    """Why a path can never find what it is meant to, in words; None when it may.

    `whole_answer`: an answer as such is what is wanted, not its value.
    """
    keys = keys_of(path)
    if keys is None or keys == ("feedback",):
        return None
    if keys[0] not in Feedback.model_fields:
        return f"finds nothing: a feedback has no '{keys[0]}'{did_you_mean(keys[0], Feedback.model_fields.keys())}"
    if keys[0] == "answers" and len(keys) == 2 and not whole_answer:
        return f"names the whole answer; add .value or .label, as in answers.{keys[1]}.value"
    if keys[0] == "answers" and len(keys) > 2 and keys[2] not in Answer.model_fields:
        return f"finds nothing: an answer has no '{keys[2]}'{did_you_mean(keys[2], Answer.model_fields.keys())}"
    part = _part(keys[0])
    if part is not None and len(keys) > 1 and keys[1] not in part.model_fields:
        return f"finds nothing: {keys[0]} has no '{keys[1]}'{did_you_mean(keys[1], part.model_fields.keys())}"
    return None


def _part(name: str) -> type[BaseModel] | None:
    """The model of a part of the feedback, for the parts whose names are fixed."""
    annotation = Feedback.model_fields[name].annotation
    candidates = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    models = (item for item in candidates if isinstance(item, type) and issubclass(item, BaseModel))
    return next(models, None)


def feedback_with(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The smallest document in which the path finds the value."""
    document: Any = value
    for key in reversed(path):
        document = {key: document}
    result: dict[str, Any] = document
    return result
