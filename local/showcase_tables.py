"""The demo's tables: deliveries as the admin API tells them, records as Salesforce does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

_COLOURS = {"delivered": "green", "skipped": "yellow", "failed": "red", "pending": "cyan"}
_LONGEST = 40


def deliveries_table(rows: Sequence[tuple[str, str, Mapping[str, Any]]]) -> Table:
    """Rows of what was sent, through which mapping, and the delivery that tells what became of it."""
    table = Table("sent", "mapping", "status", "why, and what else to know", title="Deliveries")
    for title, mapping, item in rows:
        why = "; ".join(filter(None, [item.get("reason"), *(item.get("warnings") or [])]))
        status = item["status"]
        table.add_row(title, mapping, f"[{_COLOURS.get(status, 'red')}]{status}[/]", why)
    return table


def records_table(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> Table:
    """Rows of object and record, with the fields that have a value."""
    table = Table("object", "name", "fields", title="Records, asked of Salesforce itself")
    for sobject, record in rows:
        shown = {name: value for name, value in record.items() if name not in ("attributes", "Id", "Name") and value}
        if isinstance(parent := shown.pop("Contact__r", None), Mapping):
            shown["Contact"] = parent["Name"]
        table.add_row(sobject, record["Name"], ", ".join(f"{name}={_short(value)}" for name, value in shown.items()))
    return table


def _short(value: object) -> str:
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
