from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.delivery.coalesce import coalesce
from feedback_bridge.delivery.delivery import RecordWritten
from feedback_bridge.delivery.once import MARKER, once
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.write import Write

LEAD = Write("Lead", "insert", {"LastName": "佐藤", "Company": "東京商事"})
MARK = "typeform-main:abc~form-to-lead"


def schema(*fields: FieldSchema) -> ObjectSchema:
    return ObjectSchema("Lead", "Lead", True, True, True, True, {item.name: item for item in fields})


def test_an_insert_becomes_an_upsert_where_the_admin_has_installed_our_marker() -> None:
    marked = schema(FieldSchema(MARKER, "Feedback Bridge Id", "string", external_id=True))
    write = once(LEAD, marked, MARK, (), "write")
    assert (write.operation, write.external_id) == ("upsert", (MARKER, MARK))


def test_a_follow_up_has_a_mark_of_its_own() -> None:
    marked = schema(FieldSchema(MARKER, "Feedback Bridge Id", "string", external_id=True))
    write = once(LEAD, marked, MARK, (), "then[0]~003000000000001AAA")
    assert write.external_id == (MARKER, f"{MARK}~then[0]~003000000000001AAA")


def test_a_marker_that_our_user_may_not_write_is_left_alone() -> None:
    assert (
        once(LEAD, schema(FieldSchema(MARKER, "M", "string", external_id=True, createable=False)), MARK, (), "write")
        == LEAD
    )
    assert once(LEAD, None, MARK, (), "write") == LEAD


def test_a_replay_changes_the_record_that_was_inserted_and_leaves_out_what_can_only_be_given_on_create() -> None:
    write = Write("CampaignMember", "insert", {"CampaignId": "701000000000001AAA", "Status": "Responded"})
    members = schema(
        FieldSchema("CampaignId", "Campaign", "reference", updateable=False), FieldSchema("Status", "S", "picklist")
    )
    earlier = [RecordWritten("then[0]", "CampaignMember", "insert", "00v000000000001AAA")]
    again = once(write, members, MARK, earlier, "then[0]")
    assert (again.operation, again.record_id, again.fields) == ("update", "00v000000000001AAA", {"Status": "Responded"})


def test_what_another_step_wrote_is_another_record() -> None:
    earlier = [RecordWritten("write", "Lead", "insert", "00Q000000000001AAA")]
    assert once(LEAD, None, MARK, earlier, "then[0]") == LEAD


def contact(score: int, at: str, **fields: object) -> Write:
    return Write("Contact", "update", {"NPS_Score__c": score, **fields}, record_id="003000000000001AAA", occurred_at=at)


def test_two_answers_of_one_person_in_a_batch_are_one_write_and_the_newer_one_stands() -> None:
    newer = contact(9, "2026-11-21T10:00:00Z")
    older = contact(3, "2026-11-20T10:00:00Z", NPS_Comment__c="遅い")
    writes, places = coalesce([newer, older])
    assert [write.fields for write in writes] == [{"NPS_Score__c": 9, "NPS_Comment__c": "遅い"}]
    assert places == [0, 0]


def test_a_moment_with_fractions_of_a_second_is_later_than_the_full_second() -> None:
    newer, older = contact(9, "2026-11-21T10:00:00.5Z"), contact(3, "2026-11-21T10:00:00Z")
    assert [write.fields["NPS_Score__c"] for write in coalesce([newer, older])[0]] == [9]


def test_inserts_are_never_made_one() -> None:
    assert coalesce([LEAD, LEAD]) == ([LEAD, LEAD], [0, 1])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 10)), max_size=20))
def test_every_write_is_carried_by_one_to_its_record_and_the_newest_value_stands(
    rows: list[tuple[int, int, int]],
) -> None:
    given_writes = [
        replace(contact(score, f"2026-11-2{day}T00:00:00Z"), record_id=f"00300000000000{record}AAA")
        for record, day, score in rows
    ]
    writes, places = coalesce(given_writes)
    assert len({write.record_id for write in writes}) == len(writes)
    for write, place in zip(given_writes, places, strict=True):
        assert writes[place].record_id == write.record_id
    for write in writes:
        mine = [item for item in given_writes if item.record_id == write.record_id]
        newest = max(item.occurred_at or "" for item in mine)
        assert write.fields["NPS_Score__c"] in {
            item.fields["NPS_Score__c"] for item in mine if item.occurred_at == newest
        }
