"""What goes with a deleted row: details and owned children to the recycle bin, other look-ups emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.salesforce_org.errors import SalesforceError
from local.salesforce_org.schema.model import ChildRelationship, SObject

from .store import UndoLog

if TYPE_CHECKING:
    from local.salesforce_org.org import Org

# Standard references that delete the child with its parent, and those that forbid deleting the parent.
CASCADES = {
    "Contact": {"AccountId"},
    "Opportunity": {"AccountId"},
    "CampaignMember": {"CampaignId", "LeadId", "ContactId"},
    "CampaignMemberStatus": {"CampaignId"},
    "OpportunityContactRole": {"OpportunityId", "ContactId"},
    "Task": {"WhoId", "WhatId"},
    "Event": {"WhoId", "WhatId"},
    "FeedItem": {"ParentId"},
}
FORBIDS = {"Case": {"AccountId", "ContactId"}}


def delete_tree(org: Org, undo: UndoLog, sobject: SObject, record_id: str) -> None:
    """Moves the row and what belongs to it to the recycle bin; the caller holds the mutex."""
    children = org.schema.children_of(sobject.name)
    for child in children:
        if _forbids(child) and _referring(org, child, record_id):
            target = org.schema.objects[child.child]
            message = (
                f"Your attempt to delete {record_id[:15]} could not be completed because it is associated with the "
                f"following {target.plural.lower()}."
            )
            raise SalesforceError("DELETE_FAILED", message, [])
    undo.bin(org.store.table(sobject), record_id)
    for child in children:
        for child_id in _referring(org, child, record_id):
            _let_go(org, undo, child, child_id)


def _forbids(child: ChildRelationship) -> bool:
    return child.restricted_delete or child.field in FORBIDS.get(child.child, ())


def _referring(org: Org, child: ChildRelationship, record_id: str) -> list[str]:
    target = org.schema.objects[child.child]
    return org.store.table(target).find(target.fields[child.field], record_id) or []


def _let_go(org: Org, undo: UndoLog, child: ChildRelationship, child_id: str) -> None:
    target = org.schema.objects[child.child]
    table = org.store.table(target)
    row = table.get(child_id)
    if row is None:
        return
    if child.cascade_delete or child.field in CASCADES.get(child.child, ()):
        delete_tree(org, undo, target, child_id)
    else:
        undo.put(table, {name: value for name, value in row.items() if name != child.field})
