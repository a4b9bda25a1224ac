"""One JSON Schema for all kinds of config documents: `kind` decides, so that a file may hold several."""

from typing import Any

from feedback_bridge.config.kinds import KINDS

_DEFINITIONS = "#/$defs/"


def any_document() -> dict[str, Any]:
    """JSON Schema 2020-12, with no more than editors understand: if/then by kind, and definitions of its own."""
    definitions: dict[str, Any] = {}
    for kind in KINDS:
        schema = {name: part for name, part in kind.schema().items() if name not in ("$schema", "$id")}
        definitions |= {
            f"{kind.name}.{name}": _renamed(part, kind.name) for name, part in schema.pop("$defs", {}).items()
        }
        definitions[kind.name] = _renamed(schema, kind.name)
    names = [kind.name for kind in KINDS]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:feedback-bridge:document",
        "title": "Feedback Bridge config document",
        "type": "object",
        "required": ["kind", "id"],
        "properties": {"kind": {"enum": names, "description": "What the document describes."}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": {"$ref": f"{_DEFINITIONS}{name}"},
            }
            for name in names
        ],
        "$defs": definitions,
    }


def _renamed(part: Any, kind: str) -> Any:
    """With references to the kind's own definitions, which two kinds may call by one name."""
    if isinstance(part, list):
        return [_renamed(item, kind) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _reference(value, kind)
        if isinstance(value, str) and value.startswith(_DEFINITIONS)
        else _renamed(value, kind)
        for key, value in part.items()
    }


def _reference(value: str, kind: str) -> str:
    return f"{_DEFINITIONS}{kind}.{value.removeprefix(_DEFINITIONS)}"
