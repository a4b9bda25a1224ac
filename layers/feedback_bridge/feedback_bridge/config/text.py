"""Config documents as text: YAML 1.2 (https://yaml.org/spec/1.2.2/) or JSON, read strictly, with every path's line.

YAML's "core schema" is meant, not YAML 1.1: `on` and `no` are text, `+09:00` is no number and `2026-11-21` no date.
What two people could read differently is refused: a key twice, tags, and more than one document where one is wanted.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_DEPTH = 64
MAX_NODES = 50_000
"""Counted with aliases spelled out, so that a few lines cannot unfold into gigabytes."""

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {text: text.lower() == "true" for text in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INTEGER = re.compile(r"[-+]?[0-9]{1,38}")
_OCTAL, _HEX = re.compile(r"0o[0-7]{1,40}"), re.compile(r"0x[0-9a-fA-F]{1,32}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")

_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}")

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where the wheel has it: the same events, thirty times faster."""


class Unreadable(ValueError):
    """The text is no YAML that we take; the sentence says why and repeats nothing of it. `line` counts from 1."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True)
class Text:
    """One document. `lines` has the line of each path (`write.fields.Email.from`); `""` is the document itself."""

    data: Any
    lines: Mapping[str, int]

    def line(self, path: str) -> int:
        """Of the path or, where the path is not in the document, of the nearest one above it."""
        while path not in self.lines:
            path = path.rpartition("[")[0] if path.endswith("]") else path.rpartition(".")[0]
        return self.lines[path]


def read_documents(text: str) -> list[Text]:
    """The documents of a YAML text; empty ones are left out. JSON is YAML as well. Raises Unreadable."""
    try:
        return [document for document in _documents(yaml.parse(text, Loader=_LOADER)) if document.data is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(f"not valid YAML: {error.problem or error.context}", mark.line + 1 if mark else None) from None
    except yaml.reader.ReaderError:
        raise Unreadable("not valid YAML: it holds a character that is not allowed in text") from None


def read_json(text: str) -> Text:
    """One JSON document (RFC 8259). Raises Unreadable."""
    from feedback_bridge.sources import body
    from feedback_bridge.sources.tool import Unreadable as UnreadableBody

    try:
        data = body.json_value(text.encode("utf-8", "surrogatepass"))
    except UnreadableBody as error:
        cause = error.__context__
        line = cause.lineno if isinstance(cause, json.JSONDecodeError) else None
        raise Unreadable(str(error).removeprefix("The body is ").rstrip("."), line) from None
    try:
        # As YAML, for its lines: all but the escapes of characters beyond U+FFFF, which JSON writes in halves.
        lines = one_document(read_documents(_ESCAPE.sub("?", text))).lines
    except Unreadable:
        lines = {"": 1}
    return Text(data, lines)


@dataclass
class _Open:
    """A mapping or sequence that is being read."""

    value: Any
    path: str
    key: str | None = None

    def place(self) -> str:
        if isinstance(self.value, list):
            return f"{self.path}[{len(self.value)}]"
        return f"{self.path}.{self.key}" if self.path else str(self.key)


@dataclass
class _Reader:
    """Builds one document from YAML's events, without recursion: depth costs nothing but the bound."""

    lines: dict[str, int] = field(default_factory=dict)
    anchors: dict[str, Any] = field(default_factory=dict)
    nodes: int = 0
    open: list[_Open] = field(default_factory=list)
    done: Any = None

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        match event:
            case yaml.AliasEvent():
                self._add(self._anchored(event.anchor, line), line)
            case yaml.ScalarEvent():
                self._scalar(event, line)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._begin(event, line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.open.pop()

    def _scalar(self, event: Any, line: int) -> None:
        top = self.open[-1] if self.open else None
        if top and isinstance(top.value, dict) and top.key is None:
            top.key = event.value
            if event.value in top.value:
                raise Unreadable(f"a key stands twice in {top.path or 'the document'}", line)
            self.lines[top.place()] = line
            return
        value = _value(event, line)
        self._remember(event.anchor, value)
        self._add(value, line)

    def _begin(self, event: Any, line: int) -> None:
        top = self.open[-1] if self.open else None
        if top and isinstance(top.value, dict) and top.key is None:
            raise Unreadable("a key must be text", line)
        if event.tag not in (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            raise Unreadable("tags are not used in config documents", line)
        if len(self.open) == MAX_DEPTH:
            raise Unreadable(f"nested more than {MAX_DEPTH} levels deep", line)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = top.place() if top else ""
        self._remember(event.anchor, value)
        self._add(value, line)
        self.open.append(_Open(value, path))

    def _remember(self, anchor: str | None, value: Any) -> None:
        if anchor:
            self.anchors[anchor] = value

    def _anchored(self, anchor: str | None, line: int) -> Any:
        if anchor is None or anchor not in self.anchors:
            raise Unreadable("an alias stands for nothing above it", line)
        value = self.anchors[anchor]
        if any(value is item.value for item in self.open):
            raise Unreadable("an alias stands for the part that it is in", line)
        return _copy(value, self._count, line)

    def _count(self, line: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Unreadable(f"more than {MAX_NODES} values", line)

    def _add(self, value: Any, line: int) -> None:
        self._count(line)
        if not self.open:
            self.done = value
            self.lines[""] = line
            return
        top = self.open[-1]
        if isinstance(top.value, list):
            self.lines[top.place()] = line
            top.value.append(value)
        elif top.key is None:
            raise Unreadable("a key must be text", line)
        else:
            top.value[top.key] = value
            top.key = None


def _copy(value: Any, count: Any, line: int) -> Any:
    """Aliases are spelled out: two places of a document never share a value. `value` is no deeper than MAX_DEPTH."""
    count(line)
    if isinstance(value, dict):
        return {key: _copy(item, count, line) for key, item in value.items()}
    return [_copy(item, count, line) for item in value] if isinstance(value, list) else value


def _documents(events: Iterator[Any]) -> Iterator[Text]:
    reader = _Reader()
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            reader = _Reader()
        elif isinstance(event, yaml.DocumentEndEvent):
            yield Text(reader.done, reader.lines)
        else:
            reader.take(event)


def _value(event: Any, line: int) -> Any:
    """A scalar by the core schema; quoted and block scalars are text."""
    text: str = event.value
    if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
        raise Unreadable("tags are not used in config documents", line)
    if event.tag is not None or not event.implicit[0]:
        return text
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
        return int(text, 0)
    return _number(text, line) if _FLOAT.fullmatch(text) else text


def _number(text: str, line: int) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Unreadable("a number is too large", line)
    return value


def one_document(documents: Sequence[Text]) -> Text:
    """Raises Unreadable unless there is exactly one."""
    if len(documents) != 1:
        raise Unreadable("there is no document in it" if not documents else "only one document is wanted here")
    return documents[0]
