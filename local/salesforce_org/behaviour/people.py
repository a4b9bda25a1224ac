"""Contacts, leads and users: the full name, and the lead that was converted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.salesforce_org.errors import SalesforceError
from local.salesforce_org.rows.store import Row

if TYPE_CHECKING:
    from local.salesforce_org.rows.statement import Statement


def full_name(row: Row) -> str:
    return " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)


def before_contact(statement: Statement, old: Row, row: Row) -> None:
    row["Name"] = full_name(row)
    if row.get("EmailBouncedReason") or row.get("EmailBouncedDate"):
        row["IsEmailBounced"] = True


def before_lead(statement: Statement, old: Row, row: Row) -> None:
    if old.get("IsConverted"):
        raise SalesforceError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
    row["Name"] = full_name(row)


def before_user(statement: Statement, old: Row, row: Row) -> None:
    row["Name"] = full_name(row)
    row.setdefault("CommunityNickname", row.get("Alias"))
    row.setdefault("UserType", "Standard")
