"""JSON as Salesforce prints it for `X-PrettyPrint: 1`: `"id" : "…"`, two spaces, arrays on the line they begin."""

from __future__ import annotations

import json
from typing import Any


def pretty(value: Any, depth: int = 0) -> str:
    if isinstance(value, dict):
        if not value:
            return "{ }"
        pad = "  " * (depth + 1)
        items = [f"{pad}{_scalar(name)} : {pretty(each, depth + 1)}" for name, each in value.items()]
        return "{\n" + ",\n".join(items) + "\n" + "  " * depth + "}"
    if isinstance(value, list):
        if not value:
            return "[ ]"
        return "[ " + ", ".join(pretty(each, depth) for each in value) + " ]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
