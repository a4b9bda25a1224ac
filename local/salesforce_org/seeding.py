"""Loads a seed file (YAML or JSON): objects in order, records that may name each other by `_ref`.

Account:
  - {_ref: acme, Name: Acme}
Contact:
  - {LastName: Sato, AccountId: "@acme"}
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .org import ADMIN_USERNAME, Org
from .rows.statement import Options, Write, run_alone
from .sessions import Session


def seed(org: Org, path: Path) -> int:
    """Creates the records as the admin; returns how many. Raises SalesforceError for a record the org refuses."""
    document: dict[str, list[dict[str, Any]]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    session = Session("", org.logins[ADMIN_USERNAME], "", 0.0)
    known: dict[str, str] = {}
    count = 0
    for name, records in document.items():
        sobject = org.schema.objects[name]
        for record in records:
            payload = {key: _resolve(value, known) for key, value in record.items() if key != "_ref"}
            write = Write("create", sobject, payload)
            run_alone(org, session, Options(assignment=False, allow_duplicates=True), [write])
            if write.error is not None:
                raise write.error
            known[str(record.get("_ref", ""))] = str(write.record_id)
            count += 1
    return count


def _resolve(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, str) and value.startswith("@"):
        return known[value[1:]]
    return value
