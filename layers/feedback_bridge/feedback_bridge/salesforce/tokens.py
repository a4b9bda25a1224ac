"""One token for all workers of an org: one that finds it expired logs in, and the others take what it got."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

import requests

from feedback_bridge.config.org import OrgDocument
from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.salesforce.login import Token, log_in, unusable
from feedback_bridge.salesforce.shared import Shared

WAITS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds between looks at whether another worker has logged in; a login takes about one."""


@dataclass(frozen=True)
class Tokens:
    org: OrgDocument
    credentials: Callable[[], str]
    shared: Shared
    clock: Callable[[], datetime]
    http: Callable[[], requests.Session]

    def current(self) -> Token:
        """The shared token, or a new one. Raises as `log_in` does."""
        return self._held() or self.renew(None)

    def renew(self, expired: Token | None) -> Token:
        """A token other than the expired one. Raises as `log_in` does."""
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
        """The right to log in is given back however it ends; saving a token does so too."""
        try:
            held = self._held()
            if held and held != expired:
                self.shared.login_failed()
                return held
            token = log_in(self.org, self._credentials(), self.clock(), self.http())
        except BaseException:
            self.shared.login_failed()
            raise
        self.shared.save_token({**asdict(token), "login": self._login}, self.clock())
        return token

    def _credentials(self) -> str:
        """A secret that is not there is one that cannot be used: what waits goes on once it has been set."""
        try:
            return self.credentials()
        except PermanentError as error:
            raise unusable(str(error)) from error

    def _held(self) -> Token | None:
        """A token of another login, as the org's document said it before it was changed, is none of ours."""
        held = self.shared.token()
        if not held or held.get("login") != self._login:
            return None
        return Token(held["access_token"], held["instance_url"], held["user_id"])

    @property
    def _login(self) -> str:
        return f"{self.org.auth} {self.org.login_url} {self.org.secret}"
