"""Workers of one org without a cloud: each an `Org` of its own, as a Lambda process has one, with what they share."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from feedback_bridge.config.org import OrgDocument
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.org import Org
from local.salesforce_org.running import RunningOrg


@dataclass(frozen=True)
class Told:
    used: int
    limit: int
    at: datetime


@dataclass
class Memory:
    """What `aws/org_state.py` keeps in DynamoDB, kept in this process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    items: dict[str, Any] = field(default_factory=dict)

    def token(self) -> dict[str, str] | None:
        return self.items.get("token")

    def save_token(self, token: dict[str, str], now: datetime) -> None:
        self.items["token"] = token
        self.login_failed()

    def may_log_in(self, now: datetime) -> bool:
        with self.lock:
            free = "login" not in self.items
            self.items["login"] = now
            return free

    def login_failed(self) -> None:
        self.items.pop("login", None)

    def describe(self, sobject: str) -> tuple[dict[str, Any], datetime] | None:
        return self.items.get(f"describe {sobject}")

    def save_describe(self, sobject: str, describe: dict[str, Any], now: datetime) -> None:
        self.items[f"describe {sobject}"] = (describe, now)

    def usage(self) -> Told | None:
        return self.items.get("usage")

    def save_usage(self, used: int, limit: int, now: datetime) -> None:
        self.items["usage"] = Told(used, limit, now)

    def take_deletes(self, wanted: int, most: int, now: datetime) -> int:
        with self.lock:
            used = self.items.get(f"deletes {now:%Y-%m-%dT%H}", 0)
            self.items[f"deletes {now:%Y-%m-%dT%H}"] = used + wanted
        return max(0, min(wanted, most - used))


@dataclass
class Clock:
    """The time now, plus what a test has let pass."""

    passed: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.passed


def worker(salesforce: RunningOrg, shared: Any = None, *, who: str = "integration", **changes: Any) -> Org:
    """An `Org` that does not wait where a test would. `changes` go to the document or, as Org names them, to it."""
    own = {name: changes.pop(name) for name in ("clock", "http", "pause", "bulk_patience") if name in changes}
    document = {"id": "production", "login_url": salesforce.url, "secret": "salesforce-production", **changes}
    credentials = json.dumps(salesforce.credentials[who])
    clock: Callable[[], datetime] = Clock()
    settings = {"clock": clock, "pause": lambda seconds: None, **own}
    return Org(OrgDocument.model_validate(document), lambda: credentials, shared or Memory(), **settings)


def response(number: int, **fields: Any) -> Write:
    """An upsert of a survey response."""
    values = {"NPS_Score__c": number % 11, "Survey_Name__c": "顧客満足度調査", **fields}
    return Write("Survey_Response__c", "upsert", values, external_id=("Response_Id__c", f"typeform-main:{number}"))


def calls(salesforce: RunningOrg) -> int:
    return int(salesforce.control("GET", "/calls")["total"])


def calls_by_kind(salesforce: RunningOrg) -> dict[str, int]:
    found: dict[str, int] = salesforce.control("GET", "/calls")["by_kind"]
    return found
