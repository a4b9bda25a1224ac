"""What is wrong with a document, and where."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from feedback_bridge.config.document import ID_PATTERN, SECRET_PATTERN
from feedback_bridge.errors import PermanentError

_FORMS = {
    ID_PATTERN: "must be lower-case letters, digits and hyphens, at most 63 of them, and not begin with a hyphen",
    SECRET_PATTERN: "must be the name of a secret: letters, digits and _+=.@-, at most 128 of them",
}
"""Patterns that people meet, in words."""


class Problem(BaseModel):
    """`path` points into the document (`write.fields.NPS_Score__c.from`); `message` says what to do about it."""

    model_config = ConfigDict(frozen=True)

    path: str
    message: str


class InvalidDocument(PermanentError):
    """A config document that cannot come into force."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The document has problems.")
        self.problems = tuple(problems)


def problems_of(error: ValidationError, *, skip: frozenset[str] = frozenset()) -> list[Problem]:
    """Pydantic's findings in our words. `skip` drops path parts that only name a branch of a union, not a key."""
    return [
        Problem(path=_path(item["loc"], skip), message=_message(item["type"], item["msg"], item.get("ctx", {})))
        for item in error.errors(include_url=False, include_input=False)
    ]


def _path(loc: tuple[int | str, ...], skip: frozenset[str]) -> str:
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part not in skip:
            path += f".{part}" if path else part
    return path


def _message(kind: str, message: str, context: dict[str, Any]) -> str:
    match kind:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "is not a known setting"
        case "value_error":
            return str(context.get("error", message))
        case "string_pattern_mismatch" if context.get("pattern") in _FORMS:
            return _FORMS[context["pattern"]]
        case _:
            return message[:1].lower() + message[1:]
