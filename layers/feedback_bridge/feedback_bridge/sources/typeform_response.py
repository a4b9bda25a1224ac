"""What a Typeform response holds (https://www.typeform.com/developers/webhooks/example-payload/)."""

from collections.abc import Iterator
from typing import Any

from pydantic import ConfigDict, Field, JsonValue

from feedback_bridge.feedback.model import Answer, Nps
from feedback_bridge.sources.names import path_names
from feedback_bridge.sources.part import Part


class Properties(Part):
    """`steps` and `start_at_one` describe an opinion scale; `fields` are the parts of a group or a matrix."""

    fields: "list[Question]" = Field(default_factory=list)
    steps: int | None = None
    start_at_one: bool = False


class Question(Part):
    id: str = ""
    ref: str = ""
    type: str = ""
    title: str | None = None
    subfield_key: str | None = None
    properties: Properties | None = None


class FormSettings(Part):
    language: str | None = None


class Definition(Part):
    id: str | None = None
    title: str | None = None
    fields: list[Question] = Field(default_factory=list)
    settings: FormSettings = FormSettings()


class Given(Part):
    """An answer. Its content is under the key that its type names."""

    model_config = ConfigDict(extra="allow")

    type: str
    field: Question

    @property
    def content(self) -> Any:
        return (self.model_extra or {}).get(self.type)


class Variable(Part):
    model_config = ConfigDict(extra="allow")

    key: str = ""
    type: str = ""

    @property
    def value(self) -> JsonValue:
        value: JsonValue = (self.model_extra or {}).get(self.type)
        return value


class Calculated(Part):
    score: int | float | None = None


class Response(Part):
    token: str = Field(min_length=1)
    form_id: str | None = None
    landed_at: str | None = None
    submitted_at: str | None = None
    hidden: dict[str, JsonValue] = Field(default_factory=dict)
    calculated: Calculated = Calculated()
    variables: list[Variable] = Field(default_factory=list)
    definition: Definition = Definition()
    answers: list[Given] = Field(default_factory=list)


class Delivery(Part):
    event_type: str
    form_response: Response


def answers_of(response: Response) -> dict[str, Answer]:
    """Every answer by its question's ref, or id where it has none. A question that was skipped has no answer."""
    questions = _questions(response)
    # Named over the whole form, so that a question keeps its name whichever others were skipped.
    names = path_names([key for key in questions if key] + [_key(given.field) for given in response.answers])
    return {
        names[_key(given.field)]: _answer(given, questions.get(_key(given.field)))
        for given in response.answers
        if _key(given.field) and given.content is not None
    }


def people_in(response: Response) -> dict[str, JsonValue]:
    """What the respondent answered about themselves: the first e-mail and phone answers, and the contact block."""
    questions = _questions(response)
    said: dict[str, JsonValue] = {}
    for given in response.answers:
        question = questions.get(_key(given.field))
        part = _PERSON.get(given.type) or _CONTACT.get(question.subfield_key or "" if question else "")
        if part and isinstance(given.content, str):
            said.setdefault(part, given.content)
    return said


def nps_of(response: Response) -> Nps | None:
    """The answer to the form's first NPS question, or to an opinion scale that is known to run from 0 to 10.

    Any other scale counts something else: it becomes a score only when the source's settings name it.
    """
    questions = _questions(response)
    for given in response.answers:
        question = questions.get(_key(given.field))
        if given.type == "number" and any(_runs_to_ten(known) for known in (given.field, question) if known):
            return Nps(score=given.content)
    return None


_PERSON = {"email": "email", "phone_number": "phone"}
_CONTACT = {"first_name": "first_name", "last_name": "last_name", "company": "company"}


def _runs_to_ten(question: Question) -> bool:
    scale = question.properties or Properties()
    return question.type == "nps" or (question.type == "opinion_scale" and scale.steps == 11 and not scale.start_at_one)


def _questions(response: Response) -> dict[str, Question]:
    """The form's questions by the key that their answers have, the parts of groups included."""
    return {key: question for question in _every(response.definition.fields) for key in (_key(question), question.id)}


def _every(fields: list[Question]) -> Iterator[Question]:
    for question in fields:
        yield question
        yield from _every(question.properties.fields if question.properties else [])


def _key(question: Question) -> str:
    return question.ref or question.id


def _answer(given: Given, question: Question | None) -> Answer:
    title = question.title if question else None
    match given.type, given.content:
        case "choice", dict() as choice:
            return Answer(question=title, value=_first(choice, "ref", "id", "label", "other"), label=_read(choice))
        case "choices", dict() as choices:
            return Answer(
                question=title, value=_several(choices, "refs", "ids", "labels"), label=_several(choices, "labels")
            )
        case "number", (int() | float()) as number:
            return Answer(
                question=title, value=number, label=f"{number:g}" if isinstance(number, float) else str(number)
            )
        case _, content:
            return Answer(question=title, value=content)


def _read(choice: dict[str, JsonValue]) -> JsonValue:
    return _first(choice, "label", "other")


def _first(choice: dict[str, JsonValue], *keys: str) -> JsonValue:
    return next((choice[key] for key in keys if choice.get(key) not in (None, "")), None)


def _several(choices: dict[str, JsonValue], *keys: str) -> list[JsonValue]:
    """The first of these lists that is there, with what was written under "other" at its end."""
    chosen = next((found for key in keys if isinstance(found := choices.get(key), list) and found), [])
    other = choices.get("other")
    return [*chosen, other] if other not in (None, "") else list(chosen)
