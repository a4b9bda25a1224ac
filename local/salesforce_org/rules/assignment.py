"""Assignment rules of leads and cases: who gets a new record when the caller lets the rule decide.

Source: REST API Developer Guide, Assignment Rule Header: TRUE unless said otherwise, or the id of a rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.salesforce_org.rows.store import Row
from local.salesforce_org.schema.model import SObject

if TYPE_CHECKING:
    from local.salesforce_org.rows.statement import Statement


def apply(statement: Statement, sobject: SObject, row: Row) -> None:
    owner = statement.org.assignment_owners.get(sobject.name)
    if owner is not None and statement.options.assignment is not False:
        row["OwnerId"] = owner
