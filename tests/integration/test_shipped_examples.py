"""The shipped examples at work: each fits the org that salesforce/ makes, and does what its comments say."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from cli.documents import read_all
from feedback_bridge.runtime.admin.fitting import misfits
from feedback_bridge.runtime.reading import tagged
from feedback_bridge.sources.registry import parse_source, tool

if TYPE_CHECKING:
    from tests.integration.mapping_in_use import InUse

pytest_plugins = ["tests.integration.mapping_in_use"]

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SAMPLES = ROOT / "events/sources"
RESPONSE = "SV_8xKq2LmT5vWn0Rd/R_3oBr9SzX5vMd1Ya"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class Shipped:
    """One example folder, in force."""

    def __init__(self, bridge: InUse, folder: str) -> None:
        self.bridge = bridge
        self.responses = 0
        values = {
            "SALESFORCE_URL": bridge.salesforce.url,
            "QUALTRICS_URL": "https://fra1.qualtrics.com",
            "CAMPAIGN_ID": bridge.record("Campaign")["Id"],
        }
        self.documents = read_all([str(EXAMPLES / folder)], [f"{name}={value}" for name, value in values.items()])
        for document in self.documents:
            if document.kind.name == "mapping":
                assert misfits(document.kind.parse(document.data), fresh=True) == [], document.place()
            bridge.configs.publish(document.kind.name, document.id, document.data, "test", LONG_AGO)

    def said(self, source: str, body: Any, answers: Any = None) -> str:
        """One event of a tool, read as its source reads it and handed to the mappings; the feedback's id."""
        (document,) = [item for item in self.documents if (item.kind.name, item.id) == ("source", source)]
        settings = parse_source(document.data)
        speaking = tool(settings.type)
        text, kind = (body, "application/x-www-form-urlencoded") if isinstance(body, str) else (json.dumps(body), "")
        (event,) = speaking.events(text.encode(), kind or "application/json", settings)
        fetched = json.dumps(answers).encode() if answers is not None else None
        feedback = tagged(speaking.read(event, settings, datetime.now(UTC), fetched), settings.nps)
        self.bridge.send(feedback.to_document())
        return feedback.id

    def outcomes(self, feedback_id: str) -> dict[str, tuple[str, str | None]]:
        names = [item.id for item in self.documents if item.kind.name == "mapping"]
        found = self.bridge.deliveries.find_all([(feedback_id, name) for name in names])
        return {mapping: (delivery.status, delivery.reason) for (_, mapping), delivery in found.items()}

    def qualtrics(self, values: dict[str, Any], **embedded: Any) -> str:
        """Another completed response, which carries what Salesforce knew when the survey was sent."""
        self.responses += 1
        answers = json.loads((SAMPLES / f"qualtrics/responses/{RESPONSE}.json").read_text(encoding="utf-8"))
        answers["result"]["values"] |= {**values, **embedded}
        announced = json.loads((SAMPLES / "qualtrics/detractor.json").read_text(encoding="utf-8"))
        message = json.dumps({**announced, "ResponseID": f"R_{self.responses:015}"})
        return self.said("qualtrics-main", urlencode({"MSG": message}), answers)


@pytest.mark.parametrize("folder", sorted(item.name for item in EXAMPLES.iterdir() if item.is_dir()))
def test_every_example_fits_the_org_that_our_package_makes(bridge: InUse, folder: str) -> None:
    assert Shipped(bridge, folder).documents


def test_csat_of_a_closed_case_stands_with_case_contact_and_account_and_a_low_one_is_posted(bridge: InUse) -> None:
    shipped = Shipped(bridge, "walkthroughs")
    case = bridge.record("Case", Subject="請求書が届かない")
    feedback_id = shipped.qualtrics({"QID1": 1}, case_id=case["Id"][:15], contact_id=case["ContactId"])
    record = bridge.record("Survey_Response__c", Response_Id__c=feedback_id)
    assert (record["Case__c"], record["Contact__c"]) == (case["Id"], case["ContactId"])
    assert record["Account__c"] == bridge.record("Contact", Id=case["ContactId"])["AccountId"]
    assert record["CSAT_Score__c"] == 1
    post = bridge.record("FeedItem")
    assert post["ParentId"] == case["Id"]
    assert post["Body"].startswith("CSAT 1（")
    shipped.qualtrics({"QID1": 3}, case_id=case["Id"], contact_id=case["ContactId"])
    assert len(bridge.records("FeedItem")) == 1


