"""The tools we speak with. A tool is a module in this folder and one line here; only the one in use is imported."""

from functools import cache
from importlib import import_module
from typing import cast

from feedback_bridge.sources.tool import Tool

_MODULES = {
    "typeform": "feedback_bridge.sources.typeform",
    "qualtrics": "feedback_bridge.sources.qualtrics",
    "webhook": "feedback_bridge.sources.webhook",
}

TOOLS = tuple(_MODULES)


@cache
def tool(name: str) -> Tool:
    """The module of a tool. Raises KeyError for a name not in TOOLS."""
    return cast(Tool, import_module(_MODULES[name]))
