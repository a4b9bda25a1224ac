"""What a tool sends, with its shape to be seen and its people not: for lists of samples.

Names of fields stay, and so do numbers, times, and short codes under names that speak of structure (`type`, `ref`,
`form_id`). Every other text becomes its own outline: letters x and X, Japanese 〇, digits 0. So `hanako@example.jp` is
still seen to be an address, and `090-1234-5678` a telephone number.
"""

import re
import unicodedata
from xml.etree.ElementTree import Element

from pydantic import JsonValue

from feedback_bridge.sources import body as bodies
from feedback_bridge.sources.moment import moment
from feedback_bridge.sources.people import is_personal, plain
from feedback_bridge.sources.tool import Unreadable, UnsupportedType

LONGEST_TEXT = 60
MOST_PARTS = 50
"""Of one list or object: enough to see what the others are like."""

_STRUCTURE = re.compile(
    r"(id|ref|type|kind|event|topic|status|state|version|language|locale|lang|channel|key|token|form|survey|field)s?$"
)
_CODE = re.compile(r"[A-Za-z0-9_.:@/-]{1,64}")
_WRITTEN_BY_THE_OWNER = {"title", "question", "questiontext", "heading", "surveyname", "formname"}
_SCORE = re.compile(r"-?[0-9０-９]{1,3}")


def masked_body(body: bytes, content_type: str) -> JsonValue:
    """A JSON value of the body, whatever its type; what cannot be read at all is told by its size alone."""
    try:
        return masked(_value(body, content_type))
    except (Unreadable, UnsupportedType):
        return {"unreadable_bytes": len(body)}


def masked(value: JsonValue, name: str = "") -> JsonValue:
    """`name` is the field that the value stands in."""
    if isinstance(value, dict):
        return {key: masked(item, key) for key, item in list(value.items())[:MOST_PARTS]}
    if isinstance(value, list):
        return [masked(item, name) for item in value[:MOST_PARTS]]
    if isinstance(value, str):
        return value if _may_be_shown(value, name) else _outline(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and is_personal(name):
        return _outline(str(value))
    return value


def _may_be_shown(text: str, name: str) -> bool:
    key = plain(name)
    if is_personal(name):
        return False
    if _SCORE.fullmatch(text) or key in _WRITTEN_BY_THE_OWNER:
        return True
    if _is_time_of_day(text):
        return True
    return bool(_STRUCTURE.search(key) and _CODE.fullmatch(text) and "@" not in text)


def _is_time_of_day(text: str) -> bool:
    """A date alone may be a birthday; a time of day is an event's."""
    return len(text) >= 16 and ":" in text and moment(text) is not None


def _outline(text: str) -> str:
    outline = "".join(map(_stand_in, text[:LONGEST_TEXT]))
    return outline if len(text) <= LONGEST_TEXT else f"{outline}…"


def _stand_in(character: str) -> str:
    if character.isascii():
        return "0" if character.isdigit() else "X" if character.isupper() else "x" if character.isalpha() else character
    kind = unicodedata.category(character)
    if kind.startswith("L"):
        return "〇" if unicodedata.east_asian_width(character) in "WFH" else "x"
    return "0" if kind.startswith("N") else "・" if kind.startswith(("S", "C", "M")) else character


def _value(body: bytes, content_type: str) -> JsonValue:
    kind = bodies.media_type(content_type)
    if kind == bodies.FORM:
        return _with_json_inside(bodies.form_fields(body, content_type))
    if kind == bodies.MULTIPART:
        from feedback_bridge.sources.multipart import multipart_fields

        return multipart_fields(body, content_type)
    if kind in ("text/xml", "application/xml"):
        from feedback_bridge.sources.safe_xml import parse_xml

        return _element(parse_xml(body))
    return bodies.json_value(body)


def _with_json_inside(fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Some tools send their JSON as one field of a form."""
    found: dict[str, JsonValue] = {}
    for name, value in fields.items():
        try:
            inside = bodies.json_value(value.encode()) if isinstance(value, str) and value[:1] in "{[" else None
        except Unreadable:
            inside = None
        found[name] = inside if isinstance(inside, (dict, list)) else value
    return found


def _element(element: Element) -> JsonValue:
    """By local names; children of the same name become a list."""
    if len(element) == 0:
        return element.text or ""
    return bodies.grouped((child.tag.rpartition("}")[2], _element(child)) for child in element)
