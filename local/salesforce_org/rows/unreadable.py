"""The refusal of a value that cannot be read at all, in the words of Salesforce's JSON parser."""

from __future__ import annotations

from typing import Any

from local.salesforce_org.errors import SalesforceError
from local.salesforce_org.schema.model import Field


class Unreadable(SalesforceError):
    """A value of the wrong JSON type. The column in the message is filled in by whoever has the request's text."""

    def __init__(self, field: Field, value: Any) -> None:
        shown = "{" if isinstance(value, dict) else "[" if isinstance(value, list) else as_text(value)
        self.start = f"Cannot deserialize instance of {field.type} from {token_of(value)} value {shown}"
        if field.type == "multipicklist" and isinstance(value, list):
            self.start = f"Cannot deserialize instance of {field.type} from START_ARRAY value"
            self.link = " "
        else:
            self.link = " or request may be missing a required field at "
        self.field_name = field.name
        super().__init__("JSON_PARSER_ERROR", f"{self.start}{self.link}[line:1, column:1]")

    def at(self, line: int, column: int) -> None:
        self.message = f"{self.start}{self.link}[line:{line}, column:{column}]"


def token_of(value: Any) -> str:
    if isinstance(value, bool):
        return "VALUE_TRUE" if value else "VALUE_FALSE"
    tokens = {str: "VALUE_STRING", int: "VALUE_NUMBER_INT", float: "VALUE_NUMBER_FLOAT", dict: "START_OBJECT"}
    return tokens.get(type(value), "START_ARRAY")


def as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
