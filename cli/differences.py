"""Two documents compared as people read them: by path, with what was and what is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """`sign` is + for what is new, - for what is gone, ~ for what changed."""

    sign: str
    path: str
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        match self.sign:
            case "+":
                return f"+ {self.path}: {_shown(self.after)}"
            case "-":
                return f"- {self.path}: {_shown(self.before)}"
            case _:
                return f"~ {self.path}: {_shown(self.before)} → {_shown(self.after)}"


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """In the order of `after`; what is gone comes last in its place."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*after, *(key for key in before if key not in after)]:
            inner = f"{path}.{key}" if path else str(key)
            yield from differences(before.get(key, _NOTHING), after.get(key, _NOTHING), inner)
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            was = before[index] if index < len(before) else _NOTHING
            yield from differences(was, after[index] if index < len(after) else _NOTHING, f"{path}[{index}]")
    elif before is _NOTHING:
        yield Difference("+", path, after=after)
    elif after is _NOTHING:
        yield Difference("-", path, before=before)
    elif before != after or type(before) is not type(after):
        yield Difference("~", path, before, after)


def _shown(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
