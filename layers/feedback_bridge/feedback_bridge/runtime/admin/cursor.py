"""Cursors of lists that go on after a name. Clients take them as they are."""

import base64
import json

from feedback_bridge.runtime.admin.call import unfit


def cursor_of(name: str | None) -> str | None:
    return base64.urlsafe_b64encode(json.dumps([name]).encode()).decode() if name is not None else None


def name_in(cursor: str | None) -> str | None:
    """Raises Wrong for what is no cursor of ours."""
    if cursor is None:
        return None
    try:
        (name,) = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, RecursionError):
        name = None
    if not isinstance(name, str) or not 0 < len(name.encode("utf-8", "surrogatepass")) <= 1024:
        raise unfit("cursor", "does not belong to this list")
    return name
