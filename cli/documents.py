"""Config documents in files: found, read with their lines, and `${NAME}` filled in."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.failure import Failure
from feedback_bridge.config.kinds import KINDS, Kind, kind_named
from feedback_bridge.config.text import Text, Unreadable, read_documents, read_json

SUFFIXES = (".yaml", ".yml", ".json")
_VARIABLE = re.compile(r"\$(\$)?\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Document:
    """`text` knows the line of every path."""

    file: Path
    kind: Kind
    id: str
    text: Text

    @property
    def name(self) -> str:
        return f"{self.kind.name} {self.id}"

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.text.data
        return data

    def place(self, path: str = "") -> str:
        """`file:line` of a path."""
        return f"{self.file}:{self.text.line(path)}"

    def problem(self, problem: Mapping[str, str]) -> str:
        """One problem as compilers print it."""
        path = problem["path"]
        return f"{self.place(path)}: {path + ': ' if path else ''}{problem['message']}"


def read_all(places: Sequence[str], given: Sequence[str]) -> list[Document]:
    """The documents of files and folders, in the order in which they refer to each other. Raises Failure with every
    place that is wrong."""
    variables = {**os.environ, **_variables(given)}
    documents: list[Document] = []
    wrong: list[str] = []
    for file in _files(places):
        for text in _texts(file, wrong):
            document = _document(file, _filled(text, file, variables, wrong), wrong)
            documents += [document] if document else []
    _refuse_twins(documents, wrong)
    if wrong:
        raise Failure("Nothing was done: the files have mistakes.", wrong, {"problems": wrong})
    if not documents:
        raise Failure(f"There are no config documents in {', '.join(places)}.")
    return sorted(documents, key=lambda document: KINDS.index(document.kind))


def _variables(given: Iterable[str]) -> dict[str, str]:
    found = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise Failure(f"--set takes NAME=VALUE, not {pair!r}.")
        found[name] = value
    return found


def _files(places: Sequence[str]) -> Iterator[Path]:
    for place in places:
        path = Path(place)
        if path.is_dir():
            found = (file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
            yield from sorted(file for file in found if not any(part.startswith(".") for part in file.parts[1:]))
        elif path.is_file():
            yield path
        else:
            raise Failure(f"There is no file or folder {place}.")


def _texts(file: Path, wrong: list[str]) -> list[Text]:
    try:
        text = file.read_text(encoding="utf-8-sig")
        return [read_json(text)] if file.suffix == ".json" else read_documents(text)
    except Unreadable as error:
        wrong.append(f"{file}:{error.line or 1}: {error}")
    except UnicodeDecodeError:
        wrong.append(f"{file}: is not text in UTF-8")
    except OSError as error:
        wrong.append(f"{file}: cannot be read ({type(error).__name__})")
    return []


def _document(file: Path, text: Text, wrong: list[str]) -> Document | None:
    data = text.data if isinstance(text.data, dict) else {}
    kind = kind_named(data.get("kind"))
    document_id = data.get("id")
    if not data:
        path, message = "", "is no config document: keys and values are wanted"
    elif kind is None or data["kind"] != kind.name:
        path, message = "kind", f"kind: must be one of {', '.join(kind.name for kind in KINDS)}"
    elif not isinstance(document_id, str) or not document_id:
        path, message = "id", "id: is required, and is text"
    else:
        return Document(file, kind, document_id, text)
    wrong.append(f"{file}:{text.line(path)}: {message}")
    return None


def _filled(text: Text, file: Path, variables: Mapping[str, str], wrong: list[str]) -> Text:
    """`${NAME}` in texts stands for a --set or a variable of the environment; `$${NAME}` for itself. A value cannot add
    anything but text: it is filled in after the file has been read."""

    def fill(value: Any, path: str) -> Any:
        if isinstance(value, dict):
            return {key: fill(item, f"{path}.{key}" if path else key) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item, f"{path}[{index}]") for index, item in enumerate(value)]
        return _VARIABLE.sub(lambda found: replaced(found, path), value) if isinstance(value, str) else value

    def replaced(found: re.Match[str], path: str) -> str:
        if found[1]:
            return found[0][1:]
        if found[2] not in variables:
            wrong.append(f"{file}:{text.line(path)}: {path}: ${{{found[2]}}} is not set; use --set {found[2]}=…")
        return variables.get(found[2], "")

    return Text(fill(text.data, ""), text.lines)


def _refuse_twins(documents: Iterable[Document], wrong: list[str]) -> None:
    seen: dict[str, Document] = {}
    for document in documents:
        if document.name in seen:
            wrong.append(f"{document.place()}: {document.name} is also at {seen[document.name].place()}")
        seen[document.name] = document
