"""The life of a config document: what it refers to, and how its draft stands to what is in force."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from feedback_bridge.config.document import Document
from feedback_bridge.config.org import OrgDocument, org_of_source

if TYPE_CHECKING:
    from feedback_bridge.automation.document import AutomationDocument
    from feedback_bridge.health.document import HealthDocument
    from feedback_bridge.mapping.document import MappingDocument
    from feedback_bridge.sync.document import SyncDocument

State = Literal["draft", "published", "changed"]
"""Never published; published as the draft says; published, and the draft says something else."""

_SECRET_KEYS = ("secret", "api_token")


@dataclass(frozen=True, slots=True)
class Reference:
    """`path` is where the document names another one."""

    path: str
    kind: str
    id: str


def state_of(draft: dict[str, Any] | None, published: dict[str, Any] | None) -> State:
    """From the two documents; at least one is there."""
    if published is None:
        return "draft"
    return "published" if draft is None or draft == published else "changed"


def references(kind: str, document: Document) -> list[Reference]:
    """The documents without which this one makes no sense."""
    if kind == "sync":
        sync: SyncDocument = document  # type: ignore[assignment]
        org = Reference("salesforce.org", "org", sync.salesforce.org)
        return [org, _source("events.source", sync.events.source)] if sync.events else [org]
    if kind == "automation":
        automation: AutomationDocument = document  # type: ignore[assignment]
        return [*_sources(automation), Reference("org", "org", automation.org)]
    if kind == "health":
        health: HealthDocument = document  # type: ignore[assignment]
        return [Reference("org", "org", health.org)]
    if kind != "mapping":
        return []
    mapping: MappingDocument = document  # type: ignore[assignment]
    return [*_sources(mapping), Reference("write.org", "org", mapping.write.org)]


def secrets_named(document: Document) -> list[tuple[str, str]]:
    """Path and name of each secret that the document names."""
    named = [(key, getattr(document, key, None)) for key in _SECRET_KEYS]
    if isinstance(document, OrgDocument) and document.outbound_messages:
        named.append(("outbound_messages.secret", document.outbound_messages.secret))
    named.append(("tool.secret", getattr(getattr(document, "tool", None), "secret", None)))
    if (secrets := getattr(document, "secrets", None)) is not None:
        named += secrets()
    return [(path, name) for path, name in named if isinstance(name, str)]


def _sources(mapping: "MappingDocument | AutomationDocument") -> Iterator[Reference]:
    if isinstance(mapping.source, list):
        for index, source in enumerate(mapping.source):
            yield _source(f"source[{index}]", source)
    elif mapping.source != "*":
        yield _source("source", mapping.source)


def _source(path: str, source: str) -> Reference:
    """An org is a source too, where it sends outbound messages."""
    org = org_of_source(source)
    return Reference(path, "source", source) if org is None else Reference(path, "org", org)
