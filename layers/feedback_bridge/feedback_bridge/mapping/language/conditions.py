"""`when`: all, any and not, nested as needed, around tests of single paths."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Discriminator, Field, JsonValue, Tag, model_validator

from feedback_bridge.config.document import Settings
from feedback_bridge.mapping.language.scalars import MappingPath
from feedback_bridge.mapping.operators import ALONE, BadOperand, operator

Operator = Literal[
    "eq", "ne", "lt", "le", "gt", "ge", "between",
    "in", "not_in", "contains", "not_contains", "contains_any", "contains_all",
    "starts_with", "ends_with", "matches", "not_matches",
    "exists", "missing", "empty", "not_empty",
    "before", "after", "within_days", "older_than_days", "within_next_days",
]  # fmt: skip


_BOTH_SIDES = ("eq", "ne", "lt", "le", "gt", "ge", "before", "after")


class Comparison(Settings):
    """One question about what a path finds."""

    path: MappingPath = Field(description="What is looked at: a path into the feedback.")
    op: Operator = Field(description="What is asked of it.")
    value: JsonValue = Field(
        default=None, description="What to compare with; exists, missing, empty, not_empty take none."
    )
    value_path: MappingPath | None = Field(default=None, description="Compare with what another path finds.")
    ignore_case: bool = Field(default=False, description="Case and full or half width of letters do not count.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = ("value" in self.model_fields_set) + ("value_path" in self.model_fields_set)
        if self.op in ALONE and given:
            raise ValueError(f"{self.op} takes no value")
        if self.op not in ALONE and given != 1:
            raise ValueError(f"{self.op} needs a value (or value_path)")
        if self.value_path is not None and self.op not in _BOTH_SIDES:
            raise ValueError(f"value_path goes with {', '.join(_BOTH_SIDES)}; {self.op} takes a value")
        try:
            if self.value_path is None:
                operator(self.op, self.value, ignore_case=self.ignore_case)
        except BadOperand as error:
            raise ValueError(f"value {error}") from None
        return self


class AllOf(Settings):
    all: list["Condition"] = Field(min_length=1, max_length=100, description="Every one must hold.")


class AnyOf(Settings):
    any: list["Condition"] = Field(min_length=1, max_length=100, description="One is enough.")


class NoneOf(Settings):
    model_config = ConfigDict(populate_by_name=False)

    not_: "Condition" = Field(alias="not", description="It must not hold.")


_FORMS = {"all": "<all>", "any": "<any>", "not": "<not>"}
BRANCHES = frozenset({*_FORMS.values(), "<test>"})
"""What pydantic calls the forms of a condition in a problem's path; they are no keys of the document."""


def _form(value: Any) -> str:
    if isinstance(value, dict):
        return next((tag for key, tag in _FORMS.items() if key in value), "<test>")
    forms: dict[type, str] = {AllOf: "<all>", AnyOf: "<any>", NoneOf: "<not>"}
    return forms.get(type(value), "<test>")


Condition = Annotated[
    Annotated[AllOf, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[NoneOf, Tag("<not>")]
    | Annotated[Comparison, Tag("<test>")],
    Discriminator(_form),
]

for _model in (AllOf, AnyOf, NoneOf):
    _model.model_rebuild()
