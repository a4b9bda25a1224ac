"""One record to be written, final: every value has the type that Salesforce expects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Operation = Literal["insert", "update", "upsert", "delete", "chatter_post"]


@dataclass(frozen=True, slots=True)
class Write:
    """`record_id` for update and delete; `external_id` (field, value) for upsert; neither for insert.

    `fields` is ready for JSON: numbers as numbers, dates and datetimes as Salesforce writes them, None to clear.
    """

    object: str
    operation: Operation
    fields: Mapping[str, Any] = field(default_factory=dict)
    record_id: str | None = None
    external_id: tuple[str, str] | None = None
