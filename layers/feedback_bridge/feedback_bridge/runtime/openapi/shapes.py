"""JSON Schemas as short expressions. Objects may have further members: the API is added to, never narrowed."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
ANYTHING: Schema = {}
ANY_OBJECT: Schema = {"type": "object"}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(values: Sequence[str]) -> Schema:
    return {"type": "string", "enum": list(values)}


def many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def shape(**members: Schema) -> Schema:
    """An object with all of these, and maybe more."""
    return {"type": "object", "required": list(members), "properties": dict(members)}


def asked(**members: Schema) -> Schema:
    """An object with any of these: what a client may send."""
    return {"type": "object", "properties": dict(members)}


def page(item: Schema, **more: Schema) -> Schema:
    """Every list: `next` is the cursor of what follows, or null."""
    return shape(items=many(item), next=or_null(TEXT), **more)


def parameter(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}
