"""Salesforce record ids, as they turn up in hidden fields and embedded data."""

from feedback_bridge.feedback.record_id import long_id

PERSON_PREFIXES = ("003", "00Q")
"""Contact and Lead: the two records that are a person."""
ACCOUNT_PREFIX = "001"


def record_id(text: str, *prefixes: str) -> str | None:
    """The 18-character form of `text` when it is a Salesforce id that begins with one of `prefixes`, else None.

    A wrong checksum is no id. Neither are 15 digits: a member number could look the same.
    """
    return None if text.isdigit() or not text.startswith(prefixes) else long_id(text)
