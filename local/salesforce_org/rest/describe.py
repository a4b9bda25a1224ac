"""Describe: of the org, and of one object as one user sees it. ETag and Last-Modified follow the schema.

The keys are those of API 58 and later: 45 of an object, 57 of a field.
"""

from __future__ import annotations

import zlib
from email.utils import parsedate_to_datetime
from typing import Any

from local.salesforce_org.clock import http_date
from local.salesforce_org.http_types import RestRequest, RestResponse
from local.salesforce_org.schema.model import SOAP_TYPES, ChildRelationship, Field, SObject

from .writing import visible_object

MERGEABLE = frozenset({"Account", "Case", "Contact", "Lead"})
# Keys whose value is the same for every field of this org.
NEVER_USED: dict[str, Any] = {
    "aiPredictionField": False,
    "controllerName": None,
    "defaultValueFormula": None,
    "dependentPicklist": False,
    "deprecatedAndHidden": False,
    "displayLocationInDecimal": False,
    "encrypted": False,
    "filteredLookupInfo": None,
    "formulaTreatNullNumberAsZero": False,
    "highScaleNumber": False,
    "mask": None,
    "maskType": None,
    "referenceTargetField": None,
    "writeRequiresMasterRead": False,
}
PERSON_NAMES = frozenset({"FirstName", "LastName", "Name", "Salutation"})
MASTER_RECORD_TYPE = "012000000000000AAA"


def global_describe(request: RestRequest) -> RestResponse:
    objects = sorted(request.org.schema.objects.values(), key=lambda item: item.name)
    visible = [item for item in objects if request.session.permissions.object(item).read]
    body = {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": [global_item(request, item) for item in visible]}
    return _cacheable(request, body, "global")


def describe(request: RestRequest, name: str) -> RestResponse:
    sobject = visible_object(request, name)
    return _cacheable(request, None, sobject.name, sobject)


def _cacheable(request: RestRequest, body: Any, name: str, sobject: SObject | None = None) -> RestResponse:
    schema = request.org.schema
    stamp = f"{name}:{schema.version}:{schema.modified}:{request.session.user_id}:{request.version}"
    headers = {"ETag": f'"{zlib.crc32(stamp.encode()):08x}"', "Last-Modified": http_date(schema.modified)}
    since = request.header("If-Modified-Since")
    known = request.header("If-None-Match")
    if known == headers["ETag"] or (known is None and since and _not_newer(schema.modified, since)):
        return RestResponse(304, None, headers)
    return RestResponse(200, body if sobject is None else document(request, sobject), headers)


def _not_newer(modified: float, since: str) -> bool:
    try:
        return modified <= parsedate_to_datetime(since).timestamp()
    except (TypeError, ValueError):
        return False


def global_item(request: RestRequest, sobject: SObject) -> dict[str, Any]:
    access = request.session.permissions.object(sobject)
    url = f"{request.base}/sobjects/{sobject.name}"
    urls = {"rowTemplate": url + "/{ID}", "describe": url + "/describe", "sobject": url}
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": "c" in sobject.verbs and access.create,
        "custom": sobject.custom,
        "customSetting": False,
        "deepCloneable": False,
        "deletable": "d" in sobject.verbs and access.delete,
        "deprecatedAndHidden": False,
        "feedEnabled": "f" in sobject.verbs,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": sobject.prefix,
        "label": sobject.label,
        "labelPlural": sobject.plural,
        "layoutable": True,
        "mergeable": sobject.name in MERGEABLE,
        "mruEnabled": True,
        "name": sobject.name,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "searchable": True,
        "triggerable": True,
        "undeletable": "r" in sobject.verbs and access.create,
        "updateable": "u" in sobject.verbs and access.edit,
        "urls": urls,
    }


