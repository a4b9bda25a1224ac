"""What the use of a product says that somebody should hear of, with the reason in words that hold no personal data."""

from collections.abc import Collection
from datetime import date

from feedback_bridge.health.document import UsageLimits
from feedback_bridge.health.usage import Usage
from feedback_bridge.nps.signals import Signal

MOST_NAMED = 5
"""Features in one reason."""


def usage_fell(
    now: Usage | None, before: Usage | None, limits: UsageLimits, told: Collection[str]
) -> tuple[list[str], Signal | None]:
    """The features that are used much less than before; and a signal of those among them that are not `told` yet."""
    fallen = {
        feature: (earlier, later)
        for feature, earlier in sorted((before.features if before else {}).items())
        if _low(later := now.features.get(feature, 0) if now else 0, earlier, limits)
    }
    new = [f"of {name} from {was} to {now}" for name, (was, now) in fallen.items() if name not in told]
    if not new:
        return list(fallen), None
    others = f" and of {len(new) - MOST_NAMED} others" if len(new) > MOST_NAMED else ""
    reason = f"Use fell in {limits.days} days: {', '.join(new[:MOST_NAMED])}{others}."
    return list(fallen), Signal("usage_fell", reason)


def silent_after_low_usage(
    now: Usage | None, before: Usage | None, last_answer: date | None, today: date, limits: UsageLimits
) -> Signal | None:
    """The product is used on far fewer days than before, and nobody has answered meanwhile."""
    active, earlier = now.frequency if now else 0, before.frequency if before else 0
    if not _low(active, earlier, limits) or (last_answer and (today - last_answer).days < limits.days):
        return None
    said = f"since {last_answer}" if last_answer else "yet"
    reason = f"Used on {active} days, after {earlier} in the {limits.days} days before, and no answer {said}."
    return Signal("silent_after_low_usage", reason)


def _low(later: int, earlier: int, limits: UsageLimits) -> bool:
    return earlier >= limits.at_least and later * 100 <= earlier * limits.low_percent
