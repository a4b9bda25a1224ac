"""Who calls, and whether they may. Every refusal of a token is the same: nothing tells what was wrong with it."""

import re
from collections.abc import Mapping
from datetime import datetime

from feedback_bridge.aws.tokens import Scope, Token, find_token
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.admin.call import Wrong

_BEARER = re.compile(r"Bearer +([\x21-\x7e]{1,512}) *", re.IGNORECASE)

_NEEDED = "A valid token is needed: Authorization: Bearer <token>."

_RANK: Mapping[str, int] = {"viewer": 1, "operator": 2, "admin": 3}
"""What each scope includes: those of a lower rank. `agent` belongs to desks and has none here."""


def authenticated(headers: Mapping[str, str], now: datetime) -> Token:
    """The caller's token (RFC 6750). Raises Wrong 401; TransientError when it cannot be looked up."""
    given = _BEARER.fullmatch(headers.get("authorization", ""))
    token = find_token(settings.token_table(), given[1], now) if given else None
    if token is None:
        raise Wrong(401, _NEEDED, headers={"WWW-Authenticate": "Bearer"})
    return token


def require(token: Token, scope: Scope) -> None:
    """Raises Wrong 403."""
    if _RANK.get(token.scope, 0) < _RANK[scope]:
        raise Wrong(403, f"This needs a token of scope {scope}.")
