"""What is wrong with a draft: by itself, with what it refers to, and with the org it is to write to."""

from typing import Any

from feedback_bridge.aws.secrets import secret
from feedback_bridge.config.document import Document
from feedback_bridge.config.kinds import Kind
from feedback_bridge.config.lifecycle import Reference, references, secrets_named
from feedback_bridge.config.problem import InvalidDocument, Problem
from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.reading import configs

_OF_AN_ORG = frozenset({"mapping", "sync", "automation", "health"})
"""Kinds whose documents are held against their org's describe."""
_MOST_NAMES = 200


def problems_of_draft(kind: Kind, document_id: str, data: dict[str, Any]) -> list[Problem]:
    """All that can be told now: a service that does not answer is no problem of the draft."""
    try:
        document = kind.parse(data)
    except InvalidDocument as error:
        return [*_misplaced(document_id, data), *error.problems]
    problems = [*_misplaced(document_id, data), *_unknown(kind, document, publishing=False)]
    try:
        problems += _without_secret(document)
        if kind.name in _OF_AN_ORG and _has_its_org(kind, document):
            problems += _unfit(document, fresh=False)
    except TransientError:
        return problems
    return problems


def problems_in_force(kind: Kind, document_id: str, data: dict[str, Any]) -> list[Problem]:
    """What forbids publishing. Raises TransientError when that cannot be told now."""
    try:
        document = kind.parse(data)
    except InvalidDocument as error:
        return [*_misplaced(document_id, data), *error.problems]
    problems = [*_misplaced(document_id, data), *_unknown(kind, document, publishing=True), *_without_secret(document)]
    if kind.name in _OF_AN_ORG and _has_its_org(kind, document):
        problems += _unfit(document, fresh=True)
    return problems


def _misplaced(document_id: str, data: dict[str, Any]) -> list[Problem]:
    if "id" not in data or data["id"] == document_id:
        return []
    return [Problem(path="id", message=f"must be {document_id}, as in the address")]


def _unknown(kind: Kind, document: Document, *, publishing: bool) -> list[Problem]:
    """A mapping in force needs its org in force; a source may follow."""
    problems = []
    for named in references(kind.name, document):
        published = configs().published(named.kind, named.id) is not None
        drafted = published or configs().draft(named.kind, named.id) is not None
        if not drafted:
            message = f"there is no {named.kind} named {named.id}{_nearest(named)}"
            problems.append(Problem(path=named.path, message=message))
        elif publishing and named.kind == "org" and not published:
            problems.append(Problem(path=named.path, message=f"the org {named.id} is only a draft: publish it first"))
    return problems


def _nearest(named: Reference) -> str:
    from feedback_bridge.mapping.suggestions import did_you_mean

    known, _ = configs().listed(named.kind, most=_MOST_NAMES)
    return did_you_mean(named.id, [item.id for item in known])


def _has_its_org(kind: Kind, document: Document) -> bool:
    """Whether the org is in force: one that is only a draft is not asked yet."""
    named = references(kind.name, document)
    return all(configs().published("org", item.id) for item in named if item.kind == "org")


def _without_secret(document: Document) -> list[Problem]:
    problems = []
    for path, name in secrets_named(document):
        try:
            secret(settings.stack_name(), name)
        except PermanentError:
            message = f"there is no secret named {name}: set it with `bridge secrets set {name}`"
            problems.append(Problem(path=path, message=message))
    return problems


def _unfit(document: Document, *, fresh: bool) -> list[Problem]:
    from feedback_bridge.runtime.admin.fitting import misfits

    return misfits(document, fresh=fresh)
