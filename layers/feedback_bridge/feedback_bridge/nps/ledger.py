"""The histories of the people of one batch: read together, changed in memory, and what of them is to be written.

Whoever is known by several keys has one history, under the strongest of them; the others point to it. A key that turns
out to be shared by two people points to nobody, and what comes under it alone is a history of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from feedback_bridge.nps.history import MOST_INVITATIONS, Change, Invited, Placed, Scored, join, place, withdraw
from feedback_bridge.nps.identity import is_record, is_user, may_become, tells_apart


@dataclass(slots=True)
class Person:
    """`version` counts the writes of the stored item, 0 where there is none yet. `known_as` are the other keys.

    `account` is the one of the newest answer that names one; `invited` are the invitations that no answer has followed.
    """

    key: str
    version: int = 0
    answers: tuple[Scored, ...] = ()
    floor: str = ""
    known_as: tuple[str, ...] = ()
    account: str | None = None
    invited: tuple[Invited, ...] = ()


@dataclass(slots=True)
class Pointer:
    """A key whose person is kept under another one; `to` is None where two people share it."""

    key: str
    to: str | None
    version: int = 0


Entry = Person | Pointer


@dataclass(slots=True)
class Group:
    """Entries that must be written together or not at all, with the changes that the counters owe to them."""

    keys: set[str] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)


@dataclass
class Ledger:
    """`entries` are those read from the table, by key; keys that it does not know stand for nobody yet."""

    entries: dict[str, Entry]
    _groups: dict[str, Group] = field(default_factory=dict)

    def enter(self, keys: Sequence[str], scored: Scored) -> Placed:
        """Put an answer into the history of whoever `keys` (strongest first) belong to.

        An answer that names no account counts for the account that its person was last known to belong to.
        """
        group = Group()
        person = self._person(keys, group)
        if scored.account is None and person.account is not None:
            scored = scored._replace(account=person.account)
        person.invited = tuple(item for item in person.invited if item.at > scored.at)
        placed = place(person.answers, person.floor, scored)
        if placed.change is not None:
            newest = placed.answers[-1].feedback_id == scored.feedback_id
            if scored.account is not None and (newest or person.account is None):
                person.account = scored.account
            self._take(person, placed, group)
        self._close(group)
        return placed

    def invite(self, keys: Sequence[str], invited: Invited) -> None:
        """Note an invitation, unless it is known or somebody has answered since."""
        group = Group()
        person = self._person(keys, group)
        answered = bool(person.answers) and person.answers[-1].at >= invited.at
        if not answered and invited.feedback_id not in {item.feedback_id for item in person.invited}:
            person.invited = tuple(sorted((*person.invited, invited)))[-MOST_INVITATIONS:]
            group.keys.add(person.key)
        self._close(group)

    def withdraw(self, keys: Sequence[str], feedback_id: str) -> None:
        """Take an answer out of the history of whoever `keys` belong to."""
        group = Group()
        person = self._person(keys, group)
        placed = withdraw(person.answers, person.floor, feedback_id)
        if placed.change is not None:
            self._take(person, placed, group)
        self._close(group)

    def holder(self, keys: Sequence[str], feedback_id: str) -> Person | None:
        """Whose history that answer stands in; None where nobody's does."""
        people = (person for key in keys if (person := self._root(key)) is not None)
        return next((one for one in people if any(item.feedback_id == feedback_id for item in one.answers)), None)

    def groups(self) -> list[Group]:
        """What is to be written; nothing where nothing changed."""
        return list({id(group): group for group in self._groups.values()}.values())

    def _take(self, person: Person, placed: Placed, group: Group) -> None:
        person.answers, person.floor = placed.answers, placed.floor
        group.keys.add(person.key)
        if placed.change is not None:
            group.changes.append(placed.change)

    def _person(self, keys: Sequence[str], group: Group) -> Person:
        """The one person that these keys belong to, with what was known of them under each."""
        if len(keys) == 1:
            entry = self._root(keys[0])
            if entry is not None:
                return entry
        roots = {key: self._root(key) for key in keys if not self._shared(key)}
        person = self._chosen(keys, roots)
        for key in keys:
            self._link(key, roots, person, keys, group)
        return person

    def _chosen(self, keys: Sequence[str], roots: Mapping[str, Person | None]) -> Person:
        """By a Salesforce id where there is one, else by the strongest key that somebody is known by."""
        if is_record(keys[0]):
            return roots.get(keys[0]) or self._new(keys[0])
        for key in keys:
            found = roots.get(key)
            if found is not None and not any(_another(other, found) for other in keys):
                return found
        return self._new(next((key for key in keys if roots.get(key, keys) is None), f"{keys[0]}#alone"))

    def _link(
        self, key: str, roots: Mapping[str, Person | None], person: Person, keys: Sequence[str], group: Group
    ) -> None:
        if key == person.key or key in person.known_as or key not in roots:
            return
        other = roots[key]
        if other is not None and other.key != person.key:
            if not may_become(other.key, person.key) or any(_another(mine, other) for mine in keys):
                self._point(key, None, group)
                return
            self._merge(other, person, group)
        if key != person.key and key not in person.known_as:
            person.known_as += (key,)
            self._point(key, person.key, group)
            group.keys.add(person.key)

    def _merge(self, other: Person, person: Person, group: Group) -> None:
        """The weaker one's answers become the stronger one's, and all its keys point there."""
        placed, twice = join(person.answers, person.floor, other.answers, other.floor)
        person.answers, person.floor = placed.answers, placed.floor
        person.account = person.account or other.account
        last = person.answers[-1].at if person.answers else ""
        invited = sorted({item for item in (*person.invited, *other.invited) if item.at > last})
        person.invited = tuple(invited[-MOST_INVITATIONS:])
        group.changes += twice
        for key in (other.key, *other.known_as):
            if key != person.key and key not in person.known_as:
                person.known_as += (key,)
                self._point(key, person.key, group)
        group.keys.add(person.key)

    def _point(self, key: str, to: str | None, group: Group) -> None:
        held = self.entries.get(key)
        self.entries[key] = Pointer(key, to, held.version if held is not None else 0)
        group.keys.add(key)
        if to is None and isinstance(held, Person):
            self._move(held, group)

    def _move(self, person: Person, group: Group) -> None:
        """Whose address turns out to be shared goes on under the tool's id that tells the two apart."""
        key, *others = sorted(person.known_as, key=lambda known: not is_user(known))
        held = self.entries.get(key)
        version = held.version if held is not None else 0
        self.entries[key] = Person(
            key, version, person.answers, person.floor, tuple(others), person.account, person.invited
        )
        group.keys.add(key)
        for other in others:
            self._point(other, key, group)

    def _root(self, key: str) -> Person | None:
        entry = self.entries.get(key)
        if isinstance(entry, Pointer):
            entry = self.entries.get(entry.to or f"{key}#alone")
        return entry if isinstance(entry, Person) else None

    def _shared(self, key: str) -> bool:
        entry = self.entries.get(key)
        return isinstance(entry, Pointer) and entry.to is None

    def _new(self, key: str) -> Person:
        held = self.entries.get(key)
        if isinstance(held, Person):
            return held
        person = Person(key, held.version if held is not None else 0)
        self.entries[key] = person
        return person

    def _close(self, group: Group) -> None:
        """Groups that share an entry become one."""
        if not group.keys:
            return
        for met in {id(found): found for key in group.keys if (found := self._groups.get(key))}.values():
            group.keys |= met.keys
            group.changes = met.changes + group.changes
        for key in group.keys:
            self._groups[key] = group


def needed(keys: Iterable[str], entries: Mapping[str, Entry]) -> set[str]:
    """What must be read as well: whom the entries found point to."""
    found = (entries[key] for key in keys if key in entries)
    targets = {entry.to or f"{entry.key}#alone" for entry in found if isinstance(entry, Pointer)}
    return targets - entries.keys()


def _another(key: str, person: Person) -> bool:
    """Whether that key can only be another person's."""
    return any(tells_apart(key, known) for known in (person.key, *person.known_as))
