"""How an admin connects a tool: who makes the secret, what the source's document begins with, what to do over there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Setup:
    """A tool's module has one as `SETUP`.

    `made_by` is who makes the secret: `us` where the tool takes any, `tool` where it shows one of its own.
    `steps` are lines for a person, in which {url} and {secret} stand for what they are.
    `document` holds settings that a new source begins with. `sample` is the file below events/sources/{tool}/ that is
    sent to try the source out: None where one is made from the source's own paths. For a tool that only announces
    responses it is something that is no response.
    """

    made_by: Literal["us", "tool"]
    steps: tuple[str, ...]
    document: Mapping[str, Any] = field(default_factory=dict)
    sample: str | None = None
