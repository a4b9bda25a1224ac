"""Bodies read strictly and within bounds. What is refused is refused with a sentence that repeats nothing of it."""

import json
import re
from collections.abc import Iterable
from itertools import chain
from typing import NoReturn, cast
from urllib.parse import parse_qsl

from pydantic import JsonValue

from feedback_bridge.sources.tool import Unreadable, UnsupportedType

MAX_BYTES = 1024 * 1024
"""Larger requests are refused before they are read (HTTP 413). The handler checks it; no reader here does."""

MAX_DEPTH = 64
MAX_DIGITS = 38
MAX_FIELDS = 1000

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

# What browsers and Japanese form tools send; Shift_JIS on the web has Microsoft's additions (WHATWG Encoding Standard).
_CHARSETS = {"utf-8": "utf-8", "us-ascii": "utf-8", "shift_jis": "cp932", "windows-31j": "cp932", "euc-jp": "euc_jp"}

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def media_type(content_type: str) -> str:
    """The media type of a Content-Type header in lower case, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def parameter(content_type: str, name: str) -> str:
    """A parameter of a Content-Type header, without its quotes; empty when it is not there."""
    for part in content_type.split(";")[1:]:
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"')
    return ""


def charset(content_type: str) -> str:
    """Python's name of the charset that a form is sent in. Raises UnsupportedType."""
    named = parameter(content_type, "charset").lower() or "utf-8"
    if named not in _CHARSETS:
        raise UnsupportedType("The charset must be UTF-8, Shift_JIS or EUC-JP.")
    return _CHARSETS[named]


def is_json(content_type: str) -> bool:
    """`application/json` and the `+json` types of RFC 6839."""
    kind = media_type(content_type)
    return kind in {JSON, "text/json"} or (kind.startswith("application/") and kind.endswith("+json"))


def require(content_type: str, *allowed: str) -> None:
    """Raises UnsupportedType for any other media type than those in `allowed` (JSON covers its `+json` relatives)."""
    if media_type(content_type) in allowed or (JSON in allowed and is_json(content_type)):
        return
    raise UnsupportedType(f"The content type must be {' or '.join(allowed)}.")


def json_object(body: bytes) -> dict[str, JsonValue]:
    """The JSON object in `body`. Raises Unreadable; see `json_value`."""
    value = json_value(body)
    if not isinstance(value, dict):
        raise Unreadable("The body is JSON, but not a JSON object.")
    return value


def json_value(body: bytes) -> JsonValue:
    """The JSON value in `body`: RFC 8259, in UTF-8, at most MAX_DEPTH levels deep.

    Refused, because two programs could read them differently: a key twice in one object, NaN and Infinity, numbers of
    more than MAX_DIGITS digits or beyond a double. A byte order mark is skipped. Half of a surrogate pair, which tools
    send when they cut a text in the middle of an emoji, becomes U+FFFD: the rest of the answer is worth keeping.
    """
    text = in_charset(body, "utf-8")
    try:
        value: JsonValue = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_double,
        )
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"The body is not valid JSON: {error.msg.lower()} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        _too_deep()
    _check_depth(value)
    return _without_half_pairs(value) if _ESCAPED_SURROGATE.search(text) else value


def form_fields(body: bytes, content_type: str = FORM) -> dict[str, JsonValue]:
    """The fields of an `application/x-www-form-urlencoded` body; a name sent several times becomes a list.

    Raises UnsupportedType for an unknown charset, and Unreadable for more than MAX_FIELDS fields and for bytes that are
    not in that charset, percent-encoded or raw.
    """
    encoding = charset(content_type)
    text = in_charset(body, encoding)
    if text.count("&") >= MAX_FIELDS:
        raise Unreadable(f"The form has more than {MAX_FIELDS} fields.")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, encoding=encoding, errors="strict")
    except UnicodeDecodeError:
        raise Unreadable("A field of the form is not in the charset of the form.") from None
    return grouped(pairs)


def in_charset(body: bytes, encoding: str) -> str:
    """Raises Unreadable saying which byte cannot be read."""
    try:
        return body.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"The body is not {encoding.upper()}: byte {error.start} cannot be read.") from None


def grouped(pairs: Iterable[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    """One entry a name: its value, or the list of its values when it was sent more than once."""
    values: dict[str, list[JsonValue]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("The body is not valid JSON: an object has the same key twice.")
    return found


def _refuse_constant(_: str) -> NoReturn:
    raise Unreadable("The body is not valid JSON: NaN and Infinity are no JSON numbers.")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise Unreadable(f"The body holds a number of more than {MAX_DIGITS} digits.")
    return int(digits)


def _double(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise Unreadable("The body holds a number that is too large.")
    return value


def _check_depth(value: JsonValue) -> None:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        children = chain.from_iterable(item.values() if isinstance(item, dict) else item for item in level)
        level = [child for child in children if isinstance(child, (dict, list))]
    if level:
        _too_deep()


def _too_deep() -> NoReturn:
    raise Unreadable(f"The body is nested more than {MAX_DEPTH} levels deep.") from None


def _without_half_pairs(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_without_half_pairs(item) for item in value]
    if isinstance(value, dict):
        return {cast(str, _without_half_pairs(key)): _without_half_pairs(item) for key, item in value.items()}
    return value
