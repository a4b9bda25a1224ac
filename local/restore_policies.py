"""Permissions that AWS grants under another name than MiniStack asks for.

MiniStack checks the name of the API operation. Where AWS has no permission of that name but authorises the operation
by another, a role that AWS would let through is refused here. This adds to such a role what its policies grant anyway:
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local.template_values import Deployed

POLICY_NAME = "what-the-local-stack-calls-otherwise"
SAME_RESOURCE = {
    "sqs:SendMessage": "sqs:SendMessageBatch",
    "sqs:DeleteMessage": "sqs:DeleteMessageBatch",
    "sqs:ChangeMessageVisibility": "sqs:ChangeMessageVisibilityBatch",
    "bedrock:InvokeModel": "bedrock:Converse",
}
PARTIQL = "dynamodb:PartiQL"
PARTIQL_OPERATIONS = ["dynamodb:ExecuteStatement", "dynamodb:BatchExecuteStatement", "dynamodb:ExecuteTransaction"]
MAIL = "ses:SendEmail"
"""Which AWS authorises against the sender's identity, and MiniStack against every resource."""
UNKNOWN_CONDITION_KEYS = "events:"
"""MiniStack evaluates no condition key of EventBridge: a statement that has one never applies."""

Statement = Mapping[str, Any]


def restore(deployed: Deployed, iam: Any) -> list[str]:
    restored = []
    for role in deployed.resources("AWS::IAM::Role"):
        name = role.physical_id
        policies = {policy: _statements(iam, name, policy) for policy in _inline_policies(iam, name)}
        present = policies.pop(POLICY_NAME, [])
        wanted = [extra for statements in policies.values() for extra in equivalents(statements)]
        if wanted and wanted != present:
            document = json.dumps({"Version": "2012-10-17", "Statement": wanted})
            iam.put_role_policy(RoleName=name, PolicyName=POLICY_NAME, PolicyDocument=document)
            restored.append(f"permissions of {role.logical_id}")
    return restored


def equivalents(statements: list[Statement]) -> list[Statement]:
    """The statements to add so that what `statements` allow on AWS is allowed here; beyond it only PartiQL and e-mail.

    MiniStack authorises a PartiQL batch against every resource ("*"), so which table it may touch goes unchecked.
    """
    return [extra for statement in statements if statement["Effect"] == "Allow" for extra in _equivalents(statement)]


def _equivalents(statement: Statement) -> list[Statement]:
    conditions = statement.get("Condition", {})
    known = {
        operator: kept
        for operator, keys in conditions.items()
        if (kept := {key: value for key, value in keys.items() if not key.startswith(UNKNOWN_CONDITION_KEYS)})
    }
    actions = _listed(statement["Action"])
    extra = [SAME_RESOURCE[action] for action in actions if action in SAME_RESOURCE]
    if known != conditions:
        extra += actions
    found = [_allow(extra, statement["Resource"], known)] if extra else []
    if any(action.startswith(PARTIQL) for action in actions):
        found.append(_allow(PARTIQL_OPERATIONS, "*", known))
    if MAIL in actions:
        found.append(_allow([MAIL], "*", known))
    return found


def _allow(actions: list[str], resource: Any, conditions: Mapping[str, Any]) -> Statement:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return statement | ({"Condition": conditions} if conditions else {})


def _listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions


def _inline_policies(iam: Any, role: str) -> list[str]:
    pages = iam.get_paginator("list_role_policies").paginate(RoleName=role)
    return [name for page in pages for name in page["PolicyNames"]]


def _statements(iam: Any, role: str, policy: str) -> list[Statement]:
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    found = (json.loads(document) if isinstance(document, str) else document)["Statement"]
    return [found] if isinstance(found, dict) else found
