"""Text: string, textarea (plain and rich), encryptedstring, combobox, phone, email, url."""

import html
import re
import unicodedata
from datetime import date, time
from decimal import Decimal
from typing import Any

from feedback_bridge.mapping.field_types.unfit import Coerce, Unfit, no_value
from feedback_bridge.mapping.schema import FieldSchema

_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
_LINE_ENDS = "\n\x0b\x0c\r\x85\u2028\u2029"
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_ONE_LINE = {**dict.fromkeys(_CONTROLS, ""), **_SURROGATES, **dict.fromkeys(map(ord, _LINE_ENDS + "\t"), " ")}
_MANY_LINES = {**dict.fromkeys(_CONTROLS, ""), **_SURROGATES, **dict.fromkeys(map(ord, _LINE_ENDS), "\n"), 9: "\t"}
_TEXT_INTEGERS = 1e15

# The characters Salesforce documents for an address; quoting and internationalised domains are not among them.
_LOCAL = r"[A-Za-z0-9!#$%&'*/=?^_+`{|}~-]+"
EMAIL = re.compile(
    rf"{_LOCAL}(?:\.{_LOCAL})*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]"
)
_EMAIL_LENGTH = 80
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
_SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel", "ftp"})


def as_text(value: Any) -> str:
    """How a value reads as text: 9.0 as `9`, True as `true`, a list as its items with commas. Raises Unfit."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) >= 10**40:
            raise Unfit("is a number with too many digits")
        return str(value)
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, list) and not any(isinstance(item, (list, dict)) for item in value):
        return ", ".join(as_text(item) for item in value if item is not None)
    if isinstance(value, (date, time)):
        return value.isoformat()
    raise no_value(value)


def _float_text(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        raise Unfit("is not a finite number")
    if value.is_integer() and abs(value) < _TEXT_INTEGERS:
        return str(int(value))
    return format(Decimal(repr(value)), "f")


def one_line(text: str) -> str:
    """Line ends become spaces; control characters, which mean nothing in a record, go."""
    return text if text.isprintable() else text.replace("\r\n", "\n").translate(_ONE_LINE)


def many_lines(text: str) -> str:
    """Line ends of every kind become a line feed; other control characters but the tab go."""
    return text if text.isprintable() else text.replace("\r\n", "\n").translate(_MANY_LINES)


def length_of(text: str) -> int:
    """Length in UTF-16 code units: how Apex counts, and never less than any other way Salesforce may count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shorten(text: str, limit: int) -> str:
    """The longest beginning of at most `limit` UTF-16 code units; a character is never cut in two."""
    if length_of(text) <= limit:
        return text
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * limit].decode("utf-16-le", "ignore")
    return kept.rstrip()


def text(field: FieldSchema, *, truncate: bool, lines: bool) -> Coerce:
    """Text of at most the field's length; longer text is shortened with a note, or refused."""
    limit, clean = field.length, many_lines if lines else one_line
    surely_fits = limit // 2 if limit else 10**9

    def coerce(value: Any, notes: list[str]) -> str | None:
        if type(value) is not str:
            value = as_text(value)
        if not value.isprintable():
            value = clean(value)
        value = value.strip()
        if len(value) > surely_fits and length_of(value) > limit:
            value = _shortened(value, field, notes, truncate)
        return value or None

    return coerce


def _shortened(value: str, field: FieldSchema, notes: list[str], truncate: bool) -> str:
    if not truncate:
        raise Unfit(f"is longer than {field.length} characters; shorten it with too_long: truncate")
    notes.append(f"{field.name}: shortened to {field.length} characters")
    return shorten(value, field.length)


def rich_text(field: FieldSchema, *, truncate: bool) -> Coerce:
    """Plain text shown as it is in a rich text field: markup is escaped, and the escapes count (`&amp;` is five)."""
    plain = text(FieldSchema(field.name, field.label, field.type), truncate=truncate, lines=True)

    def coerce(value: Any, notes: list[str]) -> str | None:
        value = plain(value, notes)
        if value is None:
            return None
        escaped = _markup(value)
        if not field.length or length_of(escaped) <= field.length:
            return escaped
        _shortened("", field, notes, truncate)
        fits = _longest(value, field.length)
        return _markup(value[:fits].rstrip()) or None

    return coerce


def _markup(value: str) -> str:
    return html.escape(value).replace("\n", "<br>")


def _longest(value: str, limit: int) -> int:
    """How many characters of `value` fit into `limit` once escaped (binary search: escaping never shortens)."""
    low, high = 0, min(len(value), limit)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if length_of(_markup(value[:middle])) <= limit else (low, middle - 1)
    return low


def half_width(value: Any) -> str:
    """One line of text with full-width letters and digits as plain ones (NFKC): for addresses and numbers."""
    plain = value if type(value) is str else as_text(value)
    return plain.strip() if plain.isascii() else unicodedata.normalize("NFKC", one_line(plain)).strip()


def _limited(value: str, limit: int) -> str:
    if limit and length_of(value) > limit:
        raise Unfit(f"is longer than {limit} characters")
    return value


def phone(field: FieldSchema) -> Coerce:
    def coerce(value: Any, notes: list[str]) -> str | None:
        return _limited(one_line(half_width(value)), field.length) or None

    return coerce


def email(field: FieldSchema) -> Coerce:
    limit = field.length or _EMAIL_LENGTH

    def coerce(value: Any, notes: list[str]) -> str | None:
        address = half_width(value)
        if not address:
            return None
        if len(address) > limit:
            raise Unfit(f"is longer than {limit} characters")
        if not EMAIL.fullmatch(address):
            raise Unfit("is not an e-mail address that Salesforce accepts")
        return address

    return coerce


def url(field: FieldSchema) -> Coerce:
    """Text of a URL field, which Salesforce shows as a link: a scheme that runs code is refused."""

    def coerce(value: Any, notes: list[str]) -> str | None:
        address = one_line(half_width(value))
        scheme = _SCHEME.match(address)
        if (
            scheme and scheme[1].lower() not in _SAFE_SCHEMES and "." not in scheme[1]
        ):  # host.example:8080 has no scheme
            raise Unfit("is not a web address (http or https)")
        return _limited(address, field.length) or None

    return coerce
