"""The simulated org behind Salesforce's back: its records as they are, its faults, its calls."""

from __future__ import annotations

from typing import Any

import requests

from local.stack_file import Stack

SECONDS = 60
AT_ONCE = 500


class OrgControl:
    """`/_org` of the simulator: no token, no call counted, no fault in the way."""

    def __init__(self, stack: Stack) -> None:
        self._base = f"{stack.salesforce_url}/_org"
        self._trusted = stack.salesforce_ca_file

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Raises requests.HTTPError."""
        reply = requests.request(method, self._base + path, json=body, verify=self._trusted, timeout=SECONDS)
        reply.raise_for_status()
        return reply.json()

    def records(self, sobject: str) -> list[dict[str, Any]]:
        """Every row with every field."""
        return list(self.ask("GET", f"/objects/{sobject}/records"))

    def create(self, sobject: str, records: list[dict[str, Any]]) -> list[str]:
        """The ids, in order."""
        made: list[str] = []
        for start in range(0, len(records), AT_ONCE):
            made += self.ask("POST", f"/objects/{sobject}/records", records[start : start + AT_ONCE])
        return made
