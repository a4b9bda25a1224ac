"""`kind: mapping`: the rules that turn feedback into Salesforce writes."""

from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from feedback_bridge.config.document import Document, DocumentId
from feedback_bridge.config.problem import Problem, problems_of
from feedback_bridge.errors import PermanentError
from feedback_bridge.feedback.model import FeedbackType
from feedback_bridge.mapping.language.conditions import BRANCHES, Condition
from feedback_bridge.mapping.language.writes import Follow, MainWrite

ANY_SOURCE = "*"
_DEEPEST = 40


class InvalidDocument(PermanentError):
    """The document cannot be used as it is; `problems` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems[:3]))
        self.problems = tuple(problems)


class MappingDocument(Document):
    kind: Literal["mapping"] = "mapping"
    source: DocumentId | Literal["*"] | list[DocumentId] = Field(
        description='A source, a list of them, or "*" for all.'
    )
    on: FeedbackType | list[FeedbackType] = Field(description="The kind of feedback, or a list of kinds.")
    when: Condition | None = Field(default=None, description="Feedback for which this does not hold is skipped.")
    write: MainWrite
    then: list[Follow] = Field(default=[], max_length=10, description="What follows once the record is written.")

    @field_validator("source", "on")
    @classmethod
    def _some(cls, value: Any) -> Any:
        if value == []:
            raise ValueError("must name at least one")
        return value

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
    try:
        return MappingDocument.model_validate(data)
    except ValidationError as error:
        raise InvalidDocument(problems_of(error, skip=BRANCHES)) from None


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
