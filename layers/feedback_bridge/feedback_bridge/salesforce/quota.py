"""The day's API calls: how many there are, and how many of them are ours to use."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedback_bridge.delivery.outcome import Meaning, Refusal, Refused
from feedback_bridge.errors import BridgeError
from feedback_bridge.salesforce.shared import Shared

TOLD_EVERY = timedelta(seconds=10)
"""A worker tells the others no more often, and asks no more often."""

PROBED_AFTER = timedelta(minutes=5)
"""While nothing is sent nothing is heard; so long after the last word, one call asks whether the window has freed."""


@dataclass
class Quota:
    """`reserve` is the share of the day's calls that is not ours, whoever has used up the rest.

    While it is used up, one call in `probed_after` is let pass.
    """

    org: str
    reserve: float
    shared: Shared
    clock: Callable[[], datetime]
    probed_after: timedelta = PROBED_AFTER
    _used: int = 0
    _limit: int = 0
    _heard: datetime | None = None
    _told: datetime | None = None
    _asked: datetime | None = None

    def note(self, used: int, limit: int) -> None:
        """What an answer said (`Sforce-Limit-Info`). It is no exact counter: Salesforce's servers tell it late."""
        now = self.clock()
        was_spent = self._spent()
        self._used, self._limit, self._heard = used, limit, now
        if self._told is None or now - self._told > TOLD_EVERY or self._spent() or was_spent:
            self._told = now
            # The answer that told it counts for more than the telling: the next one tells it again.
            with suppress(BridgeError):
                self.shared.save_usage(used, limit, now)

    def exhausted(self) -> None:
        """Salesforce refused a call for want of any more, whatever the last count was."""
        limit = self._limit or 1
        self.note(max(self._used, limit), limit)

    def check(self) -> None:
        """Raises Refused (PARK) while our share is used up, as far as any worker knows; no call is to be made then.

        Every `probed_after` it lets one pass, to hear whether the window has freed.
        """
        now = self.clock()
        self._listen(now)
        if self._spent() and self._heard and now - self._heard < self.probed_after:
            raise Refused(self._refusal(), 403)

    def admit(self) -> None:
        """`check`, before a call that is made for certain: while our share is used up it is the only one to pass."""
        self.check()
        if self._spent():
            self._heard = self.clock()
            self.shared.save_usage(self._used, self._limit, self._heard)

    def _listen(self, now: datetime) -> None:
        """Take the others' word where it is newer than ours; a worker that may be the probe asks again."""
        heard_lately = self._heard is not None and now - self._heard <= TOLD_EVERY
        asked_lately = self._asked is not None and now - self._asked <= TOLD_EVERY
        due = self._spent() and self._heard is not None and now - self._heard >= self.probed_after
        if (heard_lately or asked_lately) and not due:
            return
        self._asked = now
        told = self.shared.usage()
        if told and (self._heard is None or told.at > self._heard):
            self._used, self._limit, self._heard = told.used, told.limit, told.at

    def _spent(self) -> bool:
        return bool(self._limit) and self._used >= self._limit * (1 - self.reserve)

    def _refusal(self) -> Refusal:
        share = round(self.reserve * 100)
        told = (
            f"{self._used} of the day's {self._limit} API calls of org {self.org} are used and {share} % are reserved."
        )
        return Refusal("QUOTA_RESERVED", Meaning.PARK, (), f"{told} It goes on by itself when the window frees.")
