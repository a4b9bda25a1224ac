"""Validation, duplicate and assignment rules."""

from __future__ import annotations

from typing import Any

from local.salesforce_org.ids import normalise
from local.salesforce_org.rules.duplicates import DuplicateRule
from local.salesforce_org.schema.model import ValidationRule

from .answers import ControlError, ControlRequest


def add_validation_rule(request: ControlRequest) -> Any:
    """Body: {"object", "field", "equals", "message", "error_field"}."""
    rule = ValidationRule(**request.body)
    owner, field = request.field(rule.object, rule.field)
    rule.object, rule.field = owner.name, field.name
    request.org.schema.validation_rules.append(rule)
    return {"validation_rules": len(request.org.schema.validation_rules)}


def clear_validation_rules(request: ControlRequest) -> Any:
    request.org.schema.validation_rules.clear()
    return {"validation_rules": 0}


def set_duplicate_rule(request: ControlRequest, name: str) -> Any:
    """Body: {"action": "Alert" or "Block", "matches": [objects], "message", "name", "on_update"}."""
    owner = request.object(name)
    if "Email" not in owner.fields:
        raise ControlError(f"{name} has no Email to match by")
    body = dict(request.body)
    matches = tuple(request.object(each).name for each in body.pop("matches", (owner.name,)))
    rule = DuplicateRule(object=owner.name, matches=matches, **body)
    if rule.action not in ("Alert", "Block"):
        raise ControlError("action is Alert or Block")
    request.org.duplicate_rules[owner.name] = rule
    return vars(rule)


def remove_duplicate_rule(request: ControlRequest, name: str) -> Any:
    return {"removed": request.org.duplicate_rules.pop(request.object(name).name, None) is not None}


def set_assignment_rule(request: ControlRequest, name: str) -> Any:
    """Body: {"owner": id of a user or queue}."""
    if name not in ("Lead", "Case"):
        raise ControlError("only Lead and Case have assignment rules")
    owner = normalise(str(request.body["owner"]))
    if owner is None:
        raise ControlError("owner is not an id")
    request.org.assignment_owners[name] = owner
    return {"object": name, "owner": owner}


def remove_assignment_rule(request: ControlRequest, name: str) -> Any:
    return {"removed": request.org.assignment_owners.pop(name, None) is not None}
