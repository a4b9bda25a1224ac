"""What a mapping can do to an org: every operation and policy, through the real handler, against the org simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.queue_events import feedback
from tests.outbound_message import record_id

if TYPE_CHECKING:
    from tests.integration.mapping_in_use import InUse

pytest_plugins = ["tests.integration.mapping_in_use"]

DETRACTOR = {"score": 3, "band": "detractor", "label": "detractor", "normalised": -1, "comment": "遅い"}


def short(record_id: str) -> str:
    """The id as URLs and old exports have it."""
    return record_id[:15]


# ---------------------------------------------------------------- insert


def test_an_answer_becomes_a_custom_record_with_its_look_up_fields_filled_from_ids_that_came_with_it(
    bridge: InUse, contact: dict[str, Any]
) -> None:
    bridge.publish("""
        write:
          object: Survey_Response__c
          operation: insert
          fields:
            Contact__c: {from: embedded.contact_id}
            Account__c: {lookup: {object: Account, by: {Name: embedded.account}}}
            Survey_Name__c: {from: survey.name}
            NPS_Score__c: {from: nps.score}
            Responded_At__c: {from: occurred_at}
    """)
    bridge.send(feedback(embedded={"contact_id": short(contact["Id"]), "account": "さくら商事株式会社"}))
    record = bridge.record("Survey_Response__c")
    assert (record["Contact__c"], record["Account__c"]) == (contact["Id"], contact["AccountId"])
    assert (record["Survey_Name__c"], record["NPS_Score__c"]) == ("顧客満足度調査", 9)
    assert bridge.delivery().record_id == record["Id"]


def test_an_id_with_a_wrong_checksum_is_refused_before_anything_is_written(
    bridge: InUse, contact: dict[str, Any]
) -> None:
    bridge.publish("""
        write:
          {object: Survey_Response__c, operation: insert, fields: {Contact__c: {from: embedded.contact_id}}}
    """)
    wrong = contact["Id"][:-1] + ("A" if contact["Id"][-1] != "A" else "B")
    bridge.send(feedback(embedded={"contact_id": wrong}))
    status, reason = bridge.outcome()
    assert status == "failed"
    assert "Contact__c" in str(reason)
    assert bridge.records("Survey_Response__c") == []


def test_of_a_record_that_the_org_told_of_a_field_is_taken_as_it_is_now(bridge: InUse, contact: dict[str, Any]) -> None:
    bridge.publish("""
        on: salesforce_event
        write:
          object: Survey_Response__c
          operation: insert
          fields:
            Survey_Name__c: {lookup: {object: Contact, by: {Id: salesforce.record_id}, select: Email, on_none: skip}}
    """)
    told = {"org": "production", "object": "Contact", "notification_id": record_id(1, "04l")}
    for number, about in ((1, contact["Id"]), (2, record_id(7, "003"))):
        arrived = {"type": "salesforce_event", "salesforce": {**told, "record_id": about}}
        bridge.send(feedback(number, **arrived, embedded={"Email": "old@example.jp"}))
    assert bridge.record("Survey_Response__c")["Survey_Name__c"] == contact["Email"]
    assert [bridge.outcome(number)[0] for number in (1, 2)] == ["delivered", "skipped"]


# ---------------------------------------------------------------- finding the record

BY_ID = """
    write:
      object: Contact
      operation: update
      key: {field: Id, value: embedded.contact_id}
      fields: {NPS_Score__c: {from: nps.score}}
