"""One DML statement: up to a few thousand writes, each of which succeeds or fails by itself (or all together).

The order is Salesforce's: find the target, read the values, lock the rows, then check and save. Locks are kept for
the simulated time of the transaction, and the rows change at its end, so that nobody reads what is not committed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.salesforce_org.errors import ROLLED_BACK, SalesforceError, lock_refused
from local.salesforce_org.schema.model import Field, SObject

from . import reading, saving, targets
from .locks import parents_to_lock
from .store import Row, UndoLog

if TYPE_CHECKING:
    from local.salesforce_org.org import Org
    from local.salesforce_org.sessions import Session


@dataclass
class Options:
    """What the caller's headers ask for. `assignment` is False, True or the id of a rule."""

    assignment: bool | str = True
    allow_duplicates: bool = False


@dataclass
class Write:
    """One row of a statement; `error` and `record_id` are its outcome."""

    operation: str
    sobject: SObject
    payload: dict[str, Any] = field(default_factory=dict)
    record_id: str | None = None
    key: tuple[Field, Any] | None = None
    error: SalesforceError | None = None
    created: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    old: Row | None = None

    @property
    def is_create(self) -> bool:
        return self.operation == "create" or (self.operation == "upsert" and self.created)


class Transaction:
    """Holds locks and the way back until it is committed or rolled back."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.undo = UndoLog()

    def commit(self) -> None:
        self.org.locks.release(self)

    def rollback(self) -> None:
        with self.org.mutex:
            self.undo.undo()
        self.org.locks.release(self)


@dataclass
class Statement:
    org: Org
    session: Session
    options: Options
    transaction: Transaction
    deadline: float = 0.0

    def run(self, writes: list[Write], *, all_or_none: bool = False) -> None:
        """Carries the writes out; outcomes are left in them. The transaction stays open."""
        self.deadline = time.monotonic() + self.org.settings.lock_wait_ms / 1000
        with self.org.mutex:
            targets.refuse_repeated(writes)
            for write in writes:
                self._try(write, self._prepare)
        for write in writes:
            self._try(write, self._lock)
        if all_or_none and any(write.error for write in writes):
            _fail_all(writes)
            return
        self._spend_time(sum(1 for write in writes if not write.error))
        with self.org.mutex:
            mark = self.transaction.undo.mark()
            for write in writes:
                self._try(write, self._save)
            if all_or_none and any(write.error for write in writes):
                self.transaction.undo.undo(mark)
                _fail_all(writes)

    def _try(self, write: Write, step: Any) -> None:
        if write.error is not None:
            return
        mark = self.transaction.undo.mark()
        try:
            step(write)
        except SalesforceError as problem:
            self.transaction.undo.undo(mark)
            write.error = problem

    def _prepare(self, write: Write) -> None:
        targets.find(self, write)
        if write.operation != "delete":
            reading.read(self, write)

    def _lock(self, write: Write) -> None:
        keys = [write.record_id] if write.record_id else []
        keys += parents_to_lock(write.sobject, write.old or {}, write.values)
        for name, value in write.values.items():
            if value is not None and write.sobject.fields[name].unique:
                keys.append(f"{write.sobject.name}.{name}={value}")
        blocked = self.org.locks.acquire(self.transaction, keys, self.deadline)
        if blocked is not None:
            raise lock_refused(blocked if "=" not in blocked else write.record_id or "000000000000000AAA")

    def _save(self, write: Write) -> None:
        fault = self.org.faults.row_fault(write.sobject.name, write.operation) if self.org.faults.rules else None
        if fault is not None:
            raise SalesforceError(str(fault.row_code), fault.row_message or str(fault.row_code), [])
        if write.operation == "delete":
            saving.delete(self, write)
        else:
            saving.save(self, write)

    def _spend_time(self, rows: int) -> None:
        settings = self.org.settings
        pause = settings.transaction_ms + rows * settings.row_ms if rows else 0
        if pause > 0:
            time.sleep(pause / 1000)


def _fail_all(writes: list[Write]) -> None:
    for write in writes:
        if write.error is None:
            write.error = SalesforceError("ALL_OR_NONE_OPERATION_ROLLED_BACK", ROLLED_BACK, [])


def run_alone(org: Org, session: Session, options: Options, writes: list[Write], *, all_or_none: bool = False) -> None:
    """A statement that is a transaction of its own."""
    transaction = Transaction(org)
    try:
        Statement(org, session, options, transaction).run(writes, all_or_none=all_or_none)
    except BaseException:
        transaction.rollback()
        raise
    transaction.commit()
