"""What is promoted: the documents that name one org, as they are to be for another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cli.api import Api, published_in
from cli.differences import differences
from cli.failure import Failure
from cli.output import remark
from cli.publication import Bringing
from cli.references import named
from feedback_bridge.config.kinds import KINDS, Kind
from feedback_bridge.config.overrides import Override
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.config.promotion import names_org, promoted

Files = tuple[Sequence[str], Sequence[str]]
"""Places, and what `${NAME}` in them stands for."""


@dataclass
class Promotion:
    """`place` is where the original stands, for problems; `in_force` what the promoted document replaces."""

    original_id: str
    place: str
    bringing: Bringing
    in_force: dict[str, Any] | None

    def problems(self) -> list[str]:
        """One line each."""
        name = f"{self.place} as {self.bringing.kind.name}/{self.bringing.id}"
        return [
            f"{name}: {item['path'] + ': ' if item['path'] else ''}{item['message']}" for item in self.bringing.problems
        ]

    def told(self) -> dict[str, Any]:
        bringing = self.bringing
        return {
            "kind": bringing.kind.name,
            "from": self.original_id,
            "id": bringing.id,
            "draft": bringing.draft or None,
            "published": bringing.published or None,
            "version": bringing.version,
            "problems": bringing.problems,
            "differences": [asdict(item) for item in differences(self.in_force or {}, bringing.data)],
        }


@dataclass(frozen=True)
class _Original:
    kind: Kind
    id: str
    place: str
    data: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.kind.name}/{self.id}"


def promotions(api: Api, source: str, target: str, arguments: Sequence[str], files: Files) -> list[Promotion]:
    """In the order in which documents refer to each other. Raises Failure when nothing can be promoted."""
    overrides = _overrides(api, target)
    found = [item for item in (_in_files(files) if files[0] else _in_force(api)) if _names(item, source)]
    if arguments:
        wanted = {f"{kind.name}/{document_id}" for kind, document_id in named(arguments)}
        if missing := sorted(wanted - {item.name for item in found}):
            raise Failure(f"Nothing of this name names the org {source}: {', '.join(missing)}.")
        found = [item for item in found if item.name in wanted]
    else:
        for name in sorted(overrides.keys() - {item.name for item in found}):
            remark(f"The org {target} has overrides of {name}, which does not name the org {source}.")
    if not found:
        raise Failure(f"Nothing that is {'in the files' if files[0] else 'in force'} names the org {source}.")
    wrong: list[str] = []
    made = [_promotion(api, item, source, target, overrides.get(item.name, Override()), wrong) for item in found]
    if wrong:
        raise Failure(f"What would be promoted to {target} has mistakes. Nothing was done.", wrong, {"problems": wrong})
    return [item for item in made if item is not None]


def _promotion(
    api: Api, original: _Original, source: str, target: str, override: Override, wrong: list[str]
) -> Promotion | None:
    kind = original.kind
    try:
        data = promoted(kind, original.data, source, target, override, f"overrides.{original.name}")
    except InvalidDocument as error:
        wrong += [f"org/{target}: {item.path}: {item.message}" for item in error.problems]
        return None
    document_id, in_force = _target(api, original, target, override)
    data = {**data, "kind": kind.name, "id": document_id}
    try:
        kind.parse(data)
    except InvalidDocument as error:
        wrong += [
            f"{original.name} as {kind.name}/{document_id}: {item.path}: {item.message}" for item in error.problems
        ]
        return None
    return Promotion(original.id, original.place, Bringing(kind, document_id, data), in_force)


def _target(api: Api, original: _Original, target: str, override: Override) -> tuple[str, dict[str, Any] | None]:
    """The id of the promoted document, and what is in force under it: what was promoted before, else its own id where
    that is free, else with the org's name added."""
    names = [override.id] if override.id else [original.id, f"{original.id}-{target}"]
    held = {name: api.find(original.kind.plural, name) for name in names}
    mine = [name for name in reversed(names) if _is_for(original.kind, _document(held[name]), target)]
    free = [name for name in names if _document(held[name]) is None]
    if not mine and not free:
        raise Failure(f"{original.kind.name}/{names[-1]} is there already and does not name the org {target}.")
    chosen = (mine or free)[0]
    return chosen, published_in(held[chosen])


def _is_for(kind: Kind, document: dict[str, Any] | None, org: str) -> bool:
    try:
        return document is not None and names_org(kind, document, org)
    except InvalidDocument:
        return False


def _document(held: Any) -> dict[str, Any] | None:
    found: dict[str, Any] | None = published_in(held) or (held["draft"]["document"] if held and held["draft"] else None)
    return found


def _overrides(api: Api, target: str) -> Mapping[str, Override]:
    shown = published_in(api.find("orgs", target))
    if shown is None:
        raise Failure(f"There is no published org {target}: apply its document first.")
    return {name: Override.model_validate(item) for name, item in shown.get("overrides", {}).items()}


def _names(original: _Original, source: str) -> bool:
    try:
        return names_org(original.kind, original.data, source)
    except InvalidDocument as error:
        lines = [f"{original.place}: {item.path}: {item.message}" for item in error.problems]
        raise Failure(f"{original.name} cannot be read.", lines) from None


def _in_force(api: Api) -> Iterator[_Original]:
    for kind in KINDS:
        for item in api.pages(kind.plural):
            if item["version"] is not None and item["enabled"]:
                data = api.get(kind.plural, item["id"])["published"]["document"]
                yield _Original(kind, item["id"], f"{kind.name}/{item['id']}", data)


def _in_files(files: Files) -> Iterator[_Original]:
    from cli.documents import read_all

    for document in read_all(*files):
        yield _Original(document.kind, document.id, document.place(), document.data)
