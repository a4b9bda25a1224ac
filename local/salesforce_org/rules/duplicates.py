"""Duplicate rules of leads and contacts, matching by e-mail: `Alert` can be passed with a header, `Block` cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.salesforce_org.errors import SalesforceError
from local.salesforce_org.rows.store import Row
from local.salesforce_org.schema.model import SObject

if TYPE_CHECKING:
    from local.salesforce_org.rows.statement import Statement

DEFAULT_MESSAGE = "Use one of these records?"


@dataclass
class DuplicateRule:
    """`action` is "Alert" (allowSave passes it) or "Block"; `matches` are the objects it compares with."""

    object: str
    action: str = "Alert"
    matches: tuple[str, ...] = ()
    name: str = ""
    message: str = DEFAULT_MESSAGE
    on_update: bool = True

    @property
    def full_name(self) -> str:
        return self.name or f"Standard_{self.object}_Duplicate_Rule"


def check(statement: Statement, sobject: SObject, old: Row, row: Row) -> None:
    rule = statement.org.duplicate_rules.get(sobject.name)
    email = row.get("Email")
    if rule is None or not email or (old and (not rule.on_update or old.get("Email") == email)):
        return
    if rule.action == "Alert" and statement.options.allow_duplicates:
        return
    results = []
    for name in rule.matches or (sobject.name,):
        target = statement.org.schema.objects[name]
        found = statement.org.store.table(target).find(target.fields["Email"], email) or []
        matches = [each for each in found if each != row.get("Id")]
        if matches:
            results.append(_match_result(name, matches, statement.org.settings.default_version))
    if results:
        raise _refusal(rule, results)


def _match_result(name: str, matches: list[str], version: str) -> dict[str, Any]:
    records = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {
                "attributes": {"type": name, "url": f"/services/data/v{version}/sobjects/{name}/{each}"},
                "Id": each,
            },
        }
        for each in matches
    ]
    return {
        "entityType": name,
        "errors": [],
        "matchEngine": "ExactMatchEngine",
        "matchRecords": records,
        "rule": f"Standard_{name}_Match_Rule_v1_0",
        "size": len(records),
        "success": True,
    }


def _refusal(rule: DuplicateRule, results: list[dict[str, Any]]) -> SalesforceError:
    # The key is misspelt on Salesforce's wire, and clients read it under that spelling.
    detail = {
        "allowSave": rule.action == "Alert",
        "duplicateRule": rule.full_name,
        "duplicateRuleEntityType": rule.object,
        "errorMessage": rule.message,
        "matchResults": results,
    }
    return SalesforceError("DUPLICATES_DETECTED", rule.message, extra={"duplicateResut": detail})
