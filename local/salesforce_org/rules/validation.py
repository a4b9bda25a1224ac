"""Validation rules: simple equality is enough to see the refusal and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.salesforce_org.errors import SalesforceError
from local.salesforce_org.rows.store import Row
from local.salesforce_org.schema.model import SObject

if TYPE_CHECKING:
    from local.salesforce_org.org import Org


def check(org: Org, sobject: SObject, row: Row) -> None:
    for rule in org.schema.validation_rules:
        if rule.object == sobject.name and row.get(rule.field) == rule.equals:
            fields = [rule.error_field] if rule.error_field else []
            raise SalesforceError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, fields)
