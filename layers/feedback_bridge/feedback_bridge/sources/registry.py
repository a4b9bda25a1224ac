"""The tools we speak with. A tool is a module in this folder and one line here; only the one in use is imported."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, cast

from pydantic import ValidationError

from feedback_bridge.config.document import OUTBOUND_SOURCE
from feedback_bridge.config.problem import InvalidDocument, Problem, problems_of
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.sources.tool import Tool

_MODULES = {
    "typeform": "feedback_bridge.sources.typeform",
    "qualtrics": "feedback_bridge.sources.qualtrics",
    "surveymonkey": "feedback_bridge.sources.surveymonkey",
    "delighted": "feedback_bridge.sources.delighted",
    "asknicely": "feedback_bridge.sources.asknicely",
    "pendo": "feedback_bridge.sources.pendo",
    "smartlp": "feedback_bridge.sources.smartlp",
    "specific": "feedback_bridge.sources.specific",
    "zendesk": "feedback_bridge.sources.zendesk",
    "sunshine": "feedback_bridge.sources.sunshine",
    "webhook": "feedback_bridge.sources.webhook",
}

TOOLS = tuple(_MODULES)
"""What a source's document may name as its `type`."""

_OF_ORGS = {"salesforce": "feedback_bridge.sources.salesforce"}
"""Sources that orgs are, by their own documents."""


@cache
def tool(name: str) -> Tool:
    """The module of a tool. Raises KeyError for a name that is none."""
    return cast(Tool, import_module(_MODULES.get(name) or _OF_ORGS[name]))


def parse_source(data: Mapping[str, Any]) -> SourceDocument:
    """A source's document with the settings of its tool. Raises InvalidDocument."""
    name = data.get("type")
    if name is None:
        raise InvalidDocument([Problem(path="type", message="is required")])
    if not isinstance(name, str) or name not in _MODULES:
        raise InvalidDocument([Problem(path="type", message=f"must be one of {', '.join(TOOLS)}")])
    if str(data.get("id", "")).startswith(OUTBOUND_SOURCE):
        reason = f"must not begin with {OUTBOUND_SOURCE}: so are orgs named that send outbound messages"
        raise InvalidDocument([Problem(path="id", message=reason)])
    try:
        return cast(SourceDocument, tool(name).Settings.model_validate(data))
    except ValidationError as error:
        raise InvalidDocument(problems_of(error)) from None