"""


@pytest.mark.parametrize("form", [str, short], ids=["18 characters", "15 characters"])
def test_a_record_is_found_by_the_id_that_the_link_carried(bridge: InUse, contact: dict[str, Any], form: Any) -> None:
    bridge.publish(BY_ID)
    bridge.send(feedback(embedded={"contact_id": form(contact["Id"])}, respondent={}))
    assert bridge.record("Contact", Id=contact["Id"])["NPS_Score__c"] == 9


def test_a_record_that_was_deleted_since_the_link_was_made_is_told_on_the_delivery(bridge: InUse) -> None:
    bridge.publish(BY_ID)
    gone = bridge.load("Contact", LastName="去った人")
    bridge.salesforce.session().delete(f"{bridge.salesforce.url}/services/data/v62.0/sobjects/Contact/{gone}")
    bridge.send(feedback(embedded={"contact_id": gone}))
    status, reason = bridge.outcome()
    assert (status, str(reason).partition(":")[0]) == ("failed", "ENTITY_IS_DELETED")


def test_an_upsert_by_external_id_makes_the_record_once_and_changes_it_afterwards(bridge: InUse) -> None:
    bridge.publish("""
        write:
          object: Survey_Response__c
          operation: upsert
          key: {field: Response_Id__c, value: feedback.id}
          fields: {Comment__c: {from: nps.comment}}
    """)
    bridge.send(feedback())
    bridge.send(feedback(nps={"score": 9, "comment": "訂正しました"}), content=2)
    record = bridge.record("Survey_Response__c")
    assert (record["Response_Id__c"], record["Comment__c"]) == ("typeform-main:00001", "訂正しました")


MATCH = """
    write:
      object: Contact
      operation: {operation}
      match: {match}
      fields: {{LastName: {{from: respondent.last_name}}, NPS_Score__c: {{from: nps.score}}}}
"""


def matching(operation: str, match: str) -> str:
    return MATCH.format(operation=operation, match=match)


def test_all_of_several_fields_must_match(bridge: InUse) -> None:
    bridge.publish(matching("update", "{fields: {Email: respondent.email, Phone: respondent.phone}}"))
    bridge.send(feedback(respondent={"email": "hanako.sato@example.jp", "phone": "03-0000-0000"}))
    assert bridge.outcome() == ("skipped", "no Contact was found by Email and Phone")
    bridge.send(feedback(2, respondent={"email": "hanako.sato@example.jp", "phone": "03-5555-0102"}))
    assert bridge.outcome(2) == ("delivered", None)


def test_any_of_several_fields_may_match(bridge: InUse, contact: dict[str, Any]) -> None:
    bridge.publish(matching("update", "{mode: any, fields: {Email: respondent.email, Phone: respondent.phone}}"))
    bridge.send(feedback(respondent={"email": "new.address@example.jp", "phone": "03-5555-0102"}))
    assert bridge.delivery().record_id == contact["Id"]


def test_with_all_a_missing_value_never_widens_the_search(bridge: InUse) -> None:
    bridge.publish(matching("update", "{fields: {Email: respondent.email, Phone: respondent.phone}}"))
    bridge.send(feedback(respondent={"email": "hanako.sato@example.jp"}))
    status, reason = bridge.outcome()
    assert status == "skipped"
    assert "Phone" in str(reason)


def test_who_is_not_found_is_made_and_found_the_next_time(bridge: InUse) -> None:
    bridge.publish(matching("upsert", "{fields: {Email: respondent.email}}"))
    stranger = {"email": "shinjin@example.jp", "last_name": "新人"}
    bridge.send(feedback(respondent=stranger))
    bridge.send(feedback(2, respondent=stranger, occurred_at="2026-11-22T00:00:00Z", nps=DETRACTOR))
    made = bridge.record("Contact", Email="shinjin@example.jp")
    assert (made["LastName"], made["NPS_Score__c"]) == ("新人", 3)
    assert {bridge.delivery(number).record_id for number in (1, 2)} == {made["Id"]}


def test_who_is_not_found_can_be_a_failure(bridge: InUse) -> None:
    bridge.publish(matching("update", "{fields: {Email: respondent.email}, on_none: fail}"))
    bridge.send(feedback(respondent={"email": "nobody@example.jp"}))
    assert bridge.outcome() == ("failed", "Contact was not found by Email")


@pytest.fixture
def twins(bridge: InUse) -> list[str]:
    """Two contacts with one address, the older one first."""
    session, url = bridge.salesforce.session(), f"{bridge.salesforce.url}/services/data/v62.0/sobjects/Contact"
    made = []
    for name in ("姉", "妹"):
        reply = session.post(url, json={"LastName": name, "Email": "twins@example.jp"})
        made.append(str(reply.json()["id"]))
        bridge.salesforce.control("PATCH", "/settings", {})
    return made


@pytest.mark.parametrize("policy", ["fail", "newest", "oldest", "all"])
def test_several_records_match_and_the_policy_decides(bridge: InUse, twins: list[str], policy: str) -> None:
    bridge.publish(matching("update", f"{{fields: {{Email: respondent.email}}, on_many: {policy}}}"))
    bridge.send(feedback(respondent={"email": "twins@example.jp"}))
    scored = {row["Id"] for row in bridge.records("Contact", Email="twins@example.jp") if row["NPS_Score__c"] == 9}
    assert scored == {"fail": set(), "newest": {twins[1]}, "oldest": {twins[0]}, "all": set(twins)}[policy]
    assert bridge.outcome() == (
        ("failed", "Contact cannot be told apart: 2 records match") if policy == "fail" else ("delivered", None)
    )
    assert len(bridge.delivery().records) == len(scored)


# ---------------------------------------------------------------- converted leads

TO_LEAD = """
    write:
      object: Lead
      operation: update
      match: {{fields: {{Email: respondent.email}}}}
      converted: {converted}
      fields: {{NPS_Score__c: {{from: nps.score}}, Company: {{value: 転職先}}}}
    then:
      - write: {{object: Task, operation: insert, fields: {{WhoId: {{record: Id}}, Subject: {{value: お礼}}}}}}
