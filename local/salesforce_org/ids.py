"""Record ids: 15 case-sensitive characters, or 18 with a checksum of the letters' case.

Layout of the 15: key prefix (3), pod (2), a reserved zero, and nine base-62 digits that count up.
"""

from __future__ import annotations

import itertools
import threading
from functools import lru_cache

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SUFFIX_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
POD = "Fb"
_ALLOWED = frozenset(DIGITS)


def checksum(id15: str) -> str:
    """The three letters that make a 15-character id safe where case is lost: one bit per upper-case letter."""
    letters = []
    for start in (0, 5, 10):
        bits = sum(1 << offset for offset, char in enumerate(id15[start : start + 5]) if "A" <= char <= "Z")
        letters.append(SUFFIX_LETTERS[bits])
    return "".join(letters)


@lru_cache(maxsize=65536)
def normalise(text: str) -> str | None:
    """The 18-character form of a well-formed id, or None for anything else (wrong length, characters, checksum)."""
    if len(text) not in (15, 18) or not _ALLOWED.issuperset(text):
        return None
    suffix = checksum(text)
    if len(text) == 18 and text[15:].upper() != suffix:
        return None
    return text[:15] + suffix


def looks_like_id(text: str) -> bool:
    """True for anything of an id's length and alphabet, whatever its checksum."""
    return len(text) in (15, 18) and text.isascii() and text.isalnum()


def base62(number: int, width: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    return text.rjust(width, "0")


class IdSequence:
    """Hands out new ids; safe between threads. Records share one counter, so ids also sort by age within an object."""

    def __init__(self, start: int = 1) -> None:
        self._next = itertools.count(start)
        self._lock = threading.Lock()

    def new(self, prefix: str) -> str:
        with self._lock:
            number = next(self._next)
        id15 = f"{prefix}{POD}0{base62(number, 9)}"
        return id15 + checksum(id15)
