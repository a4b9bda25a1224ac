"""Names of answers that can be written in a path as they are: `answers.nps_score.value`."""

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_]+")


def path_names(names: Iterable[str]) -> dict[str, str]:
    """For each name the one it has in `answers`.

    An unquoted JMESPath identifier holds only ASCII letters, digits and underscores. Other ASCII characters become
    `_`, and a digit in front gets one (`nps-score` -> `nps_score`, `9a48-01` -> `_9a48_01`). A name in another script
    keeps its spelling and is quoted in paths, as is one that would clash with a name that is plain already.
    """
    wanted = list(dict.fromkeys(names))
    result = {name: name for name in wanted if _PLAIN.fullmatch(name)}
    taken = set(result)
    for name in wanted:
        if name not in result:
            made = _made_plain(name)
            result[name] = name if made in taken or made in wanted else made
            taken.add(result[name])
    return result


def _made_plain(name: str) -> str:
    if not name.isascii():
        return name
    made = _NOT_PLAIN.sub("_", name).strip("_") or name
    return made if _PLAIN.fullmatch(made) or made == name else f"_{made}"
