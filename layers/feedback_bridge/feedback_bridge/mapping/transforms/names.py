"""Name parts: family and given name from one text, in Japanese or Western order."""

import re
from collections.abc import Callable
from typing import Any, Literal

from feedback_bridge.mapping.field_types.text import as_text, one_line

Order = Literal["auto", "japanese", "western"]
Part = Literal["family", "given"]
_EAST_ASIAN = ("\u3005\u3007", "\u3040\u30ff", "\u3400\u9fff", "\uac00\ud7a3", "\uf900\ufaff", "\uff66\uff9f")
"""First and last character of the blocks of Chinese, Japanese and Korean writing."""
_HONORIFICS = frozenset({"様", "さま", "さん", "殿", "先生", "御中", "氏"})
_ATTACHED = re.compile(r"(?<=.)(?:様|さま|殿)$")
_LONGEST = 200


def name_part(part: Part, order: Order) -> Callable[[Any], Any]:
    """`auto`: Japanese order for names in Japanese, Chinese or Korean writing, Western order for others.

    A name of one word is a family name, which Salesforce requires of a person.
    """

    def step(value: Any) -> str | None:
        family, given = split_name(as_text(value), order)
        return family if part == "family" else given

    return step


def split_name(text: str, order: Order) -> tuple[str | None, str | None]:
    """(family, given); None for a part that the name does not have."""
    name = " ".join(one_line(text)[:_LONGEST].split())
    if not name:
        return None, None
    if order == "auto":
        order = "japanese" if any(map(_is_east_asian, name)) else "western"
    return _japanese(name) if order == "japanese" else _western(name)


def _is_east_asian(character: str) -> bool:
    return any(block[0] <= character <= block[1] for block in _EAST_ASIAN)


def _japanese(name: str) -> tuple[str | None, str | None]:
    words = _ATTACHED.sub("", name).split()
    while len(words) > 1 and words[-1] in _HONORIFICS:
        words.pop()
    if len(words) == 1 and "・" in words[0].strip("・"):
        given, _, family = words[0].strip("・").rpartition("・")  # A foreign name in katakana keeps its own order.
        return family, given
    return (words[0] if words else None), (" ".join(words[1:]) or None)


def _western(name: str) -> tuple[str | None, str | None]:
    """Titles and suffixes are dropped, particles stay with the family name (de la Vega)."""
    from nameparser import HumanName  # Only mappings that take Western names apart pay for the library.

    parsed = HumanName(name)
    given = " ".join(part for part in (parsed.first, parsed.middle) if part)
    if not parsed.last:
        return given or name, None
    return parsed.last, given or None
