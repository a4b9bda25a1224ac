"""Lead conversion: the lead's account, contact and perhaps opportunity; its campaign memberships go with it.

In Salesforce this is SOAP convertLead() or Apex, not REST; here it hangs on a control.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .clock import now_wire
from .errors import SalesforceError
from .rows.statement import Options, Transaction, Write, run_alone
from .rows.store import Row

if TYPE_CHECKING:
    from .org import Org
    from .sessions import Session

COPIED = ("Salutation", "FirstName", "LastName", "Title", "Email", "Phone", "MobilePhone", "Fax", "Description")


@dataclass
class Conversion:
    """With an account or contact named, the lead is merged into it instead of making one."""

    status: str = "Closed - Converted"
    account_id: str | None = None
    contact_id: str | None = None
    opportunity_name: str | None = None


def convert(org: Org, session: Session, lead_id: str, how: Conversion) -> dict[str, Any]:
    """Raises SalesforceError for a lead that is missing or converted already."""
    leads = org.store.table(org.schema.objects["Lead"])
    with org.mutex:
        lead = leads.get(lead_id)
    if lead is None or lead.get("IsConverted"):
        raise SalesforceError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
    account_id = how.account_id or _create(org, session, "Account", {"Name": lead["Company"]})
    contact = {name: lead[name] for name in COPIED if name in lead}
    contact_id = how.contact_id or _create(org, session, "Contact", {**contact, "AccountId": account_id})
    opportunity_id = None
    if how.opportunity_name:
        values = {"Name": how.opportunity_name, "StageName": "Prospecting", "CloseDate": now_wire()[:10]}
        opportunity_id = _create(org, session, "Opportunity", {**values, "AccountId": account_id})
    transaction = Transaction(org)
    with org.mutex:
        transaction.undo.put(leads, _converted(lead, how, account_id, contact_id, opportunity_id))
        _hand_over_memberships(org, transaction, lead_id, contact_id)
    transaction.commit()
    return {"accountId": account_id, "contactId": contact_id, "leadId": lead_id, "opportunityId": opportunity_id}


def _create(org: Org, session: Session, name: str, payload: dict[str, Any]) -> str:
    write = Write("create", org.schema.objects[name], payload)
    run_alone(org, session, Options(allow_duplicates=True), [write])
    if write.error is not None:
        raise write.error
    return str(write.record_id)


def _converted(lead: Row, how: Conversion, account_id: str, contact_id: str, opportunity_id: str | None) -> Row:
    moment = now_wire()
    row = {
        **lead,
        "IsConverted": True,
        "Status": how.status,
        "ConvertedDate": moment[:10],
        "ConvertedAccountId": account_id,
        "ConvertedContactId": contact_id,
        "LastModifiedDate": moment,
        "SystemModstamp": moment,
    }
    return {**row, "ConvertedOpportunityId": opportunity_id} if opportunity_id else row


def _hand_over_memberships(org: Org, transaction: Transaction, lead_id: str, contact_id: str) -> None:
    """The member keeps its row and its id, and names both people from now on."""
    members = org.store.table(org.schema.objects["CampaignMember"])
    for member_id in members.find(members.sobject.fields["LeadId"], lead_id) or []:
        member = {**members.rows[member_id], "ContactId": contact_id, "Type": "Contact", "LeadOrContactId": contact_id}
        transaction.undo.put(members, member)