def test_an_unhappy_customer_who_cancels_is_called_by_the_owner_of_the_account(bridge: InUse) -> None:
    shipped = Shipped(bridge, "walkthroughs")
    account = bridge.record("Account", Name="さくら商事株式会社")
    feedback_id = shipped.qualtrics({"QID2": 3, "QID3_TEXT": "高い"}, account_id=account["Id"], occasion="cancellation")
    record = bridge.record("Survey_Response__c", Response_Id__c=feedback_id)
    assert (record["Account__c"], record["NPS_Score__c"], record["NPS_Band__c"]) == (account["Id"], 3, "Detractor")
    task = bridge.record("Task")
    assert (task["WhatId"], task["OwnerId"], task["Description"]) == (account["Id"], account["OwnerId"], "高い")
    assert task["Subject"] == "解約のお客様に電話する（NPS 3）"


def test_who_answers_the_survey_of_a_campaign_has_responded_in_it(bridge: InUse, contact: dict[str, Any]) -> None:
    shipped = Shipped(bridge, "walkthroughs")
    campaign = bridge.record("Campaign")["Id"]
    lead = bridge.record("Lead", Email="misaki.takahashi@example.jp")
    shipped.qualtrics({"QID2": 10}, campaign_id=campaign, contact_id=contact["Id"])
    assert bridge.record("CampaignMember", ContactId=contact["Id"])["Status"] == "Responded"
    assert bridge.record("Contact", Id=contact["Id"])["NPS_Band__c"] == "Promoter"
    assert bridge.record("CampaignMember", LeadId=lead["Id"])["Status"] == "Sent"
    record = bridge.record("Survey_Response__c")
    assert (record["Campaign__c"], record["Contact__c"], record["Lead__c"]) == (campaign, contact["Id"], None)


def test_a_lead_who_answers_has_responded_too(bridge: InUse) -> None:
    shipped = Shipped(bridge, "walkthroughs")
    campaign, lead = bridge.record("Campaign")["Id"], bridge.record("Lead", Email="misaki.takahashi@example.jp")
    feedback_id = shipped.qualtrics({"QID2": 7}, campaign_id=campaign, lead_id=lead["Id"])
    assert bridge.record("CampaignMember", LeadId=lead["Id"])["Status"] == "Responded"
    assert {name for name, (status, _) in shipped.outcomes(feedback_id).items() if status == "delivered"} == {
        "campaign-survey-leads",
        "campaign-survey-responses",
    }


LANDING_PAGE = {
    "submission_id": "lp-1",
    "submitted_at": "2026-11-20T18:40:00+09:00",
    "page": "crm-webinar",
    "会社名": "株式会社みなと",
    "お名前": "山田　花子",
    "メールアドレス": "yamada@example.jp",
    "電話番号": "０４５-１２３-４５６７",
    "業種": "IT・通信",
    "ご興味": ["CRM", "アンケート"],
}


def test_a_form_on_a_landing_page_becomes_a_lead_in_its_campaign_even_if_it_is_a_duplicate(bridge: InUse) -> None:
    shipped = Shipped(bridge, "landing-page")
    bridge.salesforce.control("PUT", "/duplicate-rules/Lead", {"action": "Alert"})
    shipped.said("landing-page", LANDING_PAGE)
    shipped.said("landing-page", {**LANDING_PAGE, "submission_id": "lp-2"})
    first, second = bridge.records("Lead", Email="yamada@example.jp")
    for lead in (first, second):
        assert (lead["LastName"], lead["FirstName"], lead["Company"]) == ("山田", "花子", "株式会社みなと")
        assert (lead["Industry"], lead["Phone"]) == ("Technology", "+81451234567")
        assert lead["Description"] == "ご興味: CRM、アンケート"
        assert bridge.record("CampaignMember", LeadId=lead["Id"])["Status"] == "Responded"


def test_a_form_of_another_page_and_an_option_that_nobody_foresaw_are_told(bridge: InUse) -> None:
    shipped = Shipped(bridge, "landing-page")
    other = shipped.said("landing-page", {**LANDING_PAGE, "page": "contact"})
    assert shipped.outcomes(other)["webinar-form"][0] == "skipped"
    unforeseen = shipped.said("landing-page", {**LANDING_PAGE, "submission_id": "lp-3", "業種": "宇宙"})
    assert shipped.outcomes(unforeseen)["webinar-form"] == (
        "failed",
        "Industry is not in the value table; add it there, or a default",
    )


def test_a_detractor_is_a_task_of_the_owner_of_the_account(bridge: InUse, contact: dict[str, Any]) -> None:
    shipped = Shipped(bridge, "nps-tasks")
    for name in ("promoter", "detractor"):
        body = (SAMPLES / f"typeform/{name}.json").read_text(encoding="utf-8")
        shipped.said("typeform-main", json.loads(_of(contact["Email"], body)))
    task = bridge.record("Task")
    assert task["WhoId"] == contact["Id"]
    assert task["OwnerId"] == bridge.record("Account", Id=contact["AccountId"])["OwnerId"]


def _of(email: str, body: str) -> str:
    return re.sub(r"[\w.]+@example[\w.]*", email, body)
