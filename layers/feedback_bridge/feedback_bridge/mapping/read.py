"""What a plan needs to know from the org before its writes are final."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Row = Mapping[str, Any]
"""A record as SOQL returns it: API name -> value, parents nested (`{"Account": {"OwnerId": …}}`), always with `Id`."""


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """Records of one object whose fields equal these values. `mode` joins several fields.

    `select` names the fields wanted besides Id (dotted for parents, at most five levels up).
    Values are already of the field's type, dates as `date` and `datetime`; quoting is the business of whoever asks
    Salesforce. `created_since` leaves out older records.
    """

    object: str
    where: tuple[tuple[str, Any], ...]
    mode: Literal["all", "any"] = "all"
    select: tuple[str, ...] = ()
    created_since: datetime | None = None