"""


@pytest.fixture
def converted(bridge: InUse) -> dict[str, str]:
    lead = bridge.record("Lead", Email="misaki.takahashi@example.jp")
    told: dict[str, str] = bridge.salesforce.control("POST", f"/leads/{lead['Id']}/convert", {})
    return told


def test_a_converted_lead_is_followed_to_its_contact_and_so_is_what_follows(
    bridge: InUse, converted: dict[str, str]
) -> None:
    bridge.publish(TO_LEAD.format(converted="follow"))
    bridge.send(feedback(respondent={"email": "misaki.takahashi@example.jp"}))
    assert bridge.record("Contact", Id=converted["contactId"])["NPS_Score__c"] == 9
    assert bridge.record("Task", Subject="お礼")["WhoId"] == converted["contactId"]
    delivery = bridge.delivery()
    assert (delivery.object, delivery.record_id) == ("Contact", converted["contactId"])
    assert any("Company" in warning for warning in delivery.warnings)


@pytest.mark.parametrize(("policy", "status"), [("skip", "skipped"), ("fail", "failed")])
def test_a_converted_lead_can_be_left_alone(bridge: InUse, converted: dict[str, str], policy: str, status: str) -> None:
    bridge.publish(TO_LEAD.format(converted=policy))
    bridge.send(feedback(respondent={"email": "misaki.takahashi@example.jp"}))
    assert bridge.delivery().status == status
    assert "converted" in str(bridge.delivery().reason)
    assert bridge.record("Contact", Id=converted["contactId"])["NPS_Score__c"] is None


def test_a_lead_that_was_converted_since_it_was_found_is_followed_too(bridge: InUse) -> None:
    """Found by its Id, nothing is asked before the write: Salesforce's refusal tells."""
    lead = bridge.record("Lead", Email="misaki.takahashi@example.jp")
    bridge.publish("""
        write:
          object: Lead
          operation: update
          key: {field: Id, value: embedded.lead_id}
          fields: {NPS_Score__c: {from: nps.score}}
    """)
    told = bridge.salesforce.control("POST", f"/leads/{lead['Id']}/convert", {})
    bridge.send(feedback(embedded={"lead_id": lead["Id"]}))
    assert bridge.record("Contact", Id=told["contactId"])["NPS_Score__c"] == 9
    assert bridge.delivery().record_id == told["contactId"]


