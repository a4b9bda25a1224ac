"""What the workers of an org share, as the rest of this package sees it."""

from datetime import datetime
from typing import Any, Protocol


class UsageTold(Protocol):
    """The day's API calls as Salesforce last told some worker."""

    @property
    def used(self) -> int: ...

    @property
    def limit(self) -> int: ...

    @property
    def at(self) -> datetime: ...


class Shared(Protocol):
    """See `aws/org_state.py`, which keeps it in DynamoDB."""

    def token(self) -> dict[str, str] | None: ...

    def save_token(self, token: dict[str, str], now: datetime) -> None: ...

    def may_log_in(self, now: datetime) -> bool: ...

    def login_failed(self) -> None: ...

    def describe(self, sobject: str) -> tuple[dict[str, Any], datetime] | None: ...

    def save_describe(self, sobject: str, describe: dict[str, Any], now: datetime) -> None: ...

    def usage(self) -> "UsageTold | None": ...

    def save_usage(self, used: int, limit: int, now: datetime) -> None: ...
