"""One Salesforce org, as the rest of the product speaks with it."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from feedback_bridge.config.org import OrgDocument
from feedback_bridge.delivery.outcome import Meaning, Outcome, Refusal, Refused, no_answer
from feedback_bridge.errors import BridgeError
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.mapping.schema import ObjectSchema, object_schema
from feedback_bridge.mapping.scope import OrgTraits
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.collections import Call, calls, send
from feedback_bridge.salesforce.find import find
from feedback_bridge.salesforce.http import new_http
from feedback_bridge.salesforce.quota import Quota
from feedback_bridge.salesforce.session import Session
from feedback_bridge.salesforce.shared import Shared
from feedback_bridge.salesforce.tokens import Tokens

LOCK_WAITS = (0.3, 0.9)
"""Seconds, roughly, before rows that met a lock are sent again; then the queue waits longer."""

DESCRIBE_HOLDS = timedelta(minutes=15)


@dataclass
class Org:
    """Made once a process and org. `credentials` gives the org's secret as it is now; `pause` waits seconds.

    Every method raises TransientError or PermanentError for a login that fails, and Refused (PARK) while our share of
    the day's calls is used up.
    """

    document: OrgDocument
    credentials: Callable[[], str]
    shared: Shared
    clock: Callable[[], datetime]
    pause: Callable[[float], None] = time.sleep
    _quota: Quota | None = None
    _session: Session | None = None
    _traits: OrgTraits | None = None
    _schemas: dict[str, tuple[ObjectSchema | None, datetime]] = field(default_factory=dict)

    def schema(self, sobject: str, *, fresh: bool = False) -> ObjectSchema | None:
        """What the integration user may see of an object; None when it may not see it at all.

        Remembered for fifteen minutes by all workers; `fresh` asks the org. Raises TransientError, Refused.
        """
        now = self.clock()
        held = self._schemas.get(sobject.lower())
        if held and not fresh and now - held[1] < DESCRIBE_HOLDS:
            return held[0]
        shared = None if fresh else self.shared.describe(sobject)
        if shared and now - shared[1] < DESCRIBE_HOLDS:
            described, at = shared
        else:
            described, at = self._describe(sobject), now
            self.shared.save_describe(sobject, described, now)
        schema = object_schema(described) if described else None
        self._schemas[sobject.lower()] = (schema, at)
        return schema

    def traits(self) -> OrgTraits:
        """Raises TransientError, Refused."""
        if self._traits is None:
            zone = self.document.timezone or self._own_timezone()
            self._traits = OrgTraits(timezone=zone, allow_delete=self.document.allow_delete)
        return self._traits

    def find(self, queries: Sequence[RecordQuery]) -> list[list[Row]]:
        """The records of each query, in order. Raises TransientError, Refused."""
        if not queries:
            return []
        self.quota.admit()
        return find(self.session(), queries)

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """One outcome a write, in order. Records that met a lock are tried again at once before that is told."""
        if not writes:
            return []
        self.quota.admit()
        outcomes = self._write(writes)
        for wait in LOCK_WAITS:
            locked = [position for position, outcome in enumerate(outcomes) if _locked(outcome)]
            if not locked:
                break
            self.pause(wait / 2 + secrets.randbelow(1000) / 1000 * wait)
            for position, outcome in zip(locked, self._write([writes[at] for at in locked]), strict=True):
                outcomes[position] = outcome
        return outcomes

    @property
    def quota(self) -> Quota:
        if self._quota is None:
            reserve = self.document.daily_calls.reserve_for_others
            self._quota = Quota(self.document.id, reserve, self.shared, self.clock)
        return self._quota

    def session(self) -> Session:
        if self._session is None:
            tokens = Tokens(self.document, self.credentials, self.shared, self.clock)
            self._session = Session(
                tokens.current(), self.document.api_version, new_http(), tokens.renew, self.quota.note
            )
        return self._session

    def _write(self, writes: Sequence[Write]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        self.session()
        for call in calls(writes):
            outcomes.update(zip(call.positions, self._send(call, writes), strict=True))
        return [outcomes[position] for position in range(len(writes))]

    def _send(self, call: Call, writes: Sequence[Write]) -> list[Outcome]:
        """A request refused whole for one record's sake is halved until that record is alone."""
        try:
            return send(self.session(), call, writes)
        except Refused as error:
            if error.refusal.meaning is not Meaning.RECORD or len(call.positions) == 1:
                return [error.refusal] * len(call.positions)
        except BridgeError as error:
            return [no_answer(str(error))] * len(call.positions)
        middle = len(call.positions) // 2
        halves = call.positions[:middle], call.positions[middle:]
        return [outcome for half in halves for outcome in self._send(Call(call.method, call.path, half), writes)]

    def _own_timezone(self) -> str:
        rows = list(self.session().query_all_iter("SELECT TimeZoneSidKey FROM Organization LIMIT 1"))
        return str((rows and rows[0]["TimeZoneSidKey"]) or "UTC")

    def _describe(self, sobject: str) -> dict[str, object]:
        """Empty for an object that the org does not show to us."""
        try:
            return dict(self.session().restful(f"sobjects/{quote(sobject, safe='')}/describe") or {})
        except Refused as error:
            if error.status == 404:
                return {}
            raise


def _locked(outcome: Outcome) -> bool:
    return isinstance(outcome, Refusal) and outcome.code == "UNABLE_TO_LOCK_ROW"
