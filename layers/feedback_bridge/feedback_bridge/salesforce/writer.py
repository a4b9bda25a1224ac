"""The writes of a batch: in few calls, each record with an outcome of its own, whatever a request met."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from feedback_bridge.delivery.outcome import Meaning, Outcome, Refusal, Refused, no_answer
from feedback_bridge.errors import BridgeError, TransientError
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.bulk import Bulk
from feedback_bridge.salesforce.bulk_rows import fits_bulk
from feedback_bridge.salesforce.collections import MOST_RECORDS, Call, calls, send
from feedback_bridge.salesforce.quota import Quota
from feedback_bridge.salesforce.session import REQUEST_FAULTS, GaveUp, NotSent, Session, TimedOut

WAITS = (0.3, 0.9)
"""Seconds, roughly, before rows that met a lock are sent again; then the queue waits longer."""

FEW = 20
"""Records a call after Apex code of the org ran into a limit, which it did for all records of a call together."""

BULK_ABOVE = 2_000
"""Rows of one object, operation and External Id. Below it, collections are faster and cost as few calls."""

_ENDS_ALL = frozenset({Meaning.PARK, Meaning.SLOW_DOWN, Meaning.LOG_IN})
"""After these the other calls of a batch would fare no better."""

_SOON = frozenset({"UNABLE_TO_LOCK_ROW", "DUPLICATE_VALUE", "BULK_UNPROCESSED"})

_ALL = ""


@dataclass(frozen=True)
class Writer:
    """`patience`: seconds that `write` waits for bulk jobs in all."""

    session: Callable[[], Session]
    quota: Quota
    pause: Callable[[float], None]
    patience: float

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """One outcome a write, in order. Rows that met a lock or a limit of Apex are sent again before that is told."""
        outcomes = self._in_bulk(writes) if len(writes) > BULK_ABOVE else self.by_call(writes)
        for wait in WAITS:
            again = [position for position, outcome in enumerate(outcomes) if _soon_again(outcome)]
            if not again:
                break
            self.pause(wait / 2 + secrets.randbelow(1000) / 1000 * wait)
            most = FEW if any(_met_apex_limit(outcomes[position]) for position in again) else MOST_RECORDS
            for position, outcome in zip(again, self.by_call([writes[at] for at in again], most), strict=True):
                outcomes[position] = outcome
        return outcomes

    def by_call(self, writes: Sequence[Write], most: int = MOST_RECORDS) -> list[Outcome]:
        """Through collections, however many there are."""
        sending = _Sending(self, writes)
        for call in calls(writes, most):
            sending.send(call)
        return [sending.outcomes[position] for position in range(len(writes))]

    def in_bulk(self, writes: Iterable[Write], patience: Callable[[], float]) -> Iterator[tuple[int, Outcome]]:
        """Through bulk jobs: see `Bulk.write`."""
        return Bulk(self.session(), self.by_call, self.quota.admit, self.pause, patience).write(writes)

    def _in_bulk(self, writes: Sequence[Write]) -> list[Outcome]:
        """Groups that are large enough go in bulk, the rest through collections."""
        groups = [_bulk_group(write) for write in writes]
        large = sorted(group for group, count in Counter(groups).items() if group and count > BULK_ABOVE)
        outcomes: dict[int, Outcome] = {}
        until = time.monotonic() + self.patience
        for group in large:
            own = [position for position, named in enumerate(groups) if named == group]
            places = sorted(own, key=lambda position: writes[position].parents)
            for place, outcome in self.in_bulk((writes[at] for at in places), lambda: until - time.monotonic()):
                outcomes[places[place]] = outcome
        rest = [position for position in range(len(writes)) if position not in outcomes]
        outcomes.update(zip(rest, self.by_call([writes[position] for position in rest]), strict=True))
        return [outcomes[position] for position in range(len(writes))]


@dataclass
class _Sending:
    """`put_off` is what calls need not try any more: of an object that kept us waiting in vain, or `_ALL`."""

    writer: Writer
    writes: Sequence[Write]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    put_off: dict[str, Refusal] = field(default_factory=dict)

    def send(self, call: Call) -> None:
        """A request refused whole for one record's sake is halved until that record is alone."""
        refusal = self._put_off(call)
        if refusal is None:
            try:
                outcomes = send(self._admitted(), call, self.writes)
                self.outcomes.update(zip(call.positions, outcomes, strict=True))
                return
            except Refused as error:
                if parts := list(self._parts(call, error)):
                    for part in parts:
                        self.send(part)
                    return
                refusal = self._refused(error)
            except TransientError as error:
                refusal = self._unanswered(call, error)
        self.outcomes.update(dict.fromkeys(call.positions, refusal))

    def _admitted(self) -> Session:
        """Raises NotSent, Refused."""
        try:
            self.writer.quota.admit()
            return self.writer.session()
        except BridgeError as error:
            raise NotSent(str(error)) from error

    def _put_off(self, call: Call) -> Refusal | None:
        if not self.put_off:
            return None
        names = [_ALL, *(self.writes[position].object for position in call.positions)]
        return next((self.put_off[name] for name in names if name in self.put_off), None)

    def _refused(self, error: Refused) -> Refusal:
        refusal = error.refusal
        if refusal.meaning in _ENDS_ALL or error.status == 401:
            self.put_off[_ALL] = refusal
        return refusal

    def _unanswered(self, call: Call, error: TransientError) -> Refusal:
        if isinstance(error, NotSent):
            self.put_off[_ALL] = _not_sent(str(error))
            return self.put_off[_ALL]
        if isinstance(error, TimedOut):
            waited = _not_sent("Salesforce kept another request for this object waiting for too long.")
            self.put_off.update((self.writes[position].object, waited) for position in call.positions)
        return no_answer(str(error), under_way=not isinstance(error, GaveUp))

    def _parts(self, call: Call, error: Refused) -> Iterator[Call]:
        """What to send instead of a refused call, if anything.

        A mapping that does not fit its org must not stop another one in the call: their records differ in shape.
        """
        if error.status not in REQUEST_FAULTS or len(call.positions) == 1:
            return
        if error.refusal.meaning is Meaning.RECORD:
            middle = len(call.positions) // 2
            yield Call(call.method, call.path, call.positions[:middle])
            yield Call(call.method, call.path, call.positions[middle:])
        elif error.refusal.meaning is Meaning.MAPPING:
            shapes: dict[tuple[str, frozenset[str]], list[int]] = {}
            for position in call.positions:
                write = self.writes[position]
                shapes.setdefault((write.object, frozenset(write.fields)), []).append(position)
            if len(shapes) > 1:
                yield from (Call(call.method, call.path, tuple(positions)) for positions in shapes.values())


def _bulk_group(write: Write) -> tuple[str, str, str] | None:
    """A plain insert is kept out of jobs: one whose worker died goes on for longer than its records are looked for."""
    if write.plain or not fits_bulk(write):
        return None
    return write.object, write.operation, write.external_id[0] if write.external_id else ""


def _not_sent(reason: str) -> Refusal:
    return Refusal("NOT_SENT", Meaning.RETRY, (), reason)


def _soon_again(outcome: Outcome) -> bool:
    """Locks, records that two workers made at once, and rows that a bulk job did not get to."""
    if not isinstance(outcome, Refusal) or outcome.meaning is not Meaning.RETRY:
        return False
    return outcome.code in _SOON or _met_apex_limit(outcome)


def _met_apex_limit(outcome: Outcome) -> bool:
    """A lock or a governor limit that Apex code or a flow ran into: fewer records at once need fewer of both."""
    return isinstance(outcome, Refusal) and outcome.code.startswith("CANNOT_") and outcome.meaning is Meaning.RETRY
