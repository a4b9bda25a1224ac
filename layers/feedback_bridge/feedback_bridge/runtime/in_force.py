"""The mappings in force, also those that this version of the program cannot read.

A stack that goes back to an earlier version holds documents of the later one. Such a document holds up what it listens
to and nothing else. Where it says that in a way that we do not know, it shuts nothing out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from feedback_bridge.aws.configs import Configs, Published
from feedback_bridge.config.problem import InvalidDocument, Problem
from feedback_bridge.feedback.model import FeedbackType
from feedback_bridge.mapping.compiled import CompiledMapping, compile_mapping, objects_of
from feedback_bridge.mapping.document import ANY_SOURCE, MappingDocument, parse_mapping
from feedback_bridge.mapping.language.writes import MainWrite
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.mapping.scope import OrgTraits
from feedback_bridge.runtime.observability import logger

_NO_ORG = "-"


@dataclass(frozen=True)
class InForce:
    """A mapping by the name of its deliveries. Where `problems` say why it cannot be read, all that `document` holds is
    what it listens to and its org.

    `place` gives a problem of the mapping its place in the document as published.
    """

    name: str
    published: Published
    document: MappingDocument
    problems: tuple[Problem, ...] = ()
    place: Callable[[Problem], Problem] = lambda problem: problem

    def objects(self) -> set[str]:
        """What compiling it needs the schemas of. Raises InvalidDocument where it cannot be read."""
        if self.problems:
            raise InvalidDocument(self.problems)
        return objects_of(self.document)

    def compiled(self, schemas: Mapping[str, ObjectSchema], org: OrgTraits) -> CompiledMapping:
        """Raises InvalidDocument."""
        try:
            return compile_mapping(self.document, schemas, org, version=self.published.version)
        except InvalidDocument as error:
            raise InvalidDocument([self.place(problem) for problem in error.problems]) from None


def mappings_in_force(store: Configs) -> Iterator[InForce]:
    for published in store.all_published("mapping"):
        try:
            yield InForce(published.id, published, parse_mapping(published.document))
        except InvalidDocument as error:
            yield unreadable(published.id, published, org_in(published.document.get("write")), error)


def unreadable(name: str, published: Published, org: str, error: InvalidDocument) -> InForce:
    """What can be told of a document that cannot be read."""
    write = MainWrite.model_construct(org=org, object="", operation="insert")
    listens = listened_to(published, get_args(FeedbackType))
    problems = tuple(
        Problem(path=item.path, message=f"{item.message}; this version cannot read the document")
        for item in error.problems
    )
    if published.enabled:
        paths = ", ".join(item.path for item in problems)
        logger.error("a document in force cannot be read", extra={"mapping": name, "paths": paths})
    return InForce(name, published, MappingDocument.model_construct(id=name, write=write, **listens), problems)


def listened_to(published: Published, every: Sequence[str]) -> dict[str, Any]:
    """`source` and `on` as lists; `every` where what it says of `on` cannot be read."""
    said = published.document
    return {"source": _names(said.get("source"), ANY_SOURCE), "on": _names(said.get("on", said.get("true")), *every)}


def _names(said: object, *otherwise: str) -> list[Any]:
    names = said if isinstance(said, list) else [said]
    return names if all(isinstance(name, str) for name in names) else list(otherwise)


def org_in(said: object) -> str:
    org = said.get("org") if isinstance(said, dict) else None
    return org if isinstance(org, str) and org else _NO_ORG
