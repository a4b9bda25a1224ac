"""One Salesforce org, as the rest of the product speaks with it."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import quote

import requests

from feedback_bridge.config.org import OrgDocument
from feedback_bridge.delivery.outcome import Meaning, Outcome, Refused
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.mapping.schema import ObjectSchema, object_schema
from feedback_bridge.mapping.scope import OrgTraits
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.bulk import bulk_query
from feedback_bridge.salesforce.deletes import DeleteCap
from feedback_bridge.salesforce.find import find
from feedback_bridge.salesforce.http import new_http
from feedback_bridge.salesforce.login import log_in
from feedback_bridge.salesforce.quota import PROBED_AFTER, Quota
from feedback_bridge.salesforce.session import Session
from feedback_bridge.salesforce.shared import Shared
from feedback_bridge.salesforce.tokens import Tokens
from feedback_bridge.salesforce.writer import Writer

DESCRIBE_HOLDS = timedelta(minutes=15)

WRITE_PATIENCE, SYNC_PATIENCE = 60.0, 600.0
"""Seconds that a bulk job is waited for: in a function that works off a queue, which has two minutes in all; in one
that does nothing else."""


@dataclass(repr=False)
class Org:
    """Made once a process and org. `credentials` gives the org's secret as it is now; `pause` waits seconds.

    Every method raises TransientError where Salesforce does not answer or refuses the login, Refused where the secret
    cannot be used, and Refused (PARK) while our share of the day's calls is used up: then none is made.
    """

    document: OrgDocument
    credentials: Callable[[], str]
    shared: Shared
    clock: Callable[[], datetime]
    pause: Callable[[float], None] = time.sleep
    probed_after: timedelta = PROBED_AFTER
    http: Callable[[], requests.Session] = new_http
    bulk_patience: float = WRITE_PATIENCE
    _traits: OrgTraits | None = None
    _schemas: dict[str, tuple[ObjectSchema | None, datetime]] = field(default_factory=dict)

    def schema(self, sobject: str, *, fresh: bool = False) -> ObjectSchema | None:
        """What the integration user may see of an object; None when it may not see it at all.

        Remembered for fifteen minutes by all workers, and for as long as the org may not be asked; `fresh` asks it now.
        """
        held = self._schemas.get(sobject.lower())
        if held and not fresh and self._holds(held[1]):
            return held[0]
        known = None if fresh else self.shared.describe(sobject)
        if known is None or not self._holds(known[1]):
            try:
                known = self._describe(sobject), self.clock()
                self.shared.save_describe(sobject, *known)
            except Refused as error:
                if known is None or error.refusal.meaning is not Meaning.PARK:
                    raise
        described, at = known
        schema = object_schema(described) if described else None
        self._schemas[sobject.lower()] = (schema, at)
        return schema

    def traits(self) -> OrgTraits:
        """What of the org itself matters for mappings."""
        if self._traits is None:
            zone = self.document.timezone or self._own_timezone()
            self._traits = OrgTraits(timezone=zone, allow_delete=self.document.allow_delete)
        return self._traits

    def user_id(self) -> str:
        """The integration user's."""
        return self.session().token.user_id

    def find(self, queries: Sequence[RecordQuery]) -> list[list[Row]]:
        """The records of each query, in order."""
        if not queries:
            return []
        self.quota.admit()
        return find(self.session(), queries)

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """One outcome a write, in order. Records that met a lock are tried again at once before that is told.

        Above 2,000 of one object, operation and External Id they go in bulk, where it is as good and safe. Deletes
        beyond the number of the hour are refused (PARK) and not sent.
        """
        if not writes:
            return []
        self.quota.check()
        self.session()
        beyond = self._delete_cap.beyond(writes)
        sent = iter(self._writer.write([write for position, write in enumerate(writes) if position not in beyond]))
        return [self._delete_cap.refusal() if position in beyond else next(sent) for position in range(len(writes))]

    def bulk_write(self, writes: Iterable[Write], *, patience: float = SYNC_PATIENCE) -> Iterator[tuple[int, Outcome]]:
        """As `write`, in bounded memory: positions and outcomes as they come, in any order. See `Bulk.write`.

        `patience`: seconds that each job is waited for.
        """
        self.quota.check()
        return self._writer.in_bulk(writes, lambda: patience)

    def bulk_query(self, soql: str, *, patience: float = SYNC_PATIENCE) -> Iterator[dict[str, str]]:
        """The rows that a query finds, however many, in bounded memory. See `bulk_query`."""
        self.quota.admit()
        return bulk_query(self.session(), soql, patience, self.pause)

    def try_login(self) -> None:
        """Logs in with the secret as it is now, which the shared token does not tell of. Raises as `log_in`."""
        log_in(self.document, self.credentials(), self.clock(), self.http())

    def session(self) -> Session:
        return self._session

    @cached_property
    def _delete_cap(self) -> DeleteCap:
        return DeleteCap(self.document.id, self.document.deletes_per_hour, self.shared, self.clock)

    @cached_property
    def quota(self) -> Quota:
        reserve = self.document.daily_calls.reserve_for_others
        return Quota(self.document.id, reserve, self.shared, self.clock, self.probed_after)

    @cached_property
    def _session(self) -> Session:
        tokens = Tokens(self.document, self.credentials, self.shared, self.clock, self.http)
        return Session(tokens.current(), self.document.api_version, self.http(), tokens.renew, self.quota)

    @cached_property
    def _writer(self) -> Writer:
        return Writer(self.session, self.quota, self.pause, self.bulk_patience)

    def _holds(self, at: datetime) -> bool:
        return self.clock() - at < DESCRIBE_HOLDS

    def _own_timezone(self) -> str:
        self.quota.admit()
        rows = list(self.session().query_all_iter("SELECT TimeZoneSidKey FROM Organization LIMIT 1"))
        return str((rows and rows[0]["TimeZoneSidKey"]) or "UTC")

    def _describe(self, sobject: str) -> dict[str, object]:
        """Empty for an object that the org does not show to us."""
        self.quota.admit()
        try:
            return dict(self.session().ask("GET", f"sobjects/{quote(sobject, safe='')}/describe") or {})
        except Refused as error:
            if error.status == 404:
                return {}
            raise