# ---------------------------------------------------------------- duplicate and assignment rules

WEB_LEAD = """
    on: [survey_response, form_submission]
    write:
      object: Lead
      operation: insert
      duplicates: {duplicates}
      fields:
        LastName: {{from: respondent.name}}
        Company: {{value: 個人}}
        Email: {{from: respondent.email}}
        LeadSource: {{value: Web}}
"""


@pytest.mark.parametrize("policy", ["block", "allow", "use_match"])
def test_the_mapping_decides_what_becomes_of_a_duplicate(bridge: InUse, policy: str) -> None:
    bridge.salesforce.control("PUT", "/duplicate-rules/Lead", {"action": "Alert"})
    existing = bridge.record("Lead", Email="misaki.takahashi@example.jp")
    before = len(bridge.records("Lead"))
    bridge.publish(WEB_LEAD.format(duplicates=policy))
    bridge.send(feedback(respondent={"email": "misaki.takahashi@example.jp", "name": "高橋 美咲"}))
    made = len(bridge.records("Lead")) - before
    status, reason = bridge.outcome()
    if policy == "block":
        assert (made, status, str(reason).partition(":")[0]) == (0, "failed", "DUPLICATES_DETECTED")
    elif policy == "allow":
        assert (made, status) == (1, "delivered")
        assert bridge.delivery().record_id != existing["Id"]
    else:
        assert (made, status, bridge.delivery().record_id) == (0, "delivered", existing["Id"])
        assert bridge.record("Lead", Id=existing["Id"])["Company"] == "個人"


def test_of_what_a_rule_finds_only_a_record_of_the_same_object_is_used(bridge: InUse) -> None:
    bridge.salesforce.control("PUT", "/duplicate-rules/Lead", {"action": "Alert", "matches": ["Contact", "Lead"]})
    bridge.publish(WEB_LEAD.format(duplicates="use_match"))
    bridge.send(feedback())
    assert bridge.delivery().status == "failed"
    assert "no record of this object" in str(bridge.delivery().reason)
    lead = bridge.load("Lead", LastName="佐藤", Company="個人", Email="hanako.sato@example.jp")
    bridge.send(feedback(2))
    assert (bridge.delivery(2).status, bridge.delivery(2).record_id) == ("delivered", lead)


def test_a_rule_that_cannot_be_passed_is_said_even_where_the_mapping_would(bridge: InUse) -> None:
    bridge.salesforce.control("PUT", "/duplicate-rules/Lead", {"action": "Block"})
    bridge.publish(WEB_LEAD.format(duplicates="allow"))
    bridge.send(feedback(respondent={"email": "misaki.takahashi@example.jp", "name": "高橋 美咲"}))
    assert bridge.delivery().status == "failed"
    assert "duplicate rule" in str(bridge.delivery().reason)


@pytest.mark.parametrize(("said", "assigned"), [("", True), ("assignment_rules: false", False)])
def test_assignment_rules_give_a_new_lead_to_its_queue_unless_the_mapping_says_not(
    bridge: InUse, said: str, assigned: bool
) -> None:
    queue = bridge.record("Group", DeveloperName="Support_Queue")["Id"]
    bridge.salesforce.control("PUT", "/assignment-rules/Lead", {"owner": queue})
    bridge.publish(WEB_LEAD.format(duplicates="block") + f"      {said}\n")
    bridge.send(feedback(respondent={"email": "shinjin@example.jp", "name": "新人"}))
    assert (bridge.record("Lead", Email="shinjin@example.jp")["OwnerId"] == queue) is assigned


# ---------------------------------------------------------------- chatter

