"""The metadata an admin deploys: what our examples name is in it, and what would not deploy is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import parse

from local.salesforce_org.permissions import Permissions
from local.salesforce_org.schema.metadata import MetadataError, load_metadata
from local.salesforce_org.schema.model import Schema
from local.salesforce_org.schema.standard import load_standard

METADATA = Path(__file__).parents[2] / "salesforce"
SET = "force-app/main/default/permissionsets/Feedback_Bridge.permissionset-meta.xml"
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"


@pytest.fixture
def deployed() -> tuple[Schema, Permissions]:
    schema = load_standard()
    return schema, Permissions(sets=load_metadata(schema, METADATA))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(METADATA, tmp_path / "salesforce"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def deploy(folder: Path) -> None:
    load_metadata(load_standard(), folder)


def test_the_fields_of_the_example_mapping_exist_and_may_be_written(deployed: tuple[Schema, Permissions]) -> None:
    schema, permissions = deployed
    nps = [f"NPS_{part}__c" for part in ("Score", "Band", "Comment", "Date", "Source")]
    example = [*nps, "Description", "Account_Rep__c"]
    assert set(example) <= permissions.editable(schema.objects["Contact"])
    for name in ("Lead", "Case", "Task"):
        assert "Feedback_Bridge_Id__c" in permissions.editable(schema.objects[name])


def test_the_keys_are_unique_external_ids_that_tell_case(deployed: tuple[Schema, Permissions]) -> None:
    schema, _ = deployed
    keys = [(name, "Feedback_Bridge_Id__c") for name in ("Lead", "Case", "Task", "Event")]
    for name, key in [("Survey_Response__c", "Response_Id__c"), *keys]:
        field = schema.objects[name].fields[key]
        assert (field.type, field.length) == ("string", 255)
        assert field.external_id
        assert field.unique
        assert field.case_sensitive


def test_every_field_we_deploy_is_readable_and_writable_by_the_integration_user(
    deployed: tuple[Schema, Permissions],
) -> None:
    schema, permissions = deployed
    for sobject in schema.objects.values():
        if sobject.name == "Event":
            continue  # Salesforce mirrors the grants of Task; we write no events.
        custom = {field.name for field in sobject.fields.values() if field.custom}
        assert custom <= permissions.editable(sobject), sobject.name


def test_the_integration_user_cannot_delete_customers(deployed: tuple[Schema, Permissions]) -> None:
    schema, permissions = deployed
    deletable = {item.name for item in schema.objects.values() if permissions.object(item).delete}
    assert deletable & {"Account", "Contact", "Lead", "Case", "Opportunity", "Campaign"} == set()
    assert not any(access.view_all for each in permissions.sets for access in each.objects.values())


def test_files_are_named_after_what_they_hold() -> None:
    for path in METADATA.rglob("*.field-meta.xml"):
        root: Element | None = parse(path).getroot()
        assert root is not None
        assert root.findtext(f"{NAMESPACE}fullName") == path.name.split(".")[0]
        assert root.tag == f"{NAMESPACE}CustomField"


def test_relationship_names_are_unique_for_each_parent(deployed: tuple[Schema, Permissions]) -> None:
    schema, _ = deployed
    for sobject in schema.objects.values():
        names = [child.name for child in schema.children_of(sobject.name) if child.name]
        assert len(names) == len(set(names)), sobject.name


def test_a_permission_on_a_required_field_does_not_deploy(copy: Path) -> None:
    edit(copy / SET, "<field>Lead.Email</field>", "<field>Lead.LastName</field>")
    with pytest.raises(MetadataError, match=r"You cannot deploy to a required field: Lead\.LastName"):
        deploy(copy)


def test_a_permission_on_a_field_that_does_not_exist_does_not_deploy(copy: Path) -> None:
    edit(copy / SET, "<field>Lead.Email</field>", "<field>Lead.Nope__c</field>")
    with pytest.raises(MetadataError, match=r"no CustomField named Lead\.Nope__c found"):
        deploy(copy)


def test_reading_contacts_without_accounts_does_not_deploy(copy: Path) -> None:
    edit(copy / SET, "<object>Account</object>", "<object>Campaign</object>")
    with pytest.raises(MetadataError, match="depends on permission"):
        deploy(copy)


def test_a_lookup_to_nothing_does_not_deploy(copy: Path) -> None:
    field = copy / "force-app/main/default/objects/Contact/fields/Account_Rep__c.field-meta.xml"
    edit(field, "<referenceTo>User</referenceTo>", "<referenceTo>Nobody__c</referenceTo>")
    with pytest.raises(MetadataError, match="does not resolve to a valid sObject"):
        deploy(copy)
