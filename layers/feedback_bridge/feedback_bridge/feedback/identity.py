"""The one idempotency key, from the webhook to the External Id in Salesforce."""

import hashlib
import re

_SAFE = re.compile(r"[A-Za-z0-9._-]{1,128}")


def feedback_id(source: str, event_id: str) -> str:
    """`{source}:{event_id}`, with the tool's own id kept as it is while it is safe in a URL and fits the External Id.

    Anything else (other characters, over 128 of them) is replaced by its SHA-256, so that the id is always at most
    197 characters, the same for the same event, and different for different ones.
    """
    return f"{source}:{event_id if _SAFE.fullmatch(event_id) else 'sha256-' + _digest(event_id)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