def document(request: RestRequest, sobject: SObject) -> dict[str, Any]:
    """All 45 keys, in alphabetical order as Salesforce prints them."""
    readable = request.session.permissions.readable(sobject)
    editable = request.session.permissions.editable(sobject)
    item = global_item(request, sobject)
    url = item["urls"]["sobject"]
    children = request.org.schema.children_of(sobject.name)
    item.update(
        actionOverrides=[],
        childRelationships=[_child(each) for each in children],
        compactLayoutable=True,
        defaultImplementation=None,
        extendedBy=None,
        extendsInterfaces=None,
        fields=[describe_field(f, f.name in editable) for f in sobject.fields.values() if f.name in readable],
        implementedBy=None,
        implementsInterfaces=None,
        listviewable=None,
        lookupLayoutable=None,
        namedLayoutInfos=[],
        networkScopeFieldName=None,
        recordTypeInfos=[_master_record_type(url)],
        searchLayoutable=True,
        sobjectDescribeOption="FULL",
        supportedScopes=[{"label": f"All {sobject.plural.lower()}", "name": "everything"}],
        urls={
            "compactLayouts": f"{url}/describe/compactLayouts",
            "rowTemplate": url + "/{ID}",
            "approvalLayouts": f"{url}/describe/approvalLayouts",
            "uiDetailTemplate": request.org.url + "/{ID}",
            "uiEditTemplate": request.org.url + "/{ID}/e",
            "describe": f"{url}/describe",
            "uiNewRecord": f"{request.org.url}/{sobject.prefix}/e",
            "quickActions": f"{url}/quickActions",
            "layouts": f"{url}/describe/layouts",
            "sobject": url,
        },
    )
    return dict(sorted(item.items()))


def _master_record_type(url: str) -> dict[str, Any]:
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": MASTER_RECORD_TYPE,
        "urls": {"layout": f"{url}/describe/layouts/{MASTER_RECORD_TYPE}"},
    }


def _child(child: ChildRelationship) -> dict[str, Any]:
    return {
        "cascadeDelete": child.cascade_delete,
        "childSObject": child.child,
        "deprecatedAndHidden": False,
        "field": child.field,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": child.name,
        "restrictedDelete": child.restricted_delete,
    }


def describe_field(field: Field, editable: bool) -> dict[str, Any]:
    """All 57 keys of a field, in alphabetical order."""
    keys = {**NEVER_USED, **_kind(field), **_uses(field, editable), **_references(field)}
    return dict(sorted(keys.items()))


def _kind(field: Field) -> dict[str, Any]:
    is_text = SOAP_TYPES.get(field.type, "xsd:string") == "xsd:string"
    return {
        "autoNumber": field.auto_number is not None,
        "byteLength": field.length * 3 if is_text else field.length,
        "calculated": field.formula is not None,
        "calculatedFormula": field.formula,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": field.compound,
        "custom": field.custom,
        "defaultValue": field.default_value,
        "digits": field.digits,
        "externalId": field.external_id,
        "extraTypeInfo": _extra_type(field),
        "htmlFormatted": field.html,
        "inlineHelpText": field.help_text,
        "label": field.label,
        "length": field.length,
        "name": field.name,
        "nameField": field.name_field,
        "picklistValues": [_picklist_value(each) for each in field.values],
        "precision": field.precision,
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "soapType": SOAP_TYPES.get(field.type, "xsd:string"),
        "type": field.type,
        "unique": field.unique,
    }


def _uses(field: Field, editable: bool) -> dict[str, Any]:
    return {
        "aggregatable": field.aggregatable,
        "createable": field.createable and editable,
        "defaultedOnCreate": field.defaulted,
        "filterable": field.filterable,
        "groupable": field.groupable,
        "idLookup": field.id_lookup,
        "nillable": field.nillable,
        "permissionable": field.permissionable,
        "queryByDistance": field.type == "address",
        "sortable": field.sortable,
        "updateable": field.updateable and editable,
    }


def _references(field: Field) -> dict[str, Any]:
    return {
        "cascadeDelete": field.cascade_delete,
        "namePointing": len(field.reference_to) > 1,
        "polymorphicForeignKey": len(field.reference_to) > 1,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship,
        "relationshipOrder": 0 if field.cascade_delete else None,
        "restrictedDelete": field.restricted_delete,
        "searchPrefilterable": field.type == "reference" and field.custom,
    }


def _extra_type(field: Field) -> str | None:
    if field.name in PERSON_NAMES and (field.compound == "Name" or field.length == 121):
        return "personname"
    if field.type == "textarea":
        return "richtextarea" if field.html else "plaintextarea"
    return None


def _picklist_value(value: Any) -> dict[str, Any]:
    return {
        "active": value.active,
        "defaultValue": value.default,
        "label": value.label,
        "validFor": None,
        "value": value.value,
    }
