"""What SurveyMonkey's `/responses/{id}/details?simple=true` answers.

An answer is a list of entries: a text, a chosen `choice_id` (with the weight that the survey's owner gave it), or one
of these for each `row_id` of a matrix. `simple_text` and `heading` are there because `simple` was asked for.
"""

from collections.abc import Mapping

from pydantic import Field, JsonValue

from feedback_bridge.feedback.model import Answer
from feedback_bridge.sources.names import path_names
from feedback_bridge.sources.part import Part


class Metadata(Part):
    weight: str | int | float | None = None


class Entry(Part):
    choice_id: str | int | None = None
    row_id: str | int | None = None
    other_id: str | int | None = None
    text: str | None = None
    simple_text: str | None = None
    download_url: str | None = None
    choice_metadata: Metadata = Metadata()

    @property
    def value(self) -> JsonValue:
        """The weight as a number, what was written, the address of a file, or the id of the choice."""
        weight = _number(self.choice_metadata.weight)
        written = self.text or self.download_url
        return weight if weight is not None else written or (str(self.choice_id) if self.choice_id else None)

    @property
    def label(self) -> str | None:
        return self.simple_text or self.text


class Question(Part):
    id: str | int
    heading: str | None = None
    answers: list[Entry] = Field(default_factory=list)


class Page(Part):
    questions: list[Question] = Field(default_factory=list)


class Details(Part):
    date_created: str | None = None
    date_modified: str | None = None
    response_status: str | None = None
    collection_mode: str | None = None
    email_address: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    custom_value: str | None = None
    custom_variables: dict[str, JsonValue] = Field(default_factory=dict)
    metadata: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    pages: list[Page] = Field(default_factory=list)

    @property
    def language(self) -> str | None:
        value = _told(self.metadata.get("respondent", {})).get("language")
        return value if isinstance(value, str) and value else None

    @property
    def recipient(self) -> dict[str, JsonValue]:
        """An e-mail collector's recipient; older and newer responses have them in different places."""
        contact = _told(self.metadata.get("contact", {}))
        return {
            "email": self.email_address or contact.get("email"),
            "first_name": self.first_name or contact.get("first_name"),
            "last_name": self.last_name or contact.get("last_name"),
        }


def attached_to(response: Details) -> dict[str, JsonValue]:
    """Custom variables of the link, and custom values of the recipient."""
    contact = _told(response.metadata.get("contact", {}))
    custom = {name: value for name, value in contact.items() if name.startswith("custom_value")}
    own: dict[str, JsonValue] = {"custom_value": response.custom_value, "response_status": response.response_status}
    return {
        name: value for name, value in (own | custom | response.custom_variables).items() if value not in (None, "")
    }


def answers_of(response: Details, chosen: Mapping[str, str]) -> dict[str, Answer]:
    """By question id, `_319352786` unless `chosen` names it; each row of a matrix by itself, `_319352786_11`."""
    found: dict[str, Answer] = {}
    for question in (question for page in response.pages for question in page.questions):
        rows = list(dict.fromkeys(entry.row_id for entry in question.answers if entry.row_id is not None))
        if len(rows) > 1:
            for row in rows:
                entries = [entry for entry in question.answers if entry.row_id == row]
                found[f"{question.id}_{row}"] = _answer(question, entries)
        elif question.answers:
            found[str(question.id)] = _answer(question, question.answers)
    names = path_names(found, chosen)
    return {names[key]: answer for key, answer in found.items() if answer.value is not None}


def _answer(question: Question, entries: list[Entry]) -> Answer:
    values = [entry.value for entry in entries if entry.value is not None]
    labels: list[JsonValue] = [entry.label for entry in entries if entry.value is not None]
    if len(values) == 1:
        # What was only written was not read anywhere: it has no label beside its value.
        return Answer(question=question.heading, value=values[0], label=None if labels == values else labels[0])
    return Answer(question=question.heading, value=values or None, label=labels if any(labels) else None)


def _told(metadata: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Metadata are `{name: {"type": ..., "value": ...}}`."""
    return {name: item["value"] for name, item in metadata.items() if isinstance(item, dict) and "value" in item}


def _number(weight: str | int | float | None) -> int | float | None:
    if isinstance(weight, str):
        digits = weight.strip().removeprefix("-")
        return int(weight) if digits.isdecimal() and digits.isascii() and len(digits) < 16 else None
    return weight
