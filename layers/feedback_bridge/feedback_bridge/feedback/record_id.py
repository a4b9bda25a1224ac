"""Salesforce record ids: 15 characters that mind case, or 18 with a checksum of that case.

https://help.salesforce.com/s/articleView?id=000385008 ("How to convert a 15-character ID to an 18-character ID")
"""

import re

ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?")
"""The form of an id; whether the checksum is right is another matter."""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_CASE = str.maketrans(
    {character: "1" if "A" <= character <= "Z" else "0" for character in map(chr, range(128)) if character.isalnum()}
)


def checksum(short_id: str) -> str:
    """The three characters that make an id of 15 one of 18: each tells which of five characters are capitals."""
    capitals = short_id.translate(_CASE)[::-1]
    return _ALPHABET[int(capitals[10:15], 2)] + _ALPHABET[int(capitals[5:10], 2)] + _ALPHABET[int(capitals[:5], 2)]


def long_id(text: str) -> str | None:
    """The 18-character form of an id, or None where the text is none or its checksum is wrong."""
    if not ID.fullmatch(text):
        return None
    full = text[:15] + checksum(text[:15])
    return full if text in (full, text[:15]) else None
