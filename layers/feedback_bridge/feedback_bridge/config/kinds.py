"""The kinds of config documents. A kind is one line here; its model is imported when a document of it is met."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pydantic import ValidationError

from feedback_bridge.config.document import Document
from feedback_bridge.config.problem import InvalidDocument, Problem, problems_of


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` stands in documents (`kind: source`), `plural` in addresses (`/admin/sources`).

    `reader` and `describer` name functions as `module:function`: one makes a Document of a JSON object or raises
    InvalidDocument, the other gives the kind's JSON Schema.
    """

    name: str
    plural: str
    reader: str
    describer: str

    def parse(self, data: dict[str, Any]) -> Document:
        """Raises InvalidDocument, whatever the object holds."""
        if data.get("kind", self.name) != self.name:
            raise InvalidDocument([Problem(path="kind", message=f"must be {self.name}")])
        document: Document = _function(self.reader)(data)
        return document

    def schema(self) -> dict[str, Any]:
        """JSON Schema 2020-12 (https://json-schema.org/draft/2020-12)."""
        described: dict[str, Any] = _function(self.describer)()
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:feedback-bridge:{self.name}",
            **described,
        }


_HERE = "feedback_bridge.config.kinds"

KINDS = (
    Kind("source", "sources", f"{_HERE}:read_source", f"{_HERE}:describe_source"),
    Kind("org", "orgs", f"{_HERE}:read_org", f"{_HERE}:describe_org"),
    Kind("mapping", "mappings", "feedback_bridge.mapping.document:parse_mapping", f"{_HERE}:describe_mapping"),
    Kind("sync", "syncs", "feedback_bridge.sync.document:parse_sync", "feedback_bridge.sync.document:describe_sync"),
    Kind(
        "automation",
        "automations",
        "feedback_bridge.automation.document:parse_automation",
        "feedback_bridge.automation.document:describe_automation",
    ),
    Kind(
        "health",
        "healths",
        "feedback_bridge.health.document:parse_health",
        "feedback_bridge.health.document:describe_health",
    ),
)
"""In the order in which they refer to each other: applying and publishing in this order meets nothing unknown."""


def kind_named(text: object) -> Kind | None:
    """By its name or its plural."""
    return next((kind for kind in KINDS if text in (kind.name, kind.plural)), None)


def read_org(data: dict[str, Any]) -> Document:
    from feedback_bridge.config.org import OrgDocument

    try:
        return OrgDocument.model_validate(data)
    except ValidationError as error:
        raise InvalidDocument(problems_of(error)) from None


def read_source(data: dict[str, Any]) -> Document:
    from feedback_bridge.sources.registry import TOOLS, parse_source

    if "type" in data and not isinstance(data["type"], str):
        raise InvalidDocument([Problem(path="type", message=f"must be one of {', '.join(TOOLS)}")])
    return parse_source(data)


def describe_org() -> dict[str, Any]:
    from feedback_bridge.config.org import OrgDocument

    return OrgDocument.model_json_schema()


def describe_mapping() -> dict[str, Any]:
    from feedback_bridge.mapping.document import MappingDocument

    return MappingDocument.model_json_schema()


def describe_source() -> dict[str, Any]:
    """One schema for all tools: `type` decides which settings there are."""
    from functools import reduce
    from operator import or_
    from typing import Annotated

    from pydantic import Field, TypeAdapter

    from feedback_bridge.sources.registry import TOOLS, tool

    settings: Any = Annotated[reduce(or_, (tool(name).Settings for name in TOOLS)), Field(discriminator="type")]
    return TypeAdapter(settings).json_schema()


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found
