"""What is different in one org: the parts of a promoted document that its org says otherwise."""

import copy
import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field, JsonValue, StringConstraints

from feedback_bridge.config.document import DocumentId, Settings
from feedback_bridge.config.problem import InvalidDocument, Problem

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,4})\]")

PlacePath = Annotated[str, StringConstraints(pattern=r"^[^.\[\]]+(\.[^.\[\]]+|\[\d{1,4}\])*$", max_length=500)]
"""A place in a document as problems and diffs name it: `then[0].campaign_member.campaign`."""

DocumentName = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,20}/[a-z0-9][a-z0-9-]{0,62}$")]
"""KIND/ID, as on the command line: `mapping/nps-to-contact`."""


class Override(Settings):
    """What a document says differently once it has been promoted to this org."""

    id: DocumentId | None = Field(default=None, description="The name of the promoted document.")
    set: dict[PlacePath, JsonValue] = Field(default={}, description="Place in the document -> what stands there.")
    remove: list[PlacePath] = Field(default=[], description="Places whose setting is not wanted there.")


def overridden(document: dict[str, Any], override: Override, where: str) -> dict[str, Any]:
    """A copy of the document with what is different. `where` is the override's own place, for problems.

    Raises InvalidDocument for a place that the document does not have.
    """
    changed = copy.deepcopy(document)
    # The last ones first: a list's other places stay what they were.
    unwanted = sorted(enumerate(override.remove), key=lambda item: _order(item[1]), reverse=True)
    problems = [
        Problem(path=f"{where}.remove[{index}]", message=f"the document has no {path}")
        for index, path in unwanted
        if not _removed(changed, steps(path))
    ]
    problems += [
        Problem(path=f"{where}.set.{path}", message=f"the document has no {path}")
        for path, value in override.set.items()
        if not put(changed, steps(path), value)
    ]
    if problems:
        raise InvalidDocument(problems)
    return changed


def steps(path: str) -> list[str | int]:
    """`then[0].write` as ["then", 0, "write"]."""
    return [int(index) if index else name for name, index in _STEP.findall(path)]


def _order(path: str) -> list[tuple[bool, int, str]]:
    return [(isinstance(step, str), step if isinstance(step, int) else 0, str(step)) for step in steps(path)]


def put(document: dict[str, Any], path: Iterable[str | int], value: Any) -> bool:
    """Whether there is such a place: all but its last name must be there already."""
    *parents, last = path
    place = _place(document, parents)
    if isinstance(place, dict) and isinstance(last, str):
        place[last] = copy.deepcopy(value)
        return True
    if isinstance(place, list) and isinstance(last, int) and last < len(place):
        place[last] = copy.deepcopy(value)
        return True
    return False


def _removed(document: dict[str, Any], path: Iterable[str | int]) -> bool:
    *parents, last = path
    place = _place(document, parents)
    if isinstance(place, dict) and last in place:
        del place[str(last)]
        return True
    if isinstance(place, list) and isinstance(last, int) and last < len(place):
        del place[last]
        return True
    return False


def _place(document: Any, path: Iterable[str | int]) -> Any:
    """What stands there, or None."""
    place = document
    for step in path:
        if isinstance(place, dict) and isinstance(step, str):
            place = place.get(step)
        elif isinstance(place, list) and isinstance(step, int) and step < len(place):
            place = place[step]
        else:
            return None
    return place
