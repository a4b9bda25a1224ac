"""A request and an answer as the resources see them, whether they came over HTTPS or inside a composite.

`transaction` is set for sub-requests that share one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import SalesforceError, json_parser_error

if TYPE_CHECKING:
    from .org import Org
    from .rows.statement import Transaction
    from .sessions import Session

NOTHING: Any = object()


@dataclass
class RestRequest:
    """`json` is parsed on first use; sub-requests of a composite bring theirs parsed already."""

    org: Org
    session: Session
    method: str
    path: str
    version: str = ""
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    parsed: Any = NOTHING
    transaction: Transaction | None = None

    @property
    def text(self) -> str:
        try:
            return self.body.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise json_parser_error(f"Invalid UTF-8 start byte at [line:1, column:{problem.start + 1}]") from problem

    @property
    def json(self) -> Any:
        if self.parsed is NOTHING:
            self.parsed = parse_json(self.text)
        return self.parsed

    def json_object(self) -> dict[str, Any]:
        return as_object(self.json)

    def header(self, name: str) -> str | None:
        return self.headers.get(name.lower())

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() == "true"

    @property
    def base(self) -> str:
        return f"/services/data/v{self.version}"


@dataclass
class RestResponse:
    """`body` is written as JSON, except bytes, which go out as they are; None means an empty body."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[..., RestResponse]


def parse_json(text: str) -> Any:
    """Parses a body; refuses in the words of Salesforce's own parser."""
    if not text.strip():
        raise json_parser_error("No content to map to Object due to end of input at [line:1, column:0]")
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as problem:
        char = text[problem.pos : problem.pos + 1]
        place = f"[line:{problem.lineno}, column:{problem.colno}]"
        if not char:
            raise json_parser_error(f"Unexpected end-of-input in VALUE_STRING at {place}") from problem
        message = f"Unexpected character ('{char}' (code {ord(char)})): {_expected(problem.msg)} at {place}"
        raise json_parser_error(message) from problem
    except RecursionError as problem:
        raise json_parser_error("Document nesting depth exceeds the maximum allowed at [line:1, column:1]") from problem


def as_object(value: Any) -> dict[str, Any]:
    """The value, if it is an object; {} for null. Raises JSON_PARSER_ERROR."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise json_parser_error("Cannot deserialize instance of complexvalue [line:1, column:1]")
    return value


def as_list(value: Any) -> list[Any]:
    """The value, if it is a list; [] for null. Raises JSON_PARSER_ERROR."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise json_parser_error("Cannot deserialize instance of list [line:1, column:1]")
    return value


def _refuse_constant(name: str) -> Any:
    raise json_parser_error(f"Non-standard token '{name}': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS")


def _expected(reason: str) -> str:
    if "property name" in reason:
        return "was expecting double-quote to start field name"
    if "':'" in reason:
        return "was expecting a colon to separate field name and value"
    if "','" in reason:
        return "was expecting comma to separate OBJECT entries"
    return "expected a valid value (number, String, array, object, 'true', 'false' or 'null')"


def position_of(text: str, field_name: str, record: int | None = None) -> tuple[int, int]:
    """Line and column of a field's value; `record` counts the `attributes` objects of a collection's body."""
    start = 0
    if record is not None:
        starts = [match.start() for match in re.finditer(r'"attributes"\s*:', text)]
        start = starts[record] if record < len(starts) else 0
    pattern = re.compile(rf'"{re.escape(field_name)}"\s*:\s*', re.IGNORECASE)
    match = pattern.search(text, start) or pattern.search(text)
    offset = match.end() if match else 0
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


def as_error_response(problem: SalesforceError) -> RestResponse:
    return RestResponse(problem.status, problem.as_response(), dict(problem.headers))


def as_halted(message: str) -> RestResponse:
    """PROCESSING_HALTED: what a sub-request answers when it did not run or was taken back."""
    return as_error_response(SalesforceError("PROCESSING_HALTED", message))
