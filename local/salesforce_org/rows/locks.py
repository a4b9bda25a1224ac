"""Row locks: what makes two parallel writers of one account collide.

Source: "Record Locking Cheat Sheet" of Salesforce. A transaction keeps its locks to its end; who waits longer than
the lock wait (10 s in Salesforce, short here) is refused with UNABLE_TO_LOCK_ROW.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Any

from local.salesforce_org.schema.model import SObject


class LockTable:
    """Exclusive locks by key, re-entrant for their owner."""

    def __init__(self) -> None:
        self._owners: dict[str, object] = {}
        self._held: dict[int, list[str]] = {}
        self._changed = threading.Condition()
        self.refused = 0

    def acquire(self, owner: object, keys: Iterable[str], deadline: float) -> str | None:
        """Takes all the keys or none; returns None, or the key that stayed taken until `deadline` (monotonic)."""
        taken: list[str] = []
        with self._changed:
            for key in keys:
                while self._owners.get(key, owner) is not owner:
                    remaining = deadline - time.monotonic()
                    if remaining <= 0 or not self._changed.wait(remaining):
                        if self._owners.get(key, owner) is owner:
                            break
                        self._give_back(taken)
                        self.refused += 1
                        return key
                if key not in self._owners:
                    self._owners[key] = owner
                    taken.append(key)
            self._held.setdefault(id(owner), []).extend(taken)
        return None

    def release(self, owner: object) -> None:
        with self._changed:
            self._give_back(self._held.pop(id(owner), []))

    def _give_back(self, keys: list[str]) -> None:
        for key in keys:
            del self._owners[key]
        if keys:
            self._changed.notify_all()


def parents_to_lock(sobject: SObject, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Ids of the rows that a write of one row locks beside it: masters, the parents in `locks`, and the target of a
    custom lookup that restricts deletion, when it changes."""
    ids: list[str] = []
    for field in sobject.lock_fields:
        before = old.get(field.name)
        after = new.get(field.name, before)
        if field.restricted_delete and before == after:
            continue
        ids += [value for value in (before, after) if value]
    return ids
