"""What Salesforce said of one record, sorted by what is to be done about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.mapping.write import Write


class Meaning(Enum):
    """What is to be done about a refusal."""

    RETRY = "try this record again soon"
    SLOW_DOWN = "too many long requests at once: wait, then with fewer workers"
    PARK = "the day's calls are used up: wait until the window frees"
    LOG_IN = "the session has expired: log in again and repeat"
    DONE = "what was wanted is already so"
    DUPLICATE_RULE = "a duplicate rule objects: the mapping's policy decides"
    CONVERTED = "the lead has become a contact: write to that"
    RECORD = "this record cannot be written until a person changes something"
    MAPPING = "the mapping or its permissions no longer fit the org: pause it"


@dataclass(frozen=True, slots=True)
class Written:
    """Salesforce took the record. `created` is None where it does not say (update, delete)."""

    record_id: str
    created: bool | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One record, refused. `existing` is the record that a duplicate rule pointed at.

    `unknown`: no answer tells what became of it, so the record may have been written all the same. `under_way`: nor
    does anything tell that Salesforce is no longer at it.
    """

    code: str
    meaning: Meaning
    fields: tuple[str, ...]
    advice: str
    existing: str | None = None
    unknown: bool = False
    under_way: bool = False

    @property
    def reason(self) -> str:
        """For the admin: no value of the customer's in it, so that it may be shown and logged."""
        fields = f" ({', '.join(self.fields)})" if self.fields else ""
        return f"{self.code}{fields}: {self.advice}"


Outcome = Written | Refusal


class Refused(Exception):
    """Salesforce refused a request whole; `status` is HTTP's."""

    def __init__(self, refusal: Refusal, status: int) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal
        self.status = status


def no_answer(reason: str, *, under_way: bool = True) -> Refusal:
    """For records of which no answer tells what became of them."""
    return Refusal("NO_ANSWER", Meaning.RETRY, (), reason, unknown=True, under_way=under_way)


class Org(Protocol):
    """A Salesforce org, as deliveries need it: see `salesforce/org.py`."""

    def schema(self, sobject: str, *, fresh: bool = False) -> ObjectSchema | None:
        """None for an object that the integration user may not see. Raises TransientError, Refused."""

    def user_id(self) -> str:
        """Ours, of which our records are. Raises TransientError, Refused."""

    def find(self, queries: Sequence[RecordQuery]) -> list[list[Row]]:
        """The records of each query. Raises TransientError, Refused."""

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """One outcome a write. Raises TransientError, Refused only before anything was written."""


Schemas = Mapping[str, ObjectSchema]
