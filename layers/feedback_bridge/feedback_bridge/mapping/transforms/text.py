"""Steps on text."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import Any

from feedback_bridge.mapping.field_types.text import as_text, half_width, length_of, shorten
from feedback_bridge.mapping.field_types.unfit import Unfit
from feedback_bridge.mapping.patterns import compile_pattern

Step = Callable[[Any], Any]
_LONGEST = 1_000_000
_BLOCKS = frozenset({"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6"})
_SILENT = frozenset({"script", "style"})


def trim(value: Any) -> str:
    return as_text(value).strip()


def squeeze(value: Any) -> str:
    """Every run of white space, line ends included, as one space."""
    return " ".join(as_text(value).split())


def upper(value: Any) -> str:
    return as_text(value).upper()


def lower(value: Any) -> str:
    return as_text(value).lower()


def digits(value: Any) -> str:
    """Only the digits, full-width ones made plain."""
    return "".join(character for character in half_width(value) if character in "0123456789")


def normalise(value: Any) -> str:
    """Unicode NFKC: full-width letters and digits plain, half-width katakana full."""
    return unicodedata.normalize("NFKC", as_text(value))


class _Reader(HTMLParser):
    """Collects the text of a document, a line end for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def strip_html(value: Any) -> str:
    """The text of an HTML fragment."""
    text = as_text(value)
    if len(text) > _LONGEST:
        raise Unfit("is too long to be read as HTML")
    reader = _Reader()
    reader.feed(text)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


def truncate(limit: int, ending: str) -> Step:
    """At most `limit` characters as Salesforce counts them, the ending included."""
    room = limit - length_of(ending)

    def step(value: Any) -> str:
        text = as_text(value)
        return text if length_of(text) <= limit else shorten(text, room) + ending

    return step


def replace(table: Mapping[str, str]) -> Step:
    """Every occurrence of a key by its value, in one pass: what was put in is not read again."""
    keys = sorted(table, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, keys)))

    def step(value: Any) -> str:
        text = pattern.sub(lambda found: table[found[0]], as_text(value)[:_LONGEST])
        if len(text) > _LONGEST:
            raise Unfit("is too long")
        return text

    return step


def extract(pattern: str, group: int | None) -> Step:
    """What the regular expression finds: its first group where it has one, else the whole; None when nothing."""
    search = compile_pattern(pattern)

    def step(value: Any) -> str | None:
        found = search(as_text(value))
        if found is None:
            return None
        wanted = group if group is not None else min(1, len(found.groups()))
        text: str | None = found.group(wanted)
        return text

    return step
