"""What the controls share: the request as they see it, and how they refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.salesforce_org.org import Org
    from local.salesforce_org.schema.model import Field, SObject


class ControlError(Exception):
    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class ControlRequest:
    org: Org
    query: dict[str, str]
    body: Any

    def object(self, name: str) -> SObject:
        found = self.org.schema.find(name)
        if found is None:
            raise ControlError(f"no object {name}", 404)
        return found

    def field(self, object_name: str, name: str) -> tuple[SObject, Field]:
        owner = self.object(object_name)
        found = owner.find(name)
        if found is None:
            raise ControlError(f"no field {object_name}.{name}", 404)
        return owner, found
