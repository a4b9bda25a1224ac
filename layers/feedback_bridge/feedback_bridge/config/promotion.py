"""From one org to another: the same document, which names the other org, and says what is different there."""

import copy
from typing import Any

from feedback_bridge.config.kinds import Kind
from feedback_bridge.config.lifecycle import references
from feedback_bridge.config.org import outbound_source
from feedback_bridge.config.overrides import Override, overridden, put, steps


def names_org(kind: Kind, data: dict[str, Any], org: str) -> bool:
    """Whether the document writes to the org or hears it. Raises InvalidDocument."""
    return any(item.kind == "org" and item.id == org for item in references(kind.name, kind.parse(data)))


def promoted(
    kind: Kind, data: dict[str, Any], source: str, target: str, override: Override, where: str
) -> dict[str, Any]:
    """The document for the org `target`, under its old id. `where` is the override's own place, for problems.

    Raises InvalidDocument.
    """
    changed = copy.deepcopy(data)
    for item in references(kind.name, kind.parse(data)):
        if item.kind == "org" and item.id == source:
            named = outbound_source(target) if item.path.startswith("source") else target
            put(changed, steps(item.path), named)
    return overridden(changed, override, where)
