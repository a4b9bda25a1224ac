"""Drift: fields added, changed and taken away while the org runs, values of picklists, permissions."""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from typing import Any

from local.salesforce_org.permissions import FieldAccess, ObjectAccess, PermissionSet
from local.salesforce_org.schema.model import Field, PicklistValue

from .answers import ControlError, ControlRequest

CHANGEABLE = {each.name for each in dataclass_fields(Field)} - {"name"}


def add_field(request: ControlRequest, name: str) -> Any:
    """Body: {"name", "type", "label", ...} with the attributes of `schema.model.Field`; `grant` names permission
    sets that may read and edit it."""
    owner = request.object(name)
    body = dict(request.body)
    grants = body.pop("grant", [])
    values = body.pop("values", [])
    body.setdefault("label", body["name"])
    custom = {"custom": True, "createable": True, "updateable": True, "nillable": True}
    field = Field(**{**custom, **body, "reference_to": tuple(body.get("reference_to", ()))})
    field.values = [PicklistValue(each, each) for each in values]
    if field.reference_to:
        field.length, field.relationship = 18, field.relationship or field.name.removesuffix("__c") + "__r"
    with request.org.mutex:
        owner.add(field)
        for each in grants:
            _set(request, each).fields[f"{owner.name}.{field.name}"] = FieldAccess(True, True)
        request.org.schema_changed(owner)
    return _shown(field)


def change_field(request: ControlRequest, name: str, field: str) -> Any:
    """Body: any attributes of the field: {"type": "string", "length": 80}, {"updateable": false}, …"""
    owner, found = request.field(name, field)
    unknown = set(request.body) - CHANGEABLE
    if unknown:
        raise ControlError(f"unknown attributes: {sorted(unknown)}")
    with request.org.mutex:
        for attribute, value in request.body.items():
            setattr(found, attribute, tuple(value) if attribute == "reference_to" else value)
        request.org.schema_changed(owner)
    return _shown(found)


def remove_field(request: ControlRequest, name: str, field: str) -> Any:
    """The field and its values are gone, as after deleting it in Setup."""
    owner, found = request.field(name, field)
    with request.org.mutex:
        owner.remove(found.name)
        table = request.org.store.table(owner)
        table.rows = {key: {k: v for k, v in row.items() if k != found.name} for key, row in table.rows.items()}
        request.org.schema_changed(owner)
    return {"removed": found.name}


def add_value(request: ControlRequest, name: str, field: str) -> Any:
    """Body: {"value", "label", "default"}."""
    owner, found = request.field(name, field)
    value = str(request.body["value"])
    with request.org.mutex:
        found.values = [each for each in found.values if each.value != value]
        found.values.append(PicklistValue(value, request.body.get("label", value), bool(request.body.get("default"))))
        request.org.schema_changed(owner)
    return _shown(found)


def remove_value(request: ControlRequest, name: str, field: str, value: str) -> Any:
    owner, found = request.field(name, field)
    with request.org.mutex:
        found.values = [each for each in found.values if each.value != value]
        request.org.schema_changed(owner)
    return _shown(found)


def _set(request: ControlRequest, name: str) -> PermissionSet:
    found = next((each for each in request.org.permission_sets if each.name == name), None)
    if found is None:
        raise ControlError(f"no permission set {name}", 404)
    return found


def set_field_access(request: ControlRequest, permission_set: str, field: str) -> Any:
    """`field` is Object.Field; body: {"read": bool, "edit": bool}."""
    object_name, _, field_name = field.partition(".")
    owner, found = request.field(object_name, field_name)
    access = FieldAccess(bool(request.body.get("read")), bool(request.body.get("edit")))
    with request.org.mutex:
        _set(request, permission_set).fields[f"{owner.name}.{found.name}"] = access
        request.org.schema_changed()
    return access._asdict()


def set_object_access(request: ControlRequest, permission_set: str, name: str) -> Any:
    """Body: {"read", "create", "edit", "delete", "view_all"}: what is not named stays as it is."""
    owner = request.object(name)
    chosen = _set(request, permission_set)
    with request.org.mutex:
        access = chosen.objects.get(owner.name, ObjectAccess())._replace(**request.body)
        chosen.objects[owner.name] = access
        request.org.schema_changed()
    return access._asdict()


def set_user(request: ControlRequest, username: str) -> Any:
    """Body: {"active": bool, "marketing_user": bool}."""
    login = request.org.logins.get(username)
    if login is None:
        raise ControlError(f"no user {username}", 404)
    with request.org.mutex:
        login.active = bool(request.body.get("active", login.active))
        marketing = bool(request.body.get("marketing_user", login.permissions.marketing_user))
        login.permissions.marketing_user = marketing
        request.org.schema_changed()
    return {"username": username, "active": login.active, "marketing_user": marketing}


def _shown(field: Field) -> Any:
    return {each.name: getattr(field, each.name) for each in dataclass_fields(Field) if each.name != "values"} | {
        "values": [each.value for each in field.values if each.active]
    }
