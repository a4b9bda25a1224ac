"""Whether an address stands in a body that nobody could read."""

import re
import unicodedata
from urllib.parse import unquote_plus

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_ENCODINGS = ("utf-8", "cp932", "euc_jp", "utf-16")


def mentions(body: bytes, email: str) -> bool:
    """In any encoding that tools send, also percent-encoded or with JSON's escapes; letter case and width aside."""
    wanted = _alike(email)
    return any(
        wanted in _alike(text) for encoding in _ENCODINGS for text in _spellings(body.decode(encoding, "ignore"))
    )


def _spellings(text: str) -> tuple[str, ...]:
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return text, plain, unquote_plus(text)


def _alike(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()