POST = """
    write:
      object: Contact
      operation: chatter_post
      match: {fields: {Email: respondent.email}}
      fields: {Body: {template: "NPS {{ nps.score }}: {{ nps.comment }}"}}
"""


def test_a_chatter_post_is_made_on_the_record_once_however_often_it_is_tried(
    bridge: InUse, contact: dict[str, Any]
) -> None:
    bridge.publish(POST)
    bridge.send(feedback(nps={**DETRACTOR, "comment": "<b>遅い</b> {{ embedded.tier }} @[005]"}))
    bridge.send(feedback(nps={**DETRACTOR, "comment": "もう一度"}), replay="replay-1")
    post = bridge.record("FeedItem")
    assert post["ParentId"] == contact["Id"]
    assert post["Body"] == "NPS 3: <b>遅い</b> {{ embedded.tier }} @[005]"


# ---------------------------------------------------------------- delete

DELETE = """
    write:
      object: Survey_Response__c
      operation: delete
      key: {field: Response_Id__c, value: embedded.withdrawn}
"""
DELETE_BY_ID = DELETE.replace("Response_Id__c", "Id")


def test_deleting_needs_the_orgs_word(bridge: InUse) -> None:
    assert list(bridge.problems(DELETE)) == ["write.operation"]
    assert "allow_delete" in bridge.problems(DELETE)["write.operation"]


def test_deleting_customers_needs_a_permission_that_ours_does_not_have(bridge: InUse) -> None:
    bridge.publish_org(allow_delete=True)
    contact = DELETE_BY_ID.replace("Survey_Response__c", "Contact")
    assert "permission set needs Delete on Contact" in bridge.problems(contact)["write.operation"]
    bridge.grant("Contact", delete=True)
    assert bridge.problems(contact) == {}


@pytest.fixture
def withdrawn(bridge: InUse) -> str:
    bridge.publish_org(allow_delete=True)
    return bridge.load("Survey_Response__c", Response_Id__c="R-1")


def test_a_record_is_deleted_by_its_external_id(bridge: InUse, withdrawn: str) -> None:
    bridge.publish(DELETE)
    bridge.send(feedback(embedded={"withdrawn": "R-1"}))
    assert bridge.records("Survey_Response__c") == []
    assert (bridge.delivery().status, bridge.delivery().record_id) == ("delivered", withdrawn)


def test_what_is_deleted_already_is_as_good_as_deleted(bridge: InUse, withdrawn: str) -> None:
    bridge.publish(DELETE_BY_ID)
    bridge.send(feedback(embedded={"withdrawn": withdrawn}))
    bridge.send(feedback(2, embedded={"withdrawn": withdrawn}))
    assert bridge.outcome(1) == ("delivered", None)
    status, reason = bridge.outcome(2)
    assert status == "delivered"
    assert "already" in str(reason)


def test_two_wishes_to_delete_one_record_in_a_batch_are_one_delete(bridge: InUse, withdrawn: str) -> None:
    bridge.publish(DELETE_BY_ID)
    bridge.send(feedback(1, embedded={"withdrawn": withdrawn}), feedback(2, embedded={"withdrawn": short(withdrawn)}))
    assert {bridge.delivery(number).status for number in (1, 2)} == {"delivered"}


def test_an_id_that_no_record_ever_had_is_nothing_to_delete(bridge: InUse, withdrawn: str) -> None:
    bridge.publish(DELETE_BY_ID)
    bridge.send(feedback(embedded={"withdrawn": "a00000000000001AAA"}))
    assert bridge.delivery().status == "delivered"
    assert [row["Id"] for row in bridge.records("Survey_Response__c")] == [withdrawn]


