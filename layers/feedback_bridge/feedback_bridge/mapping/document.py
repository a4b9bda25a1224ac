"""`kind: mapping`: the rules that turn feedback into Salesforce writes."""

import re
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationError

from feedback_bridge.config.document import Document, DocumentId
from feedback_bridge.config.problem import InvalidDocument, Problem, problems_of
from feedback_bridge.feedback.model import FeedbackType
from feedback_bridge.mapping.language.conditions import BRANCHES, Condition
from feedback_bridge.mapping.language.transforms import STEP_BRANCHES
from feedback_bridge.mapping.language.values import ABSENCE_BRANCHES
from feedback_bridge.mapping.language.writes import Follow, MainWrite

ANY_SOURCE = "*"
_DEEPEST = 40


def _form(value: Any) -> str:
    if isinstance(value, list):
        return "<many>"
    return "<all>" if value == ANY_SOURCE else "<one>"


DOCUMENT_BRANCHES = BRANCHES | STEP_BRANCHES | ABSENCE_BRANCHES | {"<one>", "<many>"}
_KEY = ".[key]"
_NOT_A_PART = re.compile(r"^input should be a valid dictionary.*")

Sources = Annotated[
    Annotated[DocumentId, Tag("<one>")]
    | Annotated[Literal["*"], Tag("<all>")]
    | Annotated[list[DocumentId], Field(min_length=1, max_length=100), Tag("<many>")],
    Discriminator(_form),
]
Kinds = Annotated[
    Annotated[FeedbackType, Tag("<one>")] | Annotated[list[FeedbackType], Field(min_length=1), Tag("<many>")],
    Discriminator(lambda value: "<many>" if isinstance(value, list) else "<one>"),
]


class MappingDocument(Document):
    kind: Literal["mapping"] = "mapping"
    source: Sources = Field(description='A source, a list of them, or "*" for all.')
    on: Kinds = Field(description="The kind of feedback, or a list of kinds.")
    when: Condition | None = Field(default=None, description="Feedback for which this does not hold is skipped.")
    write: MainWrite = Field(description="What is written, and to which record.")
    then: list[Follow] = Field(default=[], max_length=10, description="What follows once the record is written.")

    def accepts(self, source: str, kind: str) -> bool:
        """Whether feedback of this source and kind concerns this mapping at all."""
        sources = self.source if isinstance(self.source, list) else [self.source]
        kinds = self.on if isinstance(self.on, list) else [self.on]
        return (ANY_SOURCE in sources or source in sources) and kind in kinds


def parse_mapping(data: object) -> MappingDocument:
    """Raises InvalidDocument."""
    if not isinstance(data, dict):
        raise InvalidDocument([Problem(path="", message="must be a mapping document: keys and values")])
    if _too_deep(data):
        raise InvalidDocument([Problem(path="", message=f"is nested more than {_DEEPEST} levels deep")])
    if True in data and "on" not in data:
        reason = "was read as the word for true, which it is to some YAML readers; write it in quotes"
        raise InvalidDocument([Problem(path="on", message=reason)])
    try:
        return MappingDocument.model_validate(_meant(data))
    except ValidationError as error:
        raise InvalidDocument([_plain(problem) for problem in problems_of(error, skip=DOCUMENT_BRANCHES)]) from None


def _plain(problem: Problem) -> Problem:
    """Without pydantic's own words."""
    if problem.path.endswith(_KEY):
        return Problem(path=problem.path.removesuffix(_KEY), message="is not an API name: letters, digits and _")
    message = _NOT_A_PART.sub("must have keys and values of its own, such as {from: nps.score}", problem.message)
    return Problem(path=problem.path, message=message.replace("input should be", "must be"))


def _meant(data: dict[Any, Any]) -> dict[Any, Any]:
    """YAML 1.1 takes the key `on` for the boolean true (https://yaml.org/type/bool.html); it is meant as `on`."""
    if "on" in data:
        return data
    return {"on" if key is True or key == "true" else key: value for key, value in data.items()}


def _too_deep(data: object) -> bool:
    level: list[Any] = [data]
    for _ in range(_DEEPEST):
        level = [
            item
            for parent in level
            for item in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return False
    return True
