"""Which account an answer counts for, and in which segments."""

from collections.abc import Iterable, Mapping
from typing import Any

from feedback_bridge.feedback.record_id import long_id

_KEY = "account#"
LONGEST_ID, LONGEST_SEGMENT, MOST_VALUES = 200, 60, 10


def account_key(source: str, account: object) -> str | None:
    """The account's key: by its Salesforce id, or by the tool's own id, which may mean another account elsewhere."""
    text = str(account).strip() if isinstance(account, (str, int)) and not isinstance(account, bool) else ""
    if not text or len(text) > LONGEST_ID:
        return None
    record = long_id(text) if text.startswith("001") else None
    return _KEY + (record or f"{source}#{text}")


def salesforce_account_key(account: str) -> str | None:
    """The key of a Salesforce id alone, or None for what is none."""
    record = long_id(account)
    return _KEY + record if record else None


def account_id(key: str) -> str:
    """The id that a key was made of."""
    return key.removeprefix(_KEY).partition("#")[2] or key.removeprefix(_KEY)


def segments(values: Mapping[str, Any]) -> tuple[str, ...]:
    """`tier=gold` for each value of each segment, without what is empty or too long to be a segment."""
    found = (f"{name}={text}" for name, value in sorted(values.items()) for text in _texts(value))
    return tuple(dict.fromkeys(found))[:MOST_VALUES]


def _texts(value: Any) -> Iterable[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, bool):
            yield str(item).lower()
        elif isinstance(item, (str, int, float)):
            text = str(item).strip()
            if 0 < len(text) <= LONGEST_SEGMENT:
                yield text
