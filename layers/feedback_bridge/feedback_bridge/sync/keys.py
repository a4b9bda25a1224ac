"""Keys of both sides in one form, so that what people take for the same key is the same key."""

import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Literal

from feedback_bridge.feedback.record_id import long_id

KeyKind = Literal["text", "number", "record_id"]
Normalise = Callable[[str], str | None]
"""None for a text that is no key."""

LONGEST_KEY = 500
_NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
_IDS = frozenset({"id", "reference"})
_TEXTS = frozenset({"string", "email", "phone", "url", "picklist", "encryptedstring", "combobox", "textarea"})


def kind_of(field_type: str) -> KeyKind | None:
    """How keys in a field of this Salesforce type are compared; None for types that identify nothing."""
    lower = field_type.lower()
    if lower in _NUMBERS:
        return "number"
    if lower in _IDS:
        return "record_id"
    return "text" if lower in _TEXTS else None


def normaliser(kind: KeyKind) -> Normalise:
    return {"text": text_key, "number": number_key, "record_id": record_id_key}[kind]


def text_key(text: str) -> str | None:
    """Without outer blanks, inner ones single, without regard to case and width (Unicode compatibility caseless)."""
    if text.isascii():
        key = text.strip().lower()
    else:
        # D146 of the Unicode Standard, section 3.13: compatibility caseless matching.
        once = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
        key = unicodedata.normalize("NFKC", once.casefold()).strip()
    if " " in key or not key.isprintable():
        key = " ".join(key.split())
    return key if 0 < len(key) <= LONGEST_KEY else None


def number_key(text: str) -> str | None:
    """`42`, `42.0` and full-width digits are one key."""
    try:
        number = Decimal(unicodedata.normalize("NFKC", text).strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 40:
        return None
    return f"{number.normalize():f}" if number else "0"


def record_id_key(text: str) -> str | None:
    """A Salesforce id in its form of 18 characters; None where it is none or its checksum is wrong."""
    return long_id(unicodedata.normalize("NFKC", text).strip())
