"""Connected apps, users who may log in, and the sessions they get."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field

from .permissions import Permissions

DEFAULT_LIFETIME_SECONDS = 7200


@dataclass
class ConnectedApp:
    """`run_as` is the user of the client-credentials flow; `public_key` (PEM) checks JWTs of `authorised` users."""

    client_id: str
    client_secret: str
    run_as: str | None = None
    public_key: str | None = None
    authorised: set[str] = field(default_factory=set)


@dataclass
class Login:
    """A user who may log in."""

    username: str
    user_id: str
    permissions: Permissions
    active: bool = True


@dataclass
class Session:
    token: str
    login: Login
    client_id: str
    expires_at: float

    @property
    def user_id(self) -> str:
        return self.login.user_id

    @property
    def permissions(self) -> Permissions:
        return self.login.permissions


class Sessions:
    """Tokens look like Salesforce's: the 15-character org id, an exclamation mark, and a secret."""

    def __init__(self, org_id: str) -> None:
        self._org_id = org_id
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()
        self.lifetime_seconds: float = DEFAULT_LIFETIME_SECONDS
        self.issued = 0

    def issue(self, login: Login, client_id: str) -> Session:
        token = f"{self._org_id[:15]}!AQ{secrets.token_urlsafe(69).replace('-', '.')}"
        session = Session(token, login, client_id, time.monotonic() + self.lifetime_seconds)
        with self._lock:
            self._sessions[token] = session
            self.issued += 1
        return session

    def find(self, token: str) -> Session | None:
        """The live session, or None. Use keeps a session alive."""
        session = self._sessions.get(token)
        if session is None or session.expires_at <= time.monotonic() or not session.login.active:
            return None
        session.expires_at = max(session.expires_at, time.monotonic() + self.lifetime_seconds / 2)
        return session

    def revoke(self, token: str) -> bool:
        with self._lock:
            return self._sessions.pop(token, None) is not None

    def expire_all(self) -> int:
        with self._lock:
            count = len(self._sessions)
            self._sessions.clear()
        return count
