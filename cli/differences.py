"""Two documents compared as people read them: by path, with what was and what is."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

_NOTHING = object()
_LINE = 80
"""Characters that a value may have and stand behind its path; longer ones stand below it, as YAML."""


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
                return f"+ {self.path}:{_shown(self.after, '+')}"
            case "-":
                return f"- {self.path}:{_shown(self.before, '-')}"
            case _ if _short(self.before) and _short(self.after):
                return f"~ {self.path}: {_json(self.before)} → {_json(self.after)}"
            case _:
                return f"~ {self.path}:{_block(self.before, '-')}{_block(self.after, '+')}"


def told(kind: str, document_id: str, before: dict[str, Any] | None, after: dict[str, Any]) -> Iterator[str]:
    """Lines that say what `after` changes; none where it changes nothing. A new document stands there whole."""
    if before is None:
        yield f"{kind} {document_id} (new)"
        yield from _lines(after, "  + ")
        return
    found = list(differences(before, after))
    if found:
        yield f"{kind} {document_id}"
        for item in found:
            yield from (f"  {line}" for line in str(item).split("\n"))


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """In the order of `after`; what is gone comes last in its place. What moved within a list is gone and new."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*after, *(key for key in before if key not in after)]:
            inner = f"{path}.{key}" if path else str(key)
            yield from differences(before.get(key, _NOTHING), after.get(key, _NOTHING), inner)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _in_lists(before, after, path)
    elif before is _NOTHING:
        yield Difference("+", path, after=after)
    elif after is _NOTHING:
        yield Difference("-", path, before=before)
    elif before != after or type(before) is not type(after):
        yield Difference("~", path, before, after)


def _in_lists(before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[Difference]:
    """Items that are the same stay where they are, so that one that was put in does not change all behind it."""
    matcher = SequenceMatcher(None, [_json(item) for item in before], [_json(item) for item in after], autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        paired = min(end - start, new_end - new_start)
        for offset in range(paired):
            yield from differences(before[start + offset], after[new_start + offset], f"{path}[{new_start + offset}]")
        for index in range(new_start + paired, new_end):
            yield Difference("+", f"{path}[{index}]", after=after[index])
        for index in range(start + paired, end):
            yield Difference("-", f"{path}[{index}]", before=before[index])


def _shown(value: Any, sign: str) -> str:
    return f" {_json(value)}" if _short(value) else _block(value, sign)


def _short(value: Any) -> bool:
    return len(_json(value)) <= _LINE


def _block(value: Any, sign: str) -> str:
    return "".join(f"\n{line}" for line in _lines(value, f"  {sign} "))


def _lines(value: Any, before_each: str) -> Iterator[str]:
    """A value as YAML, each line with what stands before it."""
    import yaml

    if isinstance(value, (dict, list)):
        text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, default_flow_style=None, width=100)
    else:
        text = value if isinstance(value, str) else _json(value)
    yield from (f"{before_each}{line}" for line in text.rstrip("\n").split("\n"))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
