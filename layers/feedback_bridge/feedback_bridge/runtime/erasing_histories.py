"""The scores of a person, and the keys by which the person is known, taken out of the histories."""

import secrets
import time
from collections.abc import Collection
from datetime import datetime

from feedback_bridge.aws.cooling import Cooling
from feedback_bridge.aws.history import Met
from feedback_bridge.errors import TransientError
from feedback_bridge.nps.erasure import known_by, removal
from feedback_bridge.nps.ledger import Entry, needed
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.histories import table
from feedback_bridge.runtime.reading import configs

_TRIES = 6
_FIRST_PAUSE = 0.02


def forget(
    address: str, keys: Collection[str], feedback_ids: Collection[str], now: datetime, *, last: bool
) -> tuple[int, list[str]]:
    """How many people's histories changed, with the notes of automations about them, and the keys of the other
    addresses by which they are known. Raises TransientError.
    """
    pause = _FIRST_PAUSE
    for _ in range(_TRIES):
        found = removal(address, keys, _entries(keys), feedback_ids, last=last)
        try:
            if found.gone or found.kept:
                table().replace(found.kept, found.gone, now)
        except Met:
            time.sleep(pause * (0.5 + secrets.randbelow(1000) / 1000))
            pause *= 2
            continue
        _forget_notes({*keys, *(entry.key for entry in found.gone)})
        return found.people, list(found.linked)
    raise TransientError("Other workers keep changing the same histories.")


def _forget_notes(people: Collection[str]) -> None:
    """For whom an automation has run lately."""
    cooling = Cooling(settings.history_table())
    for automation in configs().all_published("automation"):
        for key in people:
            cooling.forget(automation.id, key)


def known(address: str) -> int:
    """1 while somebody is known by the address."""
    return len(table().read([address]))


def _entries(keys: Collection[str]) -> dict[str, Entry]:
    entries = table().read(keys)
    if further := needed(keys, entries):
        entries |= table().read(further)
    if further := known_by(keys, entries):
        entries |= table().read(further)
    return entries
