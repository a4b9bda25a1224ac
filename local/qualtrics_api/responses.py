"""The responses that the stand-in knows: files of a folder, and what was added while it runs."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SURVEY_ID = re.compile(r"SV_[A-Za-z0-9]{1,40}")
RESPONSE_ID = re.compile(r"[A-Z]{1,4}_[A-Za-z0-9]{1,40}")


@dataclass
class Responses:
    """`folder` holds `{survey id}/{response id}.json`, each as the API answers it: `{"result": ..., "meta": ...}`."""

    folder: Path
    added: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def has_survey(self, survey_id: str) -> bool:
        return (self.folder / survey_id).is_dir() or any(survey == survey_id for survey, _ in self.added)

    def result(self, survey_id: str, response_id: str) -> dict[str, Any] | None:
        """Read each time: a file that is put there later is there. The ids must be of the forms above."""
        if (found := self.added.get((survey_id, response_id))) is not None:
            return found
        file = self.folder / survey_id / f"{response_id}.json"
        if not file.is_file():
            return None
        result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["result"]
        return result

    def add(self, survey_id: str, result: dict[str, Any]) -> None:
        """Raises ValueError when there is no response in it."""
        response_id = result.get("responseId")
        if not (isinstance(response_id, str) and RESPONSE_ID.fullmatch(response_id) and SURVEY_ID.fullmatch(survey_id)):
            raise ValueError("needs a surveyId and a result with its responseId")
        if not isinstance(result.get("values"), dict):
            raise ValueError("needs result.values")
        self.added[survey_id, response_id] = result
