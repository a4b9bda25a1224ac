"""What planning ends in when it does not end in a write, and what a plan's parts have in common."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing is to be written, and that is as it should be. `reason` is a sentence without personal data."""

    reason: str


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """Why one field cannot take its value. `message` continues the field's name as a sentence and repeats no value."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field} {self.message}"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The feedback cannot be written as the mapping says until the feedback or the mapping changes."""

    problems: tuple[FieldProblem, ...]

    @property
    def reason(self) -> str:
        return "; ".join(map(str, self.problems))


class Stop(Exception):
    """A rule of the mapping says that nothing is to be written (`skip`)."""


class _Absent:
    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()
"""Leave the field alone; None would clear it."""
