"""What an org holds, for those who choose objects and fields."""

import re
from dataclasses import asdict
from typing import Any

from feedback_bridge.errors import BridgeError
from feedback_bridge.mapping.schema import FieldSchema
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, Wrong
from feedback_bridge.runtime.admin.reaching import reached
from feedback_bridge.runtime.drift import Finding, check_org
from feedback_bridge.runtime.reading import configs

_OBJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_TOLD = ("name", "label", "custom", "createable", "updateable", "deletable", "queryable")


def list_objects(call: Call, org_id: str) -> Reply:
    """The objects that the integration user may see, by name."""
    with reached(org_id) as org:
        described = org.session().describe() or {}
    objects = [item for item in described.get("sobjects", ()) if not item.get("deprecatedAndHidden")]
    items = [{key: item.get(key) for key in _TOLD} for item in sorted(objects, key=lambda item: str(item["name"]))]
    return Reply(200, {"items": items, "next": None})


def show_object(call: Call, org_id: str, sobject: str) -> Reply:
    """One object with its fields; with `?fresh=true` as it is this moment, else as of the last fifteen minutes."""
    with reached(org_id) as org:
        fresh = call.query.get("fresh") == "true"
        schema = org.schema(sobject, fresh=fresh) if _OBJECT.fullmatch(sobject) else None
    if schema is None:
        raise Wrong(404, f"The org {org_id} has no object of this name, or its user may not see it.")
    told = {
        key: getattr(schema, key) for key in ("name", "label", "createable", "updateable", "deletable", "queryable")
    }
    return Reply(200, {**told, "fields": [_field(field) for field in schema.fields.values()]})


def check(call: Call, org_id: str) -> Reply:
    """Whether the secret still lets us in, and what is in force still fits the org as it is now: the same look as every
    night's."""
    if configs().published("org", org_id) is None:
        raise Wrong(404, f"There is no published org named {org_id}.")
    mappings = [_finding(item) for item in check_org(org_id, call.now)]
    return Reply(200, {"org": org_id, "login_problem": _login_problem(org_id), "mappings": mappings})


def _login_problem(org_id: str) -> str | None:
    """Why a new login would fail, while work may still go on with the token of an earlier one."""
    try:
        with reached(org_id) as org:
            org.try_login()
    except (BridgeError, Wrong) as error:
        return str(error)
    return None


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "mapping": finding.mapping,
        "version": finding.version,
        "fits": not finding.problems,
        "paused_since": finding.since.isoformat() if finding.since else None,
        "problems": [problem.model_dump() for problem in finding.problems],
    }


def _field(field: FieldSchema) -> dict[str, Any]:
    return {**asdict(field), "required": field.required, "values": sorted(field.values)}


ENDPOINTS = (
    Endpoint("GET", "/admin/orgs/<org_id>/objects", "viewer", list_objects),
    Endpoint("GET", "/admin/orgs/<org_id>/objects/<sobject>", "viewer", show_object),
    Endpoint("POST", "/admin/orgs/<org_id>/check", "operator", check),
)
