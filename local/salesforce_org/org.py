"""The org: its schema, rows, users and limits, and everything an admin or a test may set."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .clock import now_wire
from .faults import Faults
from .ids import IdSequence, checksum
from .limits import Limits
from .permissions import Permissions, PermissionSet
from .rows.locks import LockTable
from .rows.reading import Plans
from .rows.store import Row, Store
from .rules.duplicates import DuplicateRule
from .schema.metadata import load_metadata
from .schema.model import Schema, SObject
from .schema.standard import load_standard
from .sessions import ConnectedApp, Login, Sessions

T = TypeVar("T")

ORG_ID = "00DFb0000000001" + checksum("00DFb0000000001")
ADMIN_USERNAME = "admin@feedback-bridge.example"
INTEGRATION_USERNAME = "integration@feedback-bridge.example"


@dataclass
class Settings:
    """Times are milliseconds. Salesforce waits 10 s for a lock; the default here is short so that tests are.

    `bulk_stop_after_rows` (0: never) makes an ingest job fail there, leaving the rest unprocessed.
    """

    default_version: str = "62.0"
    lock_wait_ms: float = 250.0
    transaction_ms: float = 0.0
    row_ms: float = 0.0
    page_size: int = 2000
    wide_page_size: int = 1000
    bulk_delay_ms: float = 20.0
    bulk_batch_rows: int = 10_000
    bulk_stop_after_rows: int = 0
    paused: bool = False


@dataclass
class ExtraUser:
    username: str
    last_name: str
    first_name: str = ""
    everything: bool = False
    permission_sets: tuple[str, ...] = ()


class Org:
    """Rows and schema are read and changed under `mutex`; row locks are waited for without it."""

    def __init__(self, metadata: Path | None) -> None:
        self.mutex = threading.RLock()
        self.metadata = metadata
        self.ids = IdSequence()
        self.locks = LockTable()
        self.limits = Limits()
        self.faults = Faults()
        self.settings = Settings()
        self.plans = Plans()
        self.sessions = Sessions(ORG_ID)
        self.apps: dict[str, ConnectedApp] = {}
        self.logins: dict[str, Login] = {}
        self.url = ""
        self.seed_file: Path | None = None
        self.parts: dict[str, Any] = {}
        self._system_ids: dict[str, str] = {}
        self._extra_users: list[ExtraUser] = []
        self._load_schema()
        self._people()

    def _load_schema(self) -> None:
        self.schema: Schema = load_standard()
        self.permission_sets: list[PermissionSet] = (
            load_metadata(self.schema, self.metadata) if self.metadata is not None else []
        )
        self.schema.modified = float(int(time.time()))
        self.store = Store(self.schema.objects.values())
        self.duplicate_rules: dict[str, DuplicateRule] = {}
        self.assignment_owners: dict[str, str] = {}
        self.plans.forget()

    def _people(self) -> None:
        """The organisation, two profiles and the two users that programs log in as."""
        self._system_ids["Organization"] = ORG_ID
        self._system_row("Organization", "", Name="Feedback Bridge Test Org", OrganizationType="Developer Edition")
        admin_profile = self._system_row("Profile", "admin", Name="System Administrator", UserType="Standard")
        api_profile = self._system_row(
            "Profile", "api", Name="Minimum Access - API Only Integrations", UserType="Standard"
        )
        self._user(ADMIN_USERNAME, "Test", "Admin", admin_profile, Permissions(everything=True))
        given = [each for each in self.permission_sets if not each.name.endswith("_Reader")]  # those are for people
        self._user(INTEGRATION_USERNAME, "Feedback", "Bridge", api_profile, Permissions(sets=given))
        for user in self._extra_users:
            self._extra_user(user)

    def add_user(self, user: ExtraUser) -> None:
        """One more user who may log in, also after a reset. Raises KeyError for an unknown permission set."""
        with self.mutex:
            self._extra_users.append(user)
            self._extra_user(user)

    def _extra_user(self, user: ExtraUser) -> None:
        known = {each.name: each for each in self.permission_sets}
        permissions = Permissions(everything=user.everything, sets=[known[name] for name in user.permission_sets])
        self._user(user.username, user.first_name, user.last_name, self._system_ids["Profileapi"], permissions)

    def _user(self, username: str, first: str, last: str, profile_id: str, permissions: Permissions) -> None:
        names = {"FirstName": first, "LastName": last, "Name": f"{first} {last}", "Alias": last[:8].lower()}
        user_id = self._system_row(
            "User",
            username,
            Username=username,
            Email=username,
            ProfileId=profile_id,
            IsActive=True,
            UserType="Standard",
            UserPermissionsMarketingUser=True,
            **names,
        )
        login = self.logins.get(username)
        if login is None:
            self.logins[username] = Login(username, user_id, permissions)
        else:
            login.user_id, login.permissions, login.active = user_id, permissions, True

    def _system_row(self, name: str, key: str, **values: Any) -> str:
        """A row that is there from the start and keeps its id over a reset."""
        sobject = self.schema.objects[name]
        moment = now_wire()
        if name + key not in self._system_ids:
            self._system_ids[name + key] = self.ids.new(sobject.prefix)
        row: Row = {"Id": self._system_ids[name + key], **values}
        row.update(dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), moment))
        self.store.table(sobject).put(row)
        return str(row["Id"])

    def reset(self) -> None:
        """Back to the org as it was deployed: no data, no rules, no faults, metadata read again. Sessions stay."""
        with self.mutex:
            self._load_schema()
            self._people()
            self.locks = LockTable()
            self.limits.reset()
            self.faults.clear()
            self.settings = Settings()
            self.parts.clear()

    def schema_changed(self, sobject: SObject | None = None) -> None:
        """After any change to objects, fields or permissions; indexes of `sobject` are built again."""
        if sobject is not None:
            sobject.reindex()
            self.store.table(sobject).reindex()
        self.schema.reindex()
        self.schema.modified = max(self.schema.modified + 1, float(int(time.time())))
        self.plans.forget()
        for login in self.logins.values():
            login.permissions.forget()

    def part(self, name: str, kind: type[T]) -> T:
        """State that one resource keeps for itself (query cursors, bulk jobs), emptied by `reset`."""
        with self.mutex:
            found = self.parts.get(name)
            if not isinstance(found, kind):
                found = self.parts[name] = kind()
            return found