def test_deletes_beyond_the_hours_number_wait_and_nothing_else_does(bridge: InUse) -> None:
    bridge.publish_org(allow_delete=True, deletes_per_hour=3)
    ids = [bridge.load("Survey_Response__c", Response_Id__c=f"R-{number}") for number in range(5)]
    bridge.publish(DELETE_BY_ID)
    bridge.publish(TO_CONTACT)
    bridge.send(*(feedback(number, embedded={"withdrawn": record_id}) for number, record_id in enumerate(ids)))
    assert len(bridge.records("Survey_Response__c")) == 2
    outcomes = [bridge.outcome(number) for number in range(5)]
    assert [status for status, _ in outcomes] == ["delivered"] * 3 + ["pending"] * 2
    assert "Org production allows 3 deletes an hour" in str(outcomes[4][1])
    assert bridge.waiting() == 2
    assert {bridge.delivery(number, "to-contact").status for number in range(5)} <= {"delivered", "skipped"}
    bridge.next_hour()
    bridge.send(*(feedback(number, embedded={"withdrawn": ids[number]}) for number in (3, 4)))
    assert bridge.records("Survey_Response__c") == []
    assert {bridge.outcome(number)[0] for number in range(5)} == {"delivered"}


# ---------------------------------------------------------------- several mappings, and what follows

TO_CONTACT = """
    id: to-contact
    write:
      object: Contact
      operation: update
      match: {fields: {Email: respondent.email}}
      fields: {NPS_Score__c: {from: nps.score}}
    then:
      - write:
          object: Task
          operation: insert
          fields:
            WhoId: {record: Id}
            OwnerId: {record: Account.OwnerId}
            Subject: {template: "{{ respondent.name }}様に電話する"}
            ActivityDate: {from: occurred_at, transform: [{add_days: 3}]}
        when: {path: nps.band, op: eq, value: detractor}
"""
TO_RESPONSE = """
    id: to-response
    write:
      object: Survey_Response__c
      operation: upsert
      key: {field: Response_Id__c, value: id}
      fields: {NPS_Score__c: {from: nps.score}}
"""


def test_several_mappings_hear_the_same_answer_and_each_tells_what_became_of_it(bridge: InUse) -> None:
    bridge.publish(TO_CONTACT)
    bridge.publish(TO_RESPONSE)
    bridge.send(feedback(respondent={"email": "nobody@example.jp"}))
    assert bridge.delivery(mapping="to-contact").status == "skipped"
    assert bridge.delivery(mapping="to-response").status == "delivered"


def test_a_detractor_makes_a_task_for_the_owner_of_the_account_once(bridge: InUse, contact: dict[str, Any]) -> None:
    bridge.publish(TO_CONTACT)
    owner = bridge.record("Account", Id=contact["AccountId"])["OwnerId"]
    bridge.send(feedback(), feedback(2, nps=DETRACTOR, occurred_at="2026-11-22T20:00:00Z"))
    bridge.send(feedback(2, nps=DETRACTOR, occurred_at="2026-11-22T20:00:00Z"), replay="replay-1")
    task = bridge.record("Task")
    assert (task["WhoId"], task["OwnerId"]) == (contact["Id"], owner)
    assert task["Subject"] == "佐藤 花子様に電話する"
    assert task["ActivityDate"] == "2026-11-26", "three days after 05:00 in Tokyo"
    assert [record.effect for record in bridge.delivery(2, "to-contact").records] == [
        "write",
        f"then[0]~{contact['Id']}",
    ]


def test_nothing_is_written_where_what_follows_could_not_be(bridge: InUse) -> None:
    bridge.publish("""
        write:
          object: Contact
          operation: update
          match: {fields: {Email: respondent.email}}
          fields: {NPS_Score__c: {from: nps.score}}
        then:
          - write:
              object: Task
              operation: insert
              fields: {WhoId: {record: Id}, Subject: {from: embedded.title, if_absent: fail}}
    """)
    bridge.send(feedback())
    assert bridge.outcome() == ("failed", "Task.Subject has no value in the feedback")
    assert bridge.record("Contact", Email="hanako.sato@example.jp")["NPS_Score__c"] is None


# ---------------------------------------------------------------- campaign members

