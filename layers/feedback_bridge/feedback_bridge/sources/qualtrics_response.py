"""What `GET /API/v3/surveys/{surveyId}/responses/{responseId}` answers (https://api.qualtrics.com, Survey Responses).

`values` mixes three things under one roof: facts about the response, answers (`QID…`), and embedded data under the
names that the survey's owner gave it. `labels` has what the respondent read, for those answers that were chosen.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from feedback_bridge.feedback.model import Answer, Nps
from feedback_bridge.sources.moment import moment
from feedback_bridge.sources.names import path_names
from feedback_bridge.sources.part import Part

ResponseKind = Literal[
    "normal", "partial", "preview", "test", "imported", "spam", "offline", "offline_preview", "other"
]

_KINDS: dict[int, ResponseKind] = {
    0: "normal",
    1: "preview",
    2: "test",
    4: "imported",
    8: "spam",
    16: "offline",
    17: "offline_preview",
}

_QUESTION = re.compile(r"QID\d+")
_SCORE_GROUP = re.compile(r"(QID\d+)_NPS_GROUP")

# Facts about the response. `_recordId` and `responseId` repeat the id; the address and the place of the respondent's
# browser are left out on purpose: nobody asked them for either.
_FACTS = {
    "startDate", "endDate", "recordedDate", "status", "finished", "progress", "duration", "_recordId", "responseId",
    "ipAddress", "locationLatitude", "locationLongitude", "recipientEmail", "recipientFirstName", "recipientLastName",
    "externalDataReference", "distributionChannel", "userLanguage",
}  # fmt: skip

_SCRIPTS = {"zh-s": "zh-Hans", "zh-t": "zh-Hant"}


class Result(Part):
    response_id: str | None = Field(default=None, alias="responseId")
    values: dict[str, JsonValue]
    labels: dict[str, JsonValue] = Field(default_factory=dict)

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        return value if isinstance(value, str) and value else None

    @property
    def kind(self) -> ResponseKind:
        status = self.values.get("status", 0)
        kind = _KINDS.get(status, "other") if isinstance(status, int) else "other"
        return "partial" if kind == "normal" and self.values.get("finished") == 0 else kind

    @property
    def completed_at(self) -> datetime | None:
        """The end of the response where it has a zone, else the time it was recorded, which always has."""
        for name in ("endDate", "recordedDate"):
            text = self.text(name)
            if text and text.endswith("Z") and (found := moment(text)):
                return found
        return None

    @property
    def language(self) -> str | None:
        """`JA` -> `ja`, `PT-BR` -> `pt-BR`: as BCP 47 writes them."""
        code = (self.text("userLanguage") or "").lower()
        main, _, region = code.partition("-")
        return _SCRIPTS.get(code) or (f"{main}-{region.upper()}" if region else main) or None

    @property
    def recipient(self) -> dict[str, JsonValue]:
        return {
            "email": self.text("recipientEmail"),
            "first_name": self.text("recipientFirstName"),
            "last_name": self.text("recipientLastName"),
            "user_id": self.text("externalDataReference"),
        }


class Retrieved(Part):
    result: Result


def answers_of(response: Result, chosen: Mapping[str, str]) -> dict[str, Answer]:
    """Answers by question id: `QID2`, `QID3_TEXT` (what was typed), `QID4_1` (a row of a matrix), `QID17_FILE_NAME`.

    `chosen` names some of them otherwise.
    """
    given = {name: value for name, value in response.values.items() if _QUESTION.match(name) and not _empty(value)}
    names = path_names(given, chosen)
    return {names[name]: Answer(value=value, label=response.labels.get(name)) for name, value in given.items()}


def embedded_of(response: Result) -> dict[str, JsonValue]:
    return {
        name: value
        for name, value in response.values.items()
        if name not in _FACTS and not _QUESTION.match(name) and not _empty(value)
    }


def nps_of(response: Result) -> Nps | None:
    """`QIDn_NPS_GROUP` stands beside the answer of an NPS question; `QIDn` is its score. The first one counts."""
    questions = [match[1] for name in response.values if (match := _SCORE_GROUP.fullmatch(name))]
    scores = [response.values[name] for name in questions if response.values.get(name) is not None]
    return Nps(score=scores[0]) if scores else None


def _empty(value: JsonValue) -> bool:
    """A question that was shown and not answered comes as nothing, an empty text, or a list of one."""
    return value is None or value in ("", [], [""])
