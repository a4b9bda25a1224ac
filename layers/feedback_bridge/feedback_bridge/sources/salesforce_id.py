"""Salesforce record ids, as they turn up in hidden fields and embedded data.

An id has 15 case-sensitive characters, and in its 18-character form 3 more that say which of them are upper-case
(Salesforce Help, "How do I convert a 15-character ID to an 18-character ID").
"""

import re
import string

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?")
_CHECKSUM = string.ascii_uppercase + "012345"
PERSON_PREFIXES = ("003", "00Q")
"""Contact and Lead: the two records that are a person."""
ACCOUNT_PREFIX = "001"


def record_id(text: str, *prefixes: str) -> str | None:
    """The 18-character form of `text` when it is a Salesforce id that begins with one of `prefixes`, else None.

    A wrong checksum is no id. Neither are 15 digits: a member number could look the same.
    """
    if not text.startswith(prefixes) or not _ID.fullmatch(text) or text.isdigit():
        return None
    full = text[:15] + checksum(text[:15])
    return full if text in (full, text[:15]) else None


def checksum(short: str) -> str:
    """The three characters that make an 18-character id of a 15-character one."""
    return "".join(
        _CHECKSUM[
            sum(1 << place for place, char in enumerate(short[start : start + 5]) if char in string.ascii_uppercase)
        ]
        for start in (0, 5, 10)
    )