MEMBER = """
    write:
      object: {object}
      operation: upsert
      match: {{fields: {{Email: respondent.email}}}}
      fields: {{LastName: {{from: respondent.name}}{more}}}
    then:
      - campaign_member: {{campaign: {{from: embedded.campaign}}, status: {{from: embedded.status}}}}
"""
CONTACT_MEMBER = MEMBER.format(object="Contact", more="")
LEAD_MEMBER = MEMBER.format(object="Lead", more=", Company: {value: 個人}")


@pytest.fixture
def campaign(bridge: InUse) -> str:
    return str(bridge.record("Campaign")["Id"])


def test_a_new_lead_joins_the_campaign_with_the_status_that_was_chosen(bridge: InUse, campaign: str) -> None:
    bridge.publish(LEAD_MEMBER)
    stranger = {"email": "shinjin@example.jp", "name": "新人"}
    bridge.send(feedback(respondent=stranger, embedded={"campaign": campaign, "status": "Responded"}))
    lead = bridge.record("Lead", Email="shinjin@example.jp")
    member = bridge.record("CampaignMember", LeadId=lead["Id"])
    assert (member["CampaignId"], member["Status"], member["HasResponded"]) == (campaign, "Responded", True)


def test_a_member_who_is_there_gets_the_new_status_and_stays_one_member(
    bridge: InUse, campaign: str, contact: dict[str, Any]
) -> None:
    bridge.publish(CONTACT_MEMBER)
    assert bridge.record("CampaignMember", ContactId=contact["Id"])["Status"] == "Sent"
    bridge.send(feedback(embedded={"campaign": campaign, "status": "Responded"}))
    assert bridge.record("CampaignMember", ContactId=contact["Id"])["Status"] == "Responded"


def test_a_member_whom_somebody_else_added_meanwhile_is_no_failure(bridge: InUse, campaign: str) -> None:
    """Two workers looked before either wrote: Salesforce says `Already a campaign member.`"""
    bridge.publish(LEAD_MEMBER)
    stranger = {"email": "linus@example.com", "name": "Linus Berg"}
    refusal = {"row_code": "DUPLICATE_VALUE", "row_message": "Already a campaign member."}
    bridge.salesforce.control("POST", "/faults", {"object": "CampaignMember", "effect": refusal, "times": 1})
    try:
        bridge.send(feedback(respondent=stranger, embedded={"campaign": campaign, "status": "Responded"}))
    finally:
        bridge.salesforce.control("DELETE", "/faults")
    assert bridge.delivery().status == "delivered"


def test_a_status_that_the_campaign_does_not_have_is_told(bridge: InUse, campaign: str) -> None:
    bridge.publish(LEAD_MEMBER)
    bridge.send(
        feedback(respondent={"email": "a@example.jp", "name": "あ"}, embedded={"campaign": campaign, "status": "出席"})
    )
    assert bridge.record("Lead", Email="a@example.jp")
    status, reason = bridge.outcome()
    assert status == "failed"
    assert reason == "then[0] was not written: Status is looked up, and no CampaignMemberStatus matches"
    assert bridge.records("CampaignMember", LeadId=bridge.record("Lead", Email="a@example.jp")["Id"]) == []


def test_a_converted_leads_membership_is_its_contacts(bridge: InUse, campaign: str) -> None:
    lead = bridge.record("Lead", Email="misaki.takahashi@example.jp")
    told = bridge.salesforce.control("POST", f"/leads/{lead['Id']}/convert", {})
    bridge.publish(LEAD_MEMBER)
    bridge.send(
        feedback(
            respondent={"email": "misaki.takahashi@example.jp", "name": "高橋 美咲"},
            embedded={"campaign": campaign, "status": "Responded"},
        )
    )
    member = bridge.record("CampaignMember", ContactId=told["contactId"])
    assert (member["LeadId"], member["Status"]) == (lead["Id"], "Responded")
