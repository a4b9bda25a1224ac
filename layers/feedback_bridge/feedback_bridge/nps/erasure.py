"""What an erasure takes out of the histories of the people who are known by an address."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from feedback_bridge.nps.identity import is_email
from feedback_bridge.nps.ledger import Entry, Person, Pointer


@dataclass(frozen=True, slots=True)
class Removal:
    """`gone` are taken away, `kept` written in their place: what is left of somebody who has other addresses too.

    `linked` are the other addresses (their keys) by which the same people are known.
    """

    gone: tuple[Entry, ...] = ()
    kept: tuple[Person, ...] = ()
    linked: tuple[str, ...] = ()

    @property
    def people(self) -> int:
        return sum(isinstance(entry, Person) for entry in (*self.gone, *self.kept))


def known_by(keys: Iterable[str], entries: Mapping[str, Entry]) -> set[str]:
    """The keys to be read as well before `removal` can tell: all by which the people of `keys` are known."""
    return {known for person in _people(keys, entries) for known in (person.key, *person.known_as)} - entries.keys()


def removal(
    address: str, keys: Collection[str], entries: Mapping[str, Entry], feedback_ids: Collection[str], *, last: bool
) -> Removal:
    """`address` is the key of the address; `keys` are all of the person's, that one among them.

    Somebody with no other address is forgotten altogether. Of somebody who has one, these answers go, and with the
    `last` of them the address.
    """
    gone: dict[str, Entry] = {}
    kept: list[Person] = []
    linked: list[str] = []
    for person in _people(keys, entries):
        known = (person.key, *person.known_as)
        others = [key for key in known if is_email(key) and key != address]
        linked += others
        rest = tuple(answer for answer in person.answers if answer.feedback_id not in feedback_ids)
        if others and person.key != address and rest:
            left = tuple(key for key in person.known_as if key != address or not last)
            invited = tuple(item for item in person.invited if item.feedback_id not in feedback_ids)
            if (rest, left, invited) != (person.answers, person.known_as, person.invited):
                kept.append(replace(person, answers=rest, known_as=left, invited=invited))
        else:
            gone |= {key: entries[key] for key in known if key in entries and _leads_to(entries[key], person)}
    pointer = entries.get(address)
    if last and isinstance(pointer, Pointer):
        gone[address] = pointer
    return Removal(tuple(gone.values()), tuple(kept), tuple(dict.fromkeys(linked)))


def _people(keys: Iterable[str], entries: Mapping[str, Entry]) -> list[Person]:
    found = {}
    for key in keys:
        entry = entries.get(key)
        if isinstance(entry, Pointer):
            entry = entries.get(entry.to or f"{key}#alone")
        if isinstance(entry, Person):
            found[entry.key] = entry
    return list(found.values())


def _leads_to(entry: Entry, person: Person) -> bool:
    return entry is person or (isinstance(entry, Pointer) and entry.to == person.key)
