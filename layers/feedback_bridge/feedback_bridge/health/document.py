"""`kind: health`: how the health of an account is made of what is known of it."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from feedback_bridge.config.document import Document, DocumentId, Settings
from feedback_bridge.config.problem import InvalidDocument, Problem, problems_of
from feedback_bridge.config.source import SegmentName
from feedback_bridge.mapping.language.scalars import ApiName

Measure = Literal["score", "trend", "breadth", "depth", "frequency", "days_to_renewal"]
PartName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]


class Part(Settings):
    """A value that earns 0 points at `worst` and 100 at `best`, and evenly between; `worst` may be the larger one."""

    of: Measure | None = Field(default=None, description="What we know ourselves.")
    field: ApiName | None = Field(default=None, description="Or a number field of the Account, such as a sync writes.")
    worst: float
    best: float
    weight: float = Field(default=1, gt=0, le=1000)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.of is None) == (self.field is None):
            raise ValueError("needs exactly one of of and field")
        if self.worst == self.best:
            raise ValueError("best must be another value than worst")
        return self


class Renewal(Settings):
    """When the account renews: the earliest day of these that has not passed."""

    field: ApiName | None = Field(default=None, description="A date field of the Account.")
    opportunities: bool = Field(default=False, description="The close dates of the account's open Opportunities.")

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.field is None and not self.opportunities:
            raise ValueError("needs field, opportunities or both")
        return self


class UsageLimits(Settings):
    """What is low, and what has fallen: the last `days` against as many before them."""

    days: int = Field(default=30, ge=7, le=90)
    low_percent: int = Field(default=50, ge=1, le=99, description="At most so much of the use before is low.")
    at_least: int = Field(default=5, ge=1, le=1000, description="Less use before than this tells nothing.")


class HealthDocument(Document):
    kind: Literal["health"] = "health"
    org: DocumentId
    segments: dict[SegmentName, ApiName] = Field(
        default={}, max_length=5, description="Name: field of the Account, by which its answers are counted as well."
    )
    parts: dict[PartName, Part] = Field(min_length=1, max_length=20)
    renewal: Renewal | None = None
    usage: UsageLimits = UsageLimits()

    @model_validator(mode="after")
    def _renews(self) -> Self:
        if self.renewal is None and any(part.of == "days_to_renewal" for part in self.parts.values()):
            raise ValueError("days_to_renewal needs renewal, which says where the date is")
        return self

    def fields(self) -> dict[str, str]:
        """Fields of the Account that are read, by their place in the document."""
        named = {f"segments.{name}": field for name, field in self.segments.items()}
        named |= {f"parts.{name}.field": part.field for name, part in self.parts.items() if part.field}
        return named | ({"renewal.field": self.renewal.field} if self.renewal and self.renewal.field else {})


def parse_health(data: object) -> HealthDocument:
    """Raises InvalidDocument."""
    if not isinstance(data, dict):
        raise InvalidDocument([Problem(path="", message="must be a health document: keys and values")])
    try:
        return HealthDocument.model_validate(data)
    except ValidationError as error:
        raise InvalidDocument(problems_of(error)) from None


def describe_health() -> dict[str, Any]:
    return HealthDocument.model_json_schema()
