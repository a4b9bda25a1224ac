"""The feedback that a preview is about, filled in like a form: values by their paths."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from feedback_bridge.config.problem import Problem, problems_of
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.mapping.paths import BadPath, keys_of
from feedback_bridge.mapping.shape import fault_of
from feedback_bridge.runtime.admin.call import Wrong

if TYPE_CHECKING:
    from feedback_bridge.mapping.document import MappingDocument

MOST_VALUES = 500
_WHOLE_ANSWER = 2
"""Keys of `answers.nps`: its value is meant."""


def filled_in(values: object, mapping: "MappingDocument", now: datetime) -> Feedback:
    """`{"nps.score": 9, "respondent.email": "…"}`, by plain dotted paths. What is not given is as the mapping wants it:
    its source, its kind of feedback, this moment. Raises Wrong 422 with the problems by path."""
    if not isinstance(values, dict) or len(values) > MOST_VALUES:
        raise _wrong([Problem(path="values", message=f"must be values by their paths, at most {MOST_VALUES}")])
    document: dict[str, Any] = {}
    problems = [found for path, value in values.items() if (found := _placed(document, str(path), value))]
    if problems:
        raise _wrong(problems)
    source = mapping.source if isinstance(mapping.source, str) else mapping.source[0]
    source = "preview" if source == "*" else source
    kind = mapping.on if isinstance(mapping.on, str) else mapping.on[0]
    given = {"source": source, "type": kind, "occurred_at": now, "received_at": now, **document}
    try:
        return Feedback.model_validate({"id": f"{given['source']}:preview", **given})
    except ValidationError as error:
        raise _wrong(
            [Problem(path=f"values.{item.path}", message=item.message) for item in problems_of(error)]
        ) from None


def _placed(document: dict[str, Any], path: str, value: Any) -> Problem | None:
    """Puts the value where the path finds it, or says why it cannot be there."""
    where = f"values.{path}"
    try:
        keys, fault = keys_of(path), fault_of(path, whole_answer=True)
    except BadPath as error:
        return Problem(path=where, message=str(error))
    if keys is None or fault:
        return Problem(path=where, message=fault or "must be a plain path, such as answers.why.value")
    if keys[0] == "answers" and len(keys) == _WHOLE_ANSWER and not isinstance(value, dict):
        keys = (*keys, "value")
    place = document
    for key in keys[:-1]:
        inner = place.setdefault(key, {})
        if not isinstance(inner, dict):
            return Problem(path=where, message=f"cannot be given beside {key}")
        place = inner
    if keys[-1] in place:
        return Problem(path=where, message="is given twice")
    place[keys[-1]] = value
    return None


def _wrong(problems: list[Problem]) -> Wrong:
    return Wrong(422, "The values are not a feedback.", problems)
