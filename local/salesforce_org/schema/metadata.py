"""Loads SFDX source (`force-app/main/default`) into the schema, and refuses what a deployment would refuse.

Only what the org needs is read: custom objects, custom fields and permission sets.
Source of the tags: Metadata API Developer Guide, CustomField, CustomObject and PermissionSet.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import parse

from local.salesforce_org.permissions import FieldAccess, ObjectAccess, PermissionSet

from .model import Field, PicklistValue, Schema, SObject

NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
FIRST_CUSTOM_PREFIX = 0xA00
TYPES = {
    "Text": "string",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Html": "textarea",
    "Email": "email",
    "Phone": "phone",
    "Url": "url",
    "Checkbox": "boolean",
    "Date": "date",
    "DateTime": "datetime",
    "Time": "time",
    "Number": "double",
    "Currency": "currency",
    "Percent": "percent",
    "Picklist": "picklist",
    "MultiselectPicklist": "multipicklist",
    "Lookup": "reference",
    "MasterDetail": "reference",
    "EncryptedText": "encryptedstring",
}
LENGTHS = {"TextArea": 255, "Email": 80, "Phone": 40, "Url": 255, "Picklist": 255, "MultiselectPicklist": 4099}


class MetadataError(Exception):
    """The metadata would not deploy; the message is the one the deployment would show."""


def load_metadata(schema: Schema, folder: Path) -> list[PermissionSet]:
    """Adds the objects and fields below `folder` to the schema; returns its permission sets."""
    object_folders = sorted({path.parent for path in folder.rglob("objects/*/*.object-meta.xml")})
    for path in object_folders:
        schema.add(_custom_object(schema, path))
    for path in sorted(folder.rglob("objects/*/fields/*.field-meta.xml")):
        for item in _owners(schema, path.parts[-3]):
            item.add(_checked(schema, read_field(_root(path))))
    schema.reindex()
    return [_permission_set(schema, path) for path in sorted(folder.rglob("*.permissionset-meta.xml"))]


def _owners(schema: Schema, name: str) -> list[SObject]:
    """A custom field of Activity appears on Task and on Event."""
    names = ["Task", "Event"] if name == "Activity" else [name]
    owners = [schema.find(each) for each in names]
    if None in owners:
        raise MetadataError(f"Entity of type CustomObject named '{name}' cannot be found")
    return [owner for owner in owners if owner is not None]


def _checked(schema: Schema, item: Field) -> Field:
    for target in item.reference_to:
        if schema.find(target) is None:
            raise MetadataError(
                f"Field {item.name}: referenceTo value of '{target}' does not resolve to a valid sObject"
            )
    return item


def _custom_object(schema: Schema, folder: Path) -> SObject:
    name = folder.name
    root = _root(folder / f"{name}.object-meta.xml")
    count = sum(1 for item in schema.objects.values() if item.custom)
    item = SObject(
        name, _text(root, "label"), _text(root, "pluralLabel"), f"{FIRST_CUSTOM_PREFIX + count:x}", custom=True
    )
    item.verbs = "cudrf" if _flag(root, "enableFeeds") else "cudr"
    for system in _system_fields(_text(root, "sharingModel") == "ControlledByParent"):
        item.fields[system.name] = system
    name_root = root.find(f"{NAMESPACE}nameField")
    if name_root is None:
        raise MetadataError(f"{name}: Must specify a nameField of type Text or AutoNumber")
    item.add(_name_field(name_root))
    return item


def _name_field(root: Element) -> Field:
    label = _text(root, "label")
    if _text(root, "type") == "AutoNumber":
        shape = _text(root, "displayFormat")
        return Field("Name", label, "string", 80, defaulted=True, auto_number=shape, name_field=True, id_lookup=True)
    return Field(
        "Name", label, "string", 80, createable=True, updateable=True, nillable=True, defaulted=True, name_field=True,
        id_lookup=True,
    )  # fmt: skip


def _system_fields(owned_by_parent: bool) -> list[Field]:
    def user(name: str, label: str) -> Field:
        return Field(name, label, "reference", 18, defaulted=True, reference_to=("User",), relationship=name[:-2])

    fields = [
        Field("Id", "Record ID", "id", 18, defaulted=True, id_lookup=True),
        Field("IsDeleted", "Deleted", "boolean", defaulted=True, default=False),
        Field("CreatedDate", "Created Date", "datetime", defaulted=True),
        user("CreatedById", "Created By ID"),
        Field("LastModifiedDate", "Last Modified Date", "datetime", defaulted=True),
        user("LastModifiedById", "Last Modified By ID"),
        Field("SystemModstamp", "System Modstamp", "datetime", defaulted=True),
        Field("LastViewedDate", "Last Viewed Date", "datetime", nillable=True),
        Field("LastReferencedDate", "Last Referenced Date", "datetime", nillable=True),
    ]
    if not owned_by_parent:
        owner = Field("OwnerId", "Owner ID", "reference", 18, createable=True, updateable=True, defaulted=True)
        owner.reference_to, owner.relationship = ("Group", "User"), "Owner"
        fields.insert(1, owner)
    return fields


def read_field(root: Element) -> Field:
    """One `CustomField` element as a field."""
    name, kind = _text(root, "fullName"), _text(root, "type")
    if kind not in TYPES:
        raise MetadataError(f"Field {name}: type {kind} is not known to this org")
    required = _flag(root, "required") or kind == "MasterDetail"
    formula = _text(root, "formula") or None
    item = Field(
        name,
        _text(root, "label"),
        TYPES[kind],
        length=18 if TYPES[kind] == "reference" else int(_text(root, "length") or LENGTHS.get(kind, 0)),
        precision=int(_text(root, "precision") or 0),
        scale=int(_text(root, "scale") or 0),
        createable=formula is None,
        updateable=formula is None and not (kind == "MasterDetail" and not _flag(root, "reparentableMasterDetail")),
        nillable=kind != "Checkbox" and not required,
        defaulted=kind == "Checkbox",
        default=_text(root, "defaultValue") == "true" if kind == "Checkbox" else None,
        external_id=_flag(root, "externalId"),
        unique=_flag(root, "unique"),
        case_sensitive=_flag(root, "caseSensitive"),
        id_lookup=_flag(root, "externalId"),
        custom=True,
        formula=formula,
        html=kind == "Html",
        help_text=_text(root, "inlineHelpText") or None,
    )
    if TYPES[kind] == "reference":
        _reference(item, root, kind)
    _picklist(item, root)
    return item


def _reference(item: Field, root: Element, kind: str) -> None:
    item.reference_to = tuple(each.text or "" for each in root.findall(f"{NAMESPACE}referenceTo"))
    item.relationship = item.name.removesuffix("__c") + "__r"
    children = _text(root, "relationshipName")
    item.children = f"{children}__r" if children else None
    item.cascade_delete = kind == "MasterDetail" or _text(root, "deleteConstraint") == "Cascade"
    item.restricted_delete = _text(root, "deleteConstraint") == "Restrict"


def _picklist(item: Field, root: Element) -> None:
    value_set = root.find(f"{NAMESPACE}valueSet")
    if value_set is None:
        return
    item.restricted = _flag(value_set, "restricted")
    for value in value_set.iter(f"{NAMESPACE}value"):
        full_name = _text(value, "fullName")
        item.values.append(PicklistValue(full_name, _text(value, "label") or full_name, _flag(value, "default")))


def _permission_set(schema: Schema, path: Path) -> PermissionSet:
    root = _root(path)
    result = PermissionSet(name=path.name.split(".")[0], label=_text(root, "label"))
    for element in root.findall(f"{NAMESPACE}objectPermissions"):
        name = _text(element, "object")
        if schema.find(name) is None or name in ("Task", "Event"):
            raise MetadataError(f"In field: objectPermissions - no CustomObject named {name} found")
        result.objects[name] = _object_access(element)
    for element in root.findall(f"{NAMESPACE}fieldPermissions"):
        name = _text(element, "field")
        _check_field_permission(schema, name)
        result.fields[name] = FieldAccess(_flag(element, "readable"), _flag(element, "editable"))
    for element in root.findall(f"{NAMESPACE}userPermissions"):
        if _flag(element, "enabled"):
            result.user_permissions.add(_text(element, "name"))
    _check_dependencies(schema, result)
    return result


def _object_access(element: Element) -> ObjectAccess:
    read, create = _flag(element, "allowRead"), _flag(element, "allowCreate")
    edit, delete = _flag(element, "allowEdit"), _flag(element, "allowDelete")
    return ObjectAccess(read, create, edit, delete, _flag(element, "viewAllRecords"))


def _check_field_permission(schema: Schema, name: str) -> None:
    object_name, _, field_name = name.partition(".")
    owner = schema.find(object_name)
    item = owner.find(field_name) if owner else None
    if item is None:
        raise MetadataError(f"In field: field - no CustomField named {name} found")
    if not item.permissionable:
        raise MetadataError(f"You cannot deploy to a required field: {name}")


def _check_dependencies(schema: Schema, result: PermissionSet) -> None:
    """Reading an object asks for reading its masters; creating, editing and deleting ask for reading it."""
    for name, access in result.objects.items():
        item = schema.objects[name]
        if (access.create or access.edit or access.delete) and not access.read:
            raise MetadataError(f"Permission Edit {name} depends on permission(s): Read {name}")
        masters = {target for field in item.master_details for target in field.reference_to}
        if name in ("Contact", "Case", "Opportunity", "Asset"):
            masters.add("Account")
        for master in sorted(masters):
            if not result.objects.get(master, ObjectAccess()).read:
                raise MetadataError(f"Permission Read {name} depends on permission(s): Read {master}")


def _root(path: Path) -> Element:
    root = parse(path).getroot()
    if root is None:
        raise MetadataError(f"{path.name} is empty")
    return root


def _text(root: Element, tag: str) -> str:
    return (root.findtext(NAMESPACE + tag) or "").strip()


def _flag(root: Element, tag: str) -> bool:
    return _text(root, tag) == "true"
