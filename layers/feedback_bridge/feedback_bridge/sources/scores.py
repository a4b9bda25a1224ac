"""Score, comment, summary and themes: where the source's settings say, else where the tool's own shape has them."""

from collections.abc import Callable
from typing import Any

from pydantic import JsonValue

from feedback_bridge.config.source import NpsSettings
from feedback_bridge.feedback.model import Feedback, Nps
from feedback_bridge.sources.paths import find


def with_nps(feedback: Feedback, settings: NpsSettings, found: Nps | None = None) -> Feedback:
    """`feedback` with its `nps`. `found` is what the tool's module saw; a path in the settings goes before it.

    A path that finds nothing leaves what was found.
    """
    told = found.model_dump(exclude_none=True) if found else {}
    paths = settings.model_dump(include={"score", "comment", "summary", "themes"}, exclude_none=True)
    if paths:
        document = feedback.to_document()
        for part, path in paths.items():
            value = READ_AS[part](find(path, document))
            if value is not None:
                told[part] = value
    if "summary" in told:
        told["summary_source"] = "tool"
    return feedback.model_copy(update={"nps": Nps(**told)}) if told else feedback


def text_of(value: JsonValue) -> str | None:
    """Text as it is, numbers as text, the texts of a list one a line; None for what has no words."""
    if isinstance(value, list):
        return "\n".join(texts_of(value) or []) or None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(value).strip() or None


def texts_of(value: JsonValue) -> list[str] | None:
    """The texts of a list, or of one value; None when there is none."""
    items = value if isinstance(value, list) else [value]
    return [text for item in items if not isinstance(item, list) and (text := text_of(item))] or None


def score_of(value: JsonValue) -> JsonValue:
    """Whatever stands where a score belongs, to be judged later; a blank is no score at all."""
    return None if isinstance(value, str) and not value.strip() else value


READ_AS: dict[str, Callable[[JsonValue], Any]] = {
    "score": score_of,
    "comment": text_of,
    "summary": text_of,
    "themes": texts_of,
    "follow_ups": texts_of,
}
"""How each part of Nps is made of what a path finds."""
