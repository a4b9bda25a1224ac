"""Tasks and events: the account they belong to, and the flags that follow from status and priority."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from local.salesforce_org.clock import now_wire, to_wire
from local.salesforce_org.errors import required_missing
from local.salesforce_org.rows.moments import parse_datetime
from local.salesforce_org.rows.store import Row

if TYPE_CHECKING:
    from local.salesforce_org.org import Org
    from local.salesforce_org.rows.statement import Statement


def before_task(statement: Statement, old: Row, row: Row) -> None:
    row["IsClosed"] = row.get("Status") == "Completed"
    row["IsHighPriority"] = row.get("Priority") == "High"
    if row["IsClosed"] and not old.get("IsClosed"):
        row["CompletedDateTime"] = now_wire()
    elif not row["IsClosed"]:
        row["CompletedDateTime"] = None
    _relate(statement.org, row)


def before_event(statement: Statement, old: Row, row: Row) -> None:
    start = row.get("StartDateTime") or row.get("ActivityDateTime")
    if start is None and not (row.get("IsAllDayEvent") and row.get("ActivityDate")):
        raise required_missing(["DurationInMinutes", "ActivityDateTime"])
    if start is not None:
        moment = parse_datetime(start)
        end = moment + timedelta(minutes=row.get("DurationInMinutes") or 60)
        if old.get("EndDateTime") != row.get("EndDateTime") and row.get("EndDateTime"):
            end = parse_datetime(row["EndDateTime"])
            row["DurationInMinutes"] = int((end - moment).total_seconds() // 60)
        row["StartDateTime"] = row["ActivityDateTime"] = start
        row["EndDateTime"] = to_wire(end)
        row["ActivityDate"], row["EndDate"] = start[:10], row["EndDateTime"][:10]
        row.setdefault("DurationInMinutes", 60)
    _relate(statement.org, row)


def _relate(org: Org, row: Row) -> None:
    who, what = row.get("WhoId"), row.get("WhatId")
    row["WhoCount"], row["WhatCount"] = int(who is not None), int(what is not None)
    row["AccountId"] = _account_of(org, what) or _account_of(org, who)


def _account_of(org: Org, record_id: str | None) -> str | None:
    """The account itself, or the account of a contact, case, opportunity or asset."""
    sobject = org.schema.by_prefix(record_id) if record_id else None
    if sobject is None or record_id is None:
        return None
    if sobject.name == "Account":
        return record_id
    row = org.store.table(sobject).get(record_id)
    return row.get("AccountId") if row else None
