"""Cases: closed by status, and what they show of their contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.salesforce_org.clock import now_wire
from local.salesforce_org.rows.store import Row

if TYPE_CHECKING:
    from local.salesforce_org.rows.statement import Statement

FROM_CONTACT = {
    "ContactEmail": "Email",
    "ContactPhone": "Phone",
    "ContactMobile": "MobilePhone",
    "ContactFax": "Fax",
}


def before_case(statement: Statement, old: Row, row: Row) -> None:
    closed = row.get("Status") == "Closed"
    if closed and not old.get("IsClosed"):
        row["ClosedDate"] = now_wire()
    elif not closed:
        row["ClosedDate"] = None
    row["IsClosed"] = closed
    contact_id = row.get("ContactId")
    org = statement.org
    contact = org.store.table(org.schema.objects["Contact"]).get(contact_id) if contact_id else None
    for name, source in FROM_CONTACT.items():
        row[name] = contact.get(source) if contact else None
    if contact and not row.get("AccountId") and old.get("ContactId") != contact_id:
        row["AccountId"] = contact.get("AccountId")
