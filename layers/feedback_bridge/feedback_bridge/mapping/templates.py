"""Templates: text with `{{ path }}` in it. Only paths and a few filters can be reached; values are never re-read.

{{ survey.name }}: {{ nps.score }}
{{ respondent.name | upper }}  {{ nps.comment | truncate: 80 }}  {{ survey.name | default: "アンケート" }}
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from feedback_bridge.mapping.field_types.text import as_text
from feedback_bridge.mapping.filters import BadFilter, Filter, filter_named
from feedback_bridge.mapping.paths import BadPath, Get, getter

_OPEN, _CLOSE = "{{", "}}"
_MOST_SLOTS = 100
_QUOTES = "'\"`"


class BadTemplate(ValueError):
    """The text is not a template that can be used; the sentence says why."""


@dataclass(frozen=True, slots=True)
class _Slot:
    get: Get
    filters: tuple[Filter, ...]
    default: str | None


def parse_template(template: str, zone: tzinfo = UTC) -> Callable[[Mapping[str, Any]], str | None]:
    """A function that fills the template in; it gives None when the template has paths and none of them finds anything.

    Raises BadTemplate; the function raises Unfit for a value that is not text or a list of it.
    """
    literals: list[str] = []
    slots: list[_Slot] = []
    rest = template
    while True:
        literal, opened, rest = rest.partition(_OPEN)
        literals.append(literal)
        if not opened:
            return _renderer(literals, slots)
        inside, rest = _until_close(rest)
        slots.append(_slot(inside, zone))
        if len(slots) > _MOST_SLOTS:
            raise BadTemplate(f"has more than {_MOST_SLOTS} {{{{ }}}}")


def paths_in(template: str) -> list[str]:
    """The paths of a template that parses."""
    paths, rest = [], template
    while _OPEN in rest:
        inside, rest = _until_close(rest.partition(_OPEN)[2])
        paths.append(_split(inside)[0].strip())
    return paths


def _until_close(text: str) -> tuple[str, str]:
    for index, character, quoted in _outside_quotes(text):
        if not quoted and character == "}" and text.startswith(_CLOSE, index):
            return text[:index], text[index + 2 :]
    raise BadTemplate("has a {{ that is never closed with }}")


def _outside_quotes(text: str) -> Iterator[tuple[int, str, bool]]:
    """Every character with its place and whether it is inside a quoted part."""
    quote, escaped = "", False
    for index, character in enumerate(text):
        if quote:
            yield index, character, True
            quote = "" if character == quote and not escaped else quote
            escaped = character == "\\" and not escaped
        else:
            quote = character if character in _QUOTES else ""
            yield index, character, bool(quote)


def _slot(inside: str, zone: tzinfo) -> _Slot:
    path, *stages = _split(inside)
    if not path.strip():
        raise BadTemplate("has {{ }} without a path")
    try:
        get = getter(path.strip())
        filters, default = [], None
        for stage in stages:
            name, _, argument = stage.partition(":")
            if name.strip() == "default":
                default = _argument(argument)
            else:
                filters.append(filter_named(name.strip(), _argument(argument), zone))
    except BadPath as error:
        raise BadTemplate(f"has {{{{ {path.strip()} }}}}, which {error}") from None
    except BadFilter as error:
        raise BadTemplate(str(error)) from None
    return _Slot(get, tuple(filters), default)


def _argument(text: str) -> str | None:
    text = text.strip()
    if len(text) > 1 and text[0] in _QUOTES and text[-1] == text[0]:
        return text[1:-1]
    return text or None


def _split(inside: str) -> list[str]:
    """Cut at each single `|` outside quotes and brackets; `||` is JMESPath's own."""
    parts, start, depth, previous = [], 0, 0, -2
    for index, character, quoted in _outside_quotes(inside):
        if quoted:
            continue
        depth += (character in "([{") - (character in ")]}")
        if character == "|" and depth == 0 and inside[index + 1 : index + 2] != "|" and previous != index - 1:
            parts.append(inside[start:index])
            start = index + 1
        elif character == "|":
            previous = index
    return [*parts, inside[start:]]


def _renderer(literals: list[str], slots: list[_Slot]) -> Callable[[Mapping[str, Any]], str | None]:
    first, following = literals[0], tuple(zip(slots, literals[1:], strict=True))
    plain = tuple((slot.get, literal) for slot, literal in following)
    if any(slot.filters or slot.default is not None for slot in slots):
        return _filtered(first, following)

    def render(document: Mapping[str, Any]) -> str | None:
        text, found = first, not plain
        for get, literal in plain:
            value = get(document)
            if value is not None:
                text += value if type(value) is str else as_text(value)
                found = True
            text += literal
        return text if found else None

    return render


def _filtered(first: str, following: tuple[tuple[_Slot, str], ...]) -> Callable[[Mapping[str, Any]], str | None]:
    def render(document: Mapping[str, Any]) -> str | None:
        text, found = first, False
        for slot, literal in following:
            value = slot.get(document)
            for step in slot.filters if value is not None else ():
                value = step(value)
            if value is not None and value != "":
                text, found = text + as_text(value), True
            elif slot.default is not None:
                text, found = text + slot.default, True
            text += literal
        return text if found else None

    return render
