"""Campaign members: statuses kept per campaign, responses derived from them, one row per person and campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.salesforce_org.clock import now_wire
from local.salesforce_org.errors import SalesforceError, required_missing
from local.salesforce_org.rows.store import Row, Table

from .people import full_name

if TYPE_CHECKING:
    from local.salesforce_org.org import Org
    from local.salesforce_org.rows.statement import Statement

NEW_CAMPAIGN_STATUSES = (("Sent", True, False), ("Responded", False, True))
FROM_PERSON = ("Salutation", "FirstName", "LastName", "Title", "Email", "Phone")


def _table(org: Org, name: str) -> Table:
    return org.store.table(org.schema.objects[name])


def _statuses(org: Org, campaign_id: str) -> list[Row]:
    table = _table(org, "CampaignMemberStatus")
    found = table.find(table.sobject.fields["CampaignId"], campaign_id) or []
    return sorted((table.rows[each] for each in found), key=lambda row: row.get("SortOrder", 0))


def after_campaign(statement: Statement, old: Row, row: Row) -> None:
    """A new campaign gets the statuses Sent (default) and Responded."""
    if old:
        return
    org, moment, user = statement.org, now_wire(), statement.session.user_id
    for order, (label, default, responded) in enumerate(NEW_CAMPAIGN_STATUSES, start=1):
        status = {
            "Id": org.ids.new("01Y"),
            "CampaignId": row["Id"],
            "Label": label,
            "SortOrder": order,
            "IsDefault": default,
            "HasResponded": responded,
            **dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), moment),
            **dict.fromkeys(("CreatedById", "LastModifiedById"), user),
        }
        statement.transaction.undo.put(_table(org, "CampaignMemberStatus"), status)


def before_status(statement: Statement, old: Row, row: Row) -> None:
    siblings = _statuses(statement.org, row["CampaignId"])
    if any(each["Label"].lower() == row["Label"].lower() and each["Id"] != old.get("Id") for each in siblings):
        raise SalesforceError("DUPLICATE_VALUE", "A member status with this label already exists.", ["Label"])
    if not row.get("SortOrder"):
        row["SortOrder"] = max((each.get("SortOrder", 0) for each in siblings), default=0) + 1


def after_status(statement: Statement, old: Row, row: Row) -> None:
    """There is one default: a new one takes the place of the old one."""
    if not row.get("IsDefault"):
        return
    for each in _statuses(statement.org, row["CampaignId"]):
        if each.get("IsDefault") and each["Id"] != row["Id"]:
            changed = {**each, "IsDefault": False}
            statement.transaction.undo.put(_table(statement.org, "CampaignMemberStatus"), changed)


def before_member(statement: Statement, old: Row, row: Row) -> None:
    org = statement.org
    if not row.get("LeadId") and not row.get("ContactId"):
        raise required_missing(["LeadId", "ContactId"])
    if not old:
        _refuse_second_membership(org, row)
    statuses = _statuses(org, row["CampaignId"])
    known = {status["Label"].lower(): status for status in statuses}
    default = next((status for status in statuses if status.get("IsDefault")), statuses[0] if statuses else None)
    # Off the campaign's list is not an error: Salesforce puts the campaign's default in its place.
    status = known.get(str(row.get("Status") or "").lower(), default)
    if status is not None:
        row["Status"], row["HasResponded"] = status["Label"], bool(status.get("HasResponded"))
    if row.get("HasResponded") and not row.get("FirstRespondedDate"):
        row["FirstRespondedDate"] = now_wire()[:10]
    _copy_person(org, row)


def _refuse_second_membership(org: Org, row: Row) -> None:
    members = _table(org, "CampaignMember")
    for name in ("LeadId", "ContactId"):
        person = row.get(name)
        for member_id in (members.find(members.sobject.fields[name], person) or []) if person else []:
            if members.rows[member_id]["CampaignId"] == row["CampaignId"]:
                raise SalesforceError("DUPLICATE_VALUE", "Already a campaign member.", [])


def _copy_person(org: Org, row: Row) -> None:
    kind = "Contact" if row.get("ContactId") else "Lead"
    person_id = row.get("ContactId") or row.get("LeadId")
    person = _table(org, kind).get(str(person_id)) or {}
    row.update({name: person.get(name) for name in FROM_PERSON})
    row["Name"], row["Type"], row["LeadOrContactId"] = full_name(person), kind, person_id
    row["LeadOrContactOwnerId"] = person.get("OwnerId")
    account = _table(org, "Account").get(person.get("AccountId") or "") or {}
    row["CompanyOrAccount"] = person.get("Company") if kind == "Lead" else account.get("Name")


def after_member(statement: Statement, old: Row, row: Row) -> None:
    """Keeps the campaign's counters; they are a matter of the org, not of the user who adds the member."""
    campaigns = _table(statement.org, "Campaign")
    campaign = campaigns.get(row["CampaignId"])
    if campaign is None:
        return
    changed = dict(campaign)
    if not old:
        name = "NumberOfContacts" if row.get("ContactId") else "NumberOfLeads"
        changed[name] = changed.get(name, 0) + 1
    change = int(bool(row.get("HasResponded"))) - int(bool(old.get("HasResponded")))
    changed["NumberOfResponses"] = changed.get("NumberOfResponses", 0) + change
    statement.transaction.undo.put(campaigns, changed)
