"""The org that the tests of the mapping language write to, and how its shape is read from a describe."""

from typing import Any

from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema, object_schema
from feedback_bridge.mapping.scope import OrgTraits

TOKYO = OrgTraits(timezone="Asia/Tokyo", language="ja")
CONTACT_ID = "0035g00000ABCDeAAP"
ID = FieldSchema(
    "Id", "Record ID", "id", nillable=False, createable=False, updateable=False, defaulted=True, id_lookup=True
)


def field(name: str, kind: str, **traits: Any) -> FieldSchema:
    return FieldSchema(name, traits.pop("label", name), kind, **traits)


def made(name: str, *fields: FieldSchema, **traits: Any) -> ObjectSchema:
    rights = {"createable": True, "updateable": True, "deletable": True, "queryable": True, **traits}
    return ObjectSchema(name, rights.pop("label", name), fields={item.name: item for item in (ID, *fields)}, **rights)


def picks(*values: str, restricted: bool = True, kind: str = "picklist", **traits: Any) -> dict[str, Any]:
    return {"values": frozenset(values), "restricted": restricted, **traits}


PERSON = (
    field("LastName", "string", length=80, nillable=False, label="姓"),
    field("FirstName", "string", length=40),
    field("Email", "email", length=80, id_lookup=True),
    field("Phone", "phone", length=40),
    field("Description", "textarea", length=32000),
    field("OwnerId", "reference", reference_to=("User",), nillable=False, defaulted=True, relationship="Owner"),
)

ORG: dict[str, ObjectSchema] = {
    "Contact": made(
        "Contact",
        *PERSON,
        field("AccountId", "reference", reference_to=("Account",), relationship="Account"),
        field("NPS_Score__c", "double", precision=2, scale=0),
        field("NPS_Band__c", "picklist", **picks("Promoter", "Passive", "Detractor")),
        field("NPS_Comment__c", "textarea", length=100),
        field("NPS_Date__c", "datetime"),
        field("NPS_Source__c", "string", length=40),
        field("Account_Rep__c", "reference", reference_to=("User",), relationship="Account_Rep__r"),
        field("Customer_No__c", "string", length=20, external_id=True, unique=True),
        field("Newsletter__c", "boolean", nillable=False, defaulted=True),
        field("Birthdate", "date"),
        field("Topics__c", "multipicklist", length=4099, **picks("Price", "Support", "Quality")),
        field("Full_Name__c", "string", length=200, calculated=True, createable=False, updateable=False),
    ),
    "Lead": made(
        "Lead",
        *PERSON,
        field("Company", "string", length=255, nillable=False),
        field("Status", "picklist", nillable=False, defaulted=True, **picks("Open", "Working", restricted=False)),
        field("IsConverted", "boolean", createable=False, updateable=False, nillable=False, defaulted=True),
        field("ConvertedContactId", "reference", reference_to=("Contact",), createable=False, updateable=False),
        field("NPS_Score__c", "double", precision=2, scale=0),
    ),
    "Survey_Response__c": made(
        "Survey_Response__c",
        field("Response_Id__c", "string", length=255, external_id=True, unique=True),
        field("Score__c", "double", precision=2, scale=0),
        field("Comment__c", "textarea", length=32768),
        field("Contact__c", "reference", reference_to=("Contact",), relationship="Contact__r"),
        field("Answered_At__c", "datetime"),
    ),
    "User": made("User", field("Email", "email", length=80), field("Username", "string", length=80)),
    "Case": made(
        "Case",
        field("Subject", "string", length=255),
        field("ContactId", "reference", reference_to=("Contact",), relationship="Contact"),
        field("CSAT__c", "int", digits=2),
    ),
    "Task": made(
        "Task",
        field("WhoId", "reference", reference_to=("Contact", "Lead"), relationship="Who"),
        field("WhatId", "reference", reference_to=("Account", "Case"), relationship="What"),
        field("OwnerId", "reference", reference_to=("User",), nillable=False, defaulted=True),
        field("Subject", "combobox", length=255),
        field("ActivityDate", "date"),
    ),
    "CampaignMember": made(
        "CampaignMember",
        field("CampaignId", "reference", reference_to=("Campaign",), updateable=False, nillable=False),
        field("LeadId", "reference", reference_to=("Lead",), updateable=False),
        field("ContactId", "reference", reference_to=("Contact",), updateable=False),
        field("Status", "picklist", length=40, **picks("Sent", "Responded", restricted=False)),
    ),
    "CampaignMemberStatus": made(
        "CampaignMemberStatus",
        field("CampaignId", "reference", reference_to=("Campaign",), updateable=False, nillable=False),
        field("Label", "string", length=765),
    ),
    "FeedItem": made(
        "FeedItem",
        field("ParentId", "reference", reference_to=("Account", "Case", "Contact"), nillable=False, updateable=False),
        field("Body", "textarea", length=10000),
        updateable=False,
    ),
}


def test_a_describe_is_read_into_what_mapping_needs() -> None:
    rights = {"createable": True, "updateable": True, "deletable": False, "queryable": True}
    numbers = {"length": 255, "precision": 0, "scale": 0, "digits": 0}
    traits = {"nillable": False, "defaultedOnCreate": False, "calculated": False, "externalId": False}
    more = {"idLookup": False, "unique": False, "htmlFormatted": False, "referenceTo": [], "relationshipName": None}
    choices = [
        {"value": "Hot", "label": "高", "active": True},
        {"value": "Cold", "label": "低", "active": False},
    ]
    rating = {"name": "Rating__c", "label": "評価", "type": "picklist", "createable": True, "updateable": True}
    fields = [{**rating, **numbers, **traits, **more, "restrictedPicklist": True, "picklistValues": choices}]
    describe = {"name": "Lead", "label": "リード", **rights, "fields": fields}
    lead = object_schema(describe)
    found = lead.field("rating__C")
    assert found is not None
    assert found.required
    assert found.values == {"Hot"}
    assert found.labels == {"高": "Hot"}
