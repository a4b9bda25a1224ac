"""List views and report types name fields that are deployed with them, and that our user may see."""

from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import parse

METADATA = Path(__file__).parents[2] / "salesforce/force-app/main/default"
NS = "{http://soap.sforce.com/2006/04/metadata}"
VIEWS = sorted(METADATA.rglob("*.listView-meta.xml"))
REPORT_TYPES = sorted(METADATA.rglob("*.reportType-meta.xml"))


def texts(root: Element, *tags: str) -> set[str]:
    return {str(item.text) for tag in tags for item in root.iter(f"{NS}{tag}")}


def deployed(sobject: str) -> set[str]:
    return {path.name.partition(".")[0] for path in (METADATA / "objects" / sobject / "fields").iterdir()}


def test_people_may_see_every_field_that_is_written_for_them_and_change_none() -> None:
    root = parse(METADATA / "permissionsets/Feedback_Bridge_Reader.permissionset-meta.xml").getroot()
    assert texts(root, "editable", "allowCreate", "allowEdit", "allowDelete", "viewAllRecords") == {"false"}
    shown = {
        f"{path.parts[-3]}.{path.name.partition('.')[0]}"
        for path in METADATA.glob("objects/*/fields/*")
        if path.name != "Feedback_Bridge_Id__c.field-meta.xml"
        and "true" not in texts(parse(path).getroot(), "required")
    }
    assert texts(root, "field") == shown


def test_the_page_of_a_response_shows_every_field_of_it() -> None:
    (layout,) = METADATA.glob("layouts/*.layout-meta.xml")
    assert {name for name in texts(parse(layout).getroot(), "field") if name.endswith("__c")} == deployed(
        "Survey_Response__c"
    )


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.name)
def test_a_list_view_shows_and_filters_by_fields_that_are_there(path: Path) -> None:
    root = parse(path).getroot()
    assert texts(root, "fullName") == {path.name.partition(".")[0]}
    named = {name for name in texts(root, "columns", "field") if name.endswith("__c")}
    assert named
    assert named <= deployed(path.parts[-3])


@pytest.mark.parametrize("path", REPORT_TYPES, ids=lambda path: path.name)
def test_a_report_type_has_columns_that_are_there(path: Path) -> None:
    root = parse(path).getroot()
    (sobject,) = texts(root, "baseObject")
    assert texts(root, "table") == {sobject}
    assert texts(root, "field") <= deployed(sobject)


def test_our_user_may_write_every_score_field() -> None:
    allowed = texts(parse(METADATA / "permissionsets/Feedback_Bridge.permissionset-meta.xml").getroot(), "field")
    for sobject in ("Account", "Contact", "Lead", "Survey_Response__c"):
        for name in deployed(sobject):
            if name.startswith("NPS_"):
                assert f"{sobject}.{name}" in allowed
