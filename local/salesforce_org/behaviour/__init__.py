"""What Salesforce itself does when a standard object is saved, one file per group of objects.

`before_save` may change the new row or refuse it; `after_save` may write other rows. The org's mutex is held.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from local.salesforce_org.rows.store import Row
from local.salesforce_org.schema.model import SObject

from . import activities, campaigns, cases, opportunities, people

if TYPE_CHECKING:
    from local.salesforce_org.rows.statement import Statement

Before = Callable[["Statement", Row, Row], None]

BEFORE: dict[str, Before] = {
    "Contact": people.before_contact,
    "Lead": people.before_lead,
    "User": people.before_user,
    "Case": cases.before_case,
    "Opportunity": opportunities.before_opportunity,
    "Task": activities.before_task,
    "Event": activities.before_event,
    "CampaignMember": campaigns.before_member,
    "CampaignMemberStatus": campaigns.before_status,
}
AFTER: dict[str, Before] = {
    "Campaign": campaigns.after_campaign,
    "CampaignMember": campaigns.after_member,
    "CampaignMemberStatus": campaigns.after_status,
}


def before_save(statement: Statement, sobject: SObject, old: Row, row: Row) -> None:
    hook = BEFORE.get(sobject.name)
    if hook is not None:
        hook(statement, old, row)


def after_save(statement: Statement, sobject: SObject, old: Row, row: Row) -> None:
    hook = AFTER.get(sobject.name)
    if hook is not None:
        hook(statement, old, row)
