"""Names of answers that can be written in a path as they are: `answers.nps_score.value`."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PlainName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,79}$")]
AnswerNames = Annotated[
    dict[str, PlainName],
    Field(description="Names for `answers`, by the tool's own ids of its questions: `{QID2: recommend}`."),
]

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_]+")


def path_names(names: Iterable[str], chosen: Mapping[str, str] | None = None) -> dict[str, str]:
    """For each name the one it has in `answers`: the one `chosen` for it in the source's settings, or else made of it.

    An unquoted JMESPath identifier holds only ASCII letters, digits and underscores. Other ASCII characters become
    `_`, and a digit in front gets one (`nps-score` -> `nps_score`, `9a48-01` -> `_9a48_01`). A name in another script
    keeps its spelling and is quoted in paths, as is one that would clash with a name that is plain already.
    """
    wanted = list(dict.fromkeys(names))
    result = {name: name for name in wanted if _PLAIN.fullmatch(name)}
    for name, new in (chosen or {}).items():
        if name in wanted and new not in result.values():
            result[name] = new
    taken = set(result.values())
    for name in wanted:
        if name not in result:
            made = _made_plain(name)
            result[name] = name if made in taken or made in wanted else made
            taken.add(result[name])
    return result


def _made_plain(name: str) -> str:
    if not name.isascii():
        return name
    made = _NOT_PLAIN.sub("_", name).strip("_")
    if not made:
        return name
    return made if _PLAIN.fullmatch(made) else f"_{made}"
