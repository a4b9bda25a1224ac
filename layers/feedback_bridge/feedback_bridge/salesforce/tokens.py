"""One token for all workers of an org: one that finds it expired logs in, and the others take what it got."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from feedback_bridge.config.org import OrgDocument
from feedback_bridge.errors import TransientError
from feedback_bridge.salesforce.login import Token, log_in
from feedback_bridge.salesforce.shared import Shared

WAITS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds between looks at whether another worker has logged in; a login takes about one."""


@dataclass(frozen=True)
class Tokens:
    org: OrgDocument
    credentials: Callable[[], str]
    shared: Shared
    clock: Callable[[], datetime]

    def current(self) -> Token:
        """The shared token, or a new one. Raises TransientError, PermanentError."""
        held = self._held()
        return held or self.renew(None)

    def renew(self, expired: Token | None) -> Token:
        """A token other than the expired one. Raises TransientError, PermanentError."""
        for wait in (*WAITS, None):
            held = self._held()
            if held and held != expired:
                return held
            if self.shared.may_log_in(self.clock()):
                return self._log_in(expired)
            if wait is not None:
                time.sleep(wait)
        raise TransientError(f"Another worker has been logging in to org {self.org.id} for too long.")

    def _log_in(self, expired: Token | None) -> Token:
        held = self._held()
        if held and held != expired:
            self.shared.login_failed()
            return held
        try:
            token = log_in(self.org, self.credentials(), self.clock())
        except Exception:
            self.shared.login_failed()
            raise
        self.shared.save_token(asdict(token), self.clock())
        return token

    def _held(self) -> Token | None:
        held = self.shared.token()
        return Token(**held) if held else None
