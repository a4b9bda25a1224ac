"""A score, and the tag it earns (Net Promoter: 0-6 detractor, 7-8 passive, 9-10 promoter)."""

import unicodedata
from typing import Literal

from pydantic import JsonValue, model_validator

from feedback_bridge.feedback.model import Frozen, Nps

Band = Literal["promoter", "passive", "detractor"]
LOWEST, HIGHEST = 0, 10
_NORMALISED: dict[Band, Literal[-1, 0, 1]] = {"promoter": 1, "passive": 0, "detractor": -1}


class Thresholds(Frozen):
    """The lowest score of a promoter and of a passive."""

    promoter: int = 9
    passive: int = 7

    @model_validator(mode="after")
    def _in_order(self) -> "Thresholds":
        if not LOWEST < self.passive < self.promoter <= HIGHEST:
            raise ValueError("thresholds must satisfy 0 < passive < promoter <= 10")
        return self


class Labels(Frozen):
    """What the bands are called in `nps.label`."""

    promoter: str = "promoter"
    passive: str = "passive"
    detractor: str = "detractor"


class NotAScore(ValueError):
    """The sentence says why, without repeating what was sent."""


def read_score(value: JsonValue) -> int:
    """The score as an integer from 0 to 10, from a number or from text (full-width digits included).

    Raises NotAScore.
    """
    if isinstance(value, (bool, dict, list)) or value is None:
        raise NotAScore("the score is not a number")
    if isinstance(value, str):
        value = _number(unicodedata.normalize("NFKC", value).strip())
    if value != value or value in (float("inf"), float("-inf")) or value != int(value):
        raise NotAScore("the score is not a whole number")
    if not LOWEST <= value <= HIGHEST:
        raise NotAScore(f"the score is not between {LOWEST} and {HIGHEST}")
    return int(value)


def _number(text: str) -> float:
    """Digits with at most one decimal point; Python's wider notations (1_0, 1e1, inf) are no tool's way to write it."""
    whole, _, fraction = text.removeprefix("-").partition(".")
    if not (whole.isdecimal() and (fraction.isdecimal() or not fraction)) or len(text) > 20:
        raise NotAScore("the score is not a number")
    return float(text)


def band_of(score: int, thresholds: Thresholds) -> Band:
    if score >= thresholds.promoter:
        return "promoter"
    return "passive" if score >= thresholds.passive else "detractor"


def tag(nps: Nps, thresholds: Thresholds, labels: Labels) -> Nps:
    """The same NPS with number, band, label and the -1/0/1 value; or with `problem` where the score is none.

    Nothing else of it is touched, and an answer without a score comes back as it was.
    """
    if nps.score is None:
        return nps
    try:
        score = read_score(nps.score)
    except NotAScore as error:
        return nps.model_copy(update={"score": None, "given": nps.score, "problem": str(error)})
    band = band_of(score, thresholds)
    tags = {"score": score, "band": band, "label": getattr(labels, band), "normalised": _NORMALISED[band]}
    return nps.model_copy(update=tags)
