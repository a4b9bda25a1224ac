"""Python values to DynamoDB items and back. Absent is not null: None is not stored."""

from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]


def to_item(values: Mapping[str, Any]) -> Item:
    """Text, bytes, booleans, whole numbers and lists of text: all that our tables hold."""
    item: Item = {}
    for name, value in values.items():
        # A batch has tens of thousands of them, nearly all text.
        if type(value) is str:
            item[name] = {"S": value}
        elif value is not None:
            item[name] = _attribute(value)
    return item


def from_item(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: _value(attribute) for name, attribute in item.items()}


def _attribute(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case list() | tuple():
            return {"L": [_attribute(part) for part in value]}
        case _:
            return {"S": value}


def _value(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value)
        case "L":
            return [_value(part) for part in value]
        case _:
            return value
