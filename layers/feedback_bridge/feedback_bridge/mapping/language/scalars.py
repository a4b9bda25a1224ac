"""The small words of the language, each checked where it is written."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, JsonValue, StringConstraints

from feedback_bridge.config.document import Path
from feedback_bridge.mapping.field_types.text import as_text
from feedback_bridge.mapping.field_types.unfit import Unfit
from feedback_bridge.mapping.paths import parse_path
from feedback_bridge.mapping.patterns import compile_pattern
from feedback_bridge.mapping.templates import parse_template


def _path(path: str) -> str:
    parse_path(path)
    return path


def _template(template: str) -> str:
    parse_template(template)
    return template


def _pattern(pattern: str) -> str:
    compile_pattern(pattern)
    return pattern


def _scalar(value: JsonValue) -> JsonValue:
    if isinstance(value, (dict, list)):
        raise ValueError("must be one value: text, a number, true, false or null")
    return value


def _keys_as_text(table: Any) -> Any:
    """YAML reads the keys `9` and `true` as a number and a boolean; the values they are compared with read the same."""
    if not isinstance(table, dict):
        return table
    try:
        return {as_text(key): value for key, value in table.items()}
    except Unfit:
        return table


MappingPath = Annotated[Path, AfterValidator(_path)]
"""A JMESPath expression that parses, and whose functions exist."""

Template = Annotated[str, StringConstraints(min_length=1, max_length=32_000), AfterValidator(_template)]

Pattern = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_pattern)]
"""A regular expression that RE2 understands."""

Scalar = Annotated[JsonValue, AfterValidator(_scalar)]

Table = Annotated[dict[str, Scalar], BeforeValidator(_keys_as_text)]
"""What the feedback says -> what Salesforce should get."""

ApiName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,79}$")]
"""An object's or field's API name. The pattern is also what keeps queries safe: nothing else can be part of one."""
