"""One figure for an account, 0 to 100, with every part of it."""

from collections.abc import Mapping

from feedback_bridge.feedback.model import Health, HealthPart
from feedback_bridge.health.document import HealthDocument, Part


def figure(document: HealthDocument, values: Mapping[str, float | None]) -> Health | None:
    """The mean of the parts' points by weight. `values` are by part; a part without one is left out and named.

    None where nothing is known: no figure is better than a guess.
    """
    known = {name: value for name in document.parts if (value := values.get(name)) is not None}
    if not known:
        return None
    parts = {name: _part(document.parts[name], value) for name, value in known.items()}
    weight = sum(part.weight for part in parts.values())
    score = round(sum(part.points * part.weight for part in parts.values()) / weight)
    unknown = [name for name in document.parts if name not in known]
    return Health(name=document.id, score=score, parts=parts, unknown=unknown, explanation=_words(parts, unknown))


def _part(part: Part, value: float) -> HealthPart:
    points = 100 * (value - part.worst) / (part.best - part.worst)
    return HealthPart(value=value, points=round(min(100.0, max(0.0, points))), weight=part.weight)


def _words(parts: Mapping[str, HealthPart], unknown: list[str]) -> str:
    """`score 40 = 70 points (weight 3); breadth 4 = 40 points (weight 1); unknown: frequency`"""
    told = [f"{name} {item.value:g} = {item.points} points (weight {item.weight:g})" for name, item in parts.items()]
    return "; ".join([*told, f"unknown: {', '.join(unknown)}"] if unknown else told)
