"""The base of the models that say what of a vendor's body we rely on."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from feedback_bridge.config.problem import problems_of
from feedback_bridge.sources.tool import InvalidEvent

Model = TypeVar("Model", bound=BaseModel)


class Part(BaseModel):
    """Vendors add keys when they like, and write null where they have nothing: both are as good as no key."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


def parsed(model: type[Model], document: Mapping[str, Any]) -> Model:
    """Raises InvalidEvent with every problem by its path in the body."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise InvalidEvent(problems_of(error)) from None
