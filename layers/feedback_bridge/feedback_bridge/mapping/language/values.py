"""What goes into a field: one source of a value, and what is done with it on the way."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    StringConstraints,
    Tag,
    model_validator,
)

from feedback_bridge.config.document import Settings
from feedback_bridge.mapping.language.conditions import Condition
from feedback_bridge.mapping.language.scalars import ApiName, MappingPath, Scalar, Table, Template
from feedback_bridge.mapping.language.transforms import Step

RecordPath = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,79}(\.[A-Za-z][A-Za-z0-9_]{0,79}){0,5}$")
]
"""A field of a record, or of a record it points to at most five steps away (`Account.Owner.Email`)."""

OnMany = Literal["fail", "newest", "oldest", "all"]


def _path_alone(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


def _absence(value: Any) -> str:
    return "<default>" if isinstance(value, (dict, Settings)) else "<word>"


ABSENCE_BRANCHES = frozenset({"<default>", "<word>"})
"""What pydantic calls the forms of `if_absent` in a problem's path."""


class Operand(Settings):
    """A value: exactly one of from, value, template, first_of, join and record; then transform, map and default."""

    model_config = ConfigDict(populate_by_name=False)

    from_: MappingPath | None = Field(default=None, alias="from", description="A path into the feedback.")
    value: JsonValue = Field(default=None, description="The same value every time; null clears the field.")
    template: Template | None = Field(default=None, description="Text with {{ path }} in it.")
    first_of: list["PathOrOperand"] | None = Field(
        default=None, min_length=1, max_length=20, description="The first of several that finds something."
    )
    join: list["PathOrOperand"] | None = Field(
        default=None,
        min_length=1,
        max_length=50,
        description="Several as one text; those that find nothing are left out.",
    )
    record: RecordPath | None = Field(default=None, description="In `then`: a field of the record just written.")
    separator: str = Field(default=" ", max_length=20, description="What stands between the joined values.")
    label: bool = Field(default=False, description="Take what the respondent read, not what the tool counts with.")
    transform: list[Step] | None = Field(
        default=None, min_length=1, max_length=20, description="Steps, in their order."
    )
    map: Table | None = Field(default=None, description="A table from what the feedback says to what Salesforce gets.")
    default: Scalar = Field(default=None, description="What a value that is not in the table becomes.")

    def sources(self) -> set[str]:
        """Names of the keys that say where the value comes from."""
        return {"from_", "value", "template", "first_of", "join", "record"} & self.model_fields_set

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if len(self.sources()) != 1:
            raise ValueError(f"needs exactly one of {self._choices()}")
        if "separator" in self.model_fields_set and self.join is None:
            raise ValueError("separator belongs to join")
        if "default" in self.model_fields_set and self.map is None:
            raise ValueError("default belongs to map; for a value that is absent use if_absent")
        if self.label and self.from_ is None:
            raise ValueError("label belongs to from")
        return self

    def _choices(self) -> str:
        return "from, value, template, first_of, join and record"


PathOrOperand = Annotated[Operand, BeforeValidator(_path_alone, json_schema_input_type=str | Operand)]
"""Where one value is wanted, a path may stand alone."""


class Finding(Settings):
    """How records are found: fields that equal values."""

    mode: Literal["all", "any"] = Field(
        default="all", description="Whether all of the fields must be equal, or one is enough."
    )


class Lookup(Finding):
    """The id (or another field) of a record that already exists."""

    object: ApiName = Field(description="API name of the object that is searched.")
    by: dict[ApiName, PathOrOperand] = Field(
        min_length=1, max_length=10, description="Field of that object -> path to the value that it must equal."
    )
    select: RecordPath = Field(default="Id", description="The field of the found record that is taken.")
    on_none: Literal["null", "omit", "skip", "fail"] = Field(
        default="omit",
        description="No such record: clear the field, leave it alone (with a warning), skip the write, or fail it.",
    )
    on_many: Literal["fail", "newest", "oldest"] = Field(default="fail", description="Several records are found.")


class Default(Settings):
    default: Scalar = Field(description="What is written where nothing is found.")


Absence = Annotated[
    Annotated[Literal["null", "omit", "skip", "fail"] | None, Tag("<word>")] | Annotated[Default, Tag("<default>")],
    Discriminator(_absence),
]


class FieldValue(Operand):
    """What is written to one field."""

    lookup: Lookup | None = Field(default=None, description="The id of another record, found by its fields.")
    too_long: Literal["fail", "truncate"] = Field(
        default="fail", description="Text that does not fit: refuse it, or shorten it with a warning."
    )
    only_if_empty: bool = Field(default=False, description="Leave a value that the record already has.")
    only_on: Literal["insert", "update"] | None = Field(default=None, description="Write the field only then.")
    if_absent: Absence = Field(
        default="omit",
        description="Nothing is found: leave the field alone (omit), clear it (null), skip or fail, or a default.",
    )
    when: Condition | None = Field(default=None, description="Write the field only when this holds.")

    def sources(self) -> set[str]:
        return super().sources() | ({"lookup"} & self.model_fields_set)

    def _choices(self) -> str:
        return "from, value, template, first_of, join, lookup and record"


Operand.model_rebuild()
