"""What the org really refuses, and what becomes of the records around it: over HTTPS, without faults on demand."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from feedback_bridge.delivery.outcome import Meaning, Refusal, Refused, Written
from feedback_bridge.mapping.read import RecordQuery
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.org import Org
from local.salesforce_org.running import RunningOrg
from tests.integration.salesforce_gateway import Asked, Gateway, Reply
from tests.integration.salesforce_workers import Memory, calls, response, worker

INTEGRATION = "integration@feedback-bridge.example"


@pytest.fixture
def org(salesforce: RunningOrg) -> Org:
    org = worker(salesforce)
    org.session()
    return org


@pytest.fixture
def admin(salesforce: RunningOrg) -> Org:
    return worker(salesforce, who="admin", auth="client_credentials")


def refused(org: Org, write: Write) -> Refusal:
    """Its refusal; records around it in the same call are taken all the same."""
    before, outcome, after = org.write([response(900_001), write, response(900_002)])
    assert isinstance(before, Written)
    assert isinstance(after, Written)
    assert isinstance(outcome, Refusal), outcome
    return outcome


def first(salesforce: RunningOrg, sobject: str) -> str:
    return str(salesforce.records(sobject)[0]["Id"])


VALUES: list[tuple[dict[str, Any], str, tuple[str, ...]]] = [
    ({"NPS_Score__c": "九点"}, "JSON_PARSER_ERROR", ()),
    ({"NPS_Score__c": 1234567}, "NUMBER_OUTSIDE_VALID_RANGE", ("NPS_Score__c",)),
    ({"NPS_Band__c": "大ファン"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ("NPS_Band__c",)),
    ({"Survey_Name__c": "長" * 256}, "STRING_TOO_LONG", ("Survey_Name__c",)),
    ({"Responded_At__c": "1500-01-01T00:00:00.000+0000"}, "FIELD_INTEGRITY_EXCEPTION", ("Responded_At__c",)),
    ({"Finished__c": None}, "INVALID_TYPE_ON_FIELD_IN_RECORD", ("Finished__c",)),
    ({"Contact__c": "003000000000001AAB"}, "MALFORMED_ID", ("Contact__c",)),
    ({"Contact__c": "003000000000001AAA"}, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", ()),
]


@pytest.mark.parametrize(("fields", "code", "named"), VALUES, ids=[code for _, code, _ in VALUES])
def test_a_value_that_salesforce_does_not_take_fails_its_record_alone(
    org: Org, fields: dict[str, Any], code: str, named: tuple[str, ...]
) -> None:
    refusal = refused(org, response(1, **fields))
    assert (refusal.code, refusal.meaning) == (code, Meaning.RECORD)
    assert refusal.fields[: len(named)] == named
    assert not any(isinstance(value, str) and value in refusal.reason for value in fields.values())


def test_an_address_that_is_none_is_not_told(org: Org) -> None:
    refusal = refused(org, Write("Contact", "insert", {"LastName": "佐藤", "Email": "花子@どこか"}))
    assert (refusal.code, refusal.meaning, refusal.fields) == ("INVALID_EMAIL_ADDRESS", Meaning.RECORD, ("Email",))
    assert "花子" not in refusal.reason


def test_a_required_field_is_named(org: Org) -> None:
    refusal = refused(org, Write("Lead", "insert", {"FirstName": "花子"}))
    assert (refusal.code, refusal.meaning) == ("REQUIRED_FIELD_MISSING", Meaning.RECORD)
    assert set(refusal.fields) == {"LastName", "Company"}


def test_records_that_are_not_there_are_told_apart_from_ids_that_are_none(org: Org, salesforce: RunningOrg) -> None:
    gone = org.write([response(1)])[0]
    assert isinstance(gone, Written)
    delete = Write("Survey_Response__c", "delete", record_id=gone.record_id)
    assert org.write([delete]) == [Written(gone.record_id)]
    update = Write("Survey_Response__c", "update", {"Comment__c": "x"}, record_id=gone.record_id)
    assert (refused(org, update).code, refused(org, update).meaning) == ("ENTITY_IS_DELETED", Meaning.RECORD)
    again = refused(org, delete)
    assert (again.code, again.meaning) == ("ENTITY_IS_DELETED", Meaning.DONE)
    never = first(salesforce, "Survey_Response__c")[:12] + "zzz"
    mistyped = Write("Survey_Response__c", "update", {"Comment__c": "x"}, record_id=never + "AAA")
    assert refused(org, mistyped).code == "MALFORMED_ID"
    unknown = Write("Survey_Response__c", "update", {"Comment__c": "x"}, record_id=never)
    assert (refused(org, unknown).code, refused(org, unknown).meaning) == (
        "INVALID_CROSS_REFERENCE_KEY",
        Meaning.RECORD,
    )
    assert refused(org, replace(unknown, operation="delete")).meaning is Meaning.DONE
    nameless = Write("Survey_Response__c", "update", {"Comment__c": "x"})
    assert (refused(org, nameless).code, refused(org, nameless).meaning) == ("MISSING_ARGUMENT", Meaning.RECORD)


def test_what_others_depend_on_cannot_be_deleted(admin: Org, salesforce: RunningOrg) -> None:
    contact = next(row["ContactId"] for row in salesforce.records("Case") if row["ContactId"])
    refusal = refused(admin, Write("Contact", "delete", record_id=contact))
    assert (refusal.code, refusal.meaning) == ("DELETE_FAILED", Meaning.RECORD)


def test_a_field_that_is_gone_pauses_its_mapping_and_is_named(org: Org, salesforce: RunningOrg) -> None:
    salesforce.control("DELETE", "/objects/Survey_Response__c/fields/Comment__c")
    refusal = refused(org, response(1, Comment__c="遅い"))
    assert (refusal.code, refusal.meaning, refusal.fields) == ("INVALID_FIELD", Meaning.MAPPING, ("Comment__c",))


def test_a_field_that_we_may_only_read_pauses_its_mapping(org: Org, salesforce: RunningOrg) -> None:
    readable = {"read": True, "edit": False}
    salesforce.control("PUT", "/permissions/Feedback_Bridge/fields/Survey_Response__c.Comment__c", readable)
    refusal = refused(org, response(1, Comment__c="遅い"))
    assert (refusal.code, refusal.meaning) == ("INVALID_FIELD_FOR_INSERT_UPDATE", Meaning.MAPPING)
    assert refusal.fields == ("Comment__c",)


def test_an_object_that_is_gone_pauses_its_mapping_and_is_named(org: Org) -> None:
    refusal = refused(org, Write("Gone__c", "insert", {"Name": "x"}))
    assert (refusal.code, refusal.meaning, refusal.fields) == ("INVALID_TYPE", Meaning.MAPPING, ("Gone__c",))


def test_an_external_id_that_is_gone_pauses_its_mapping_with_a_single_call(org: Org, salesforce: RunningOrg) -> None:
    before = calls(salesforce)
    outcomes = org.write([replace(response(n), external_id=("Gone__c", str(n))) for n in range(200)])
    assert {(item.code, item.meaning) for item in outcomes if isinstance(item, Refusal)} == {
        ("NOT_FOUND", Meaning.MAPPING)
    }
    assert calls(salesforce) - before == 1


def test_records_that_we_may_not_create_pause_their_mapping(org: Org, salesforce: RunningOrg) -> None:
    salesforce.control("PUT", "/permissions/Feedback_Bridge/objects/Lead", {"create": False})
    refusal = refused(org, Write("Lead", "insert", {"LastName": "佐藤", "Company": "東京商事"}))
    assert (refusal.code, refusal.meaning) == ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Meaning.MAPPING)


def test_a_record_that_we_may_not_change_fails_alone(org: Org, salesforce: RunningOrg) -> None:
    salesforce.control("PUT", "/permissions/Feedback_Bridge/objects/Contact", {"edit": False})
    update = Write("Contact", "update", {"Title": "部長"}, record_id=first(salesforce, "Contact"))
    assert (refused(org, update).code, refused(org, update).meaning) == (
        "INSUFFICIENT_ACCESS_OR_READONLY",
        Meaning.RECORD,
    )


def test_what_the_api_cannot_do_at_all_pauses_its_mapping(admin: Org, salesforce: RunningOrg) -> None:
    refusal = refused(admin, Write("User", "delete", record_id=first(salesforce, "User")))
    assert (refusal.code, refusal.meaning) == ("INVALID_TYPE_FOR_OPERATION", Meaning.MAPPING)


def test_a_duplicate_rule_names_the_record_it_found_and_can_be_passed(
    org: Org, salesforce: RunningOrg, contact: dict[str, Any]
) -> None:
    salesforce.control("PUT", "/duplicate-rules/Contact", {"action": "Alert"})
    twin = Write("Contact", "insert", {"LastName": "佐藤", "Email": contact["Email"]})
    refusal = refused(org, twin)
    assert (refusal.code, refusal.meaning) == ("DUPLICATES_DETECTED", Meaning.DUPLICATE_RULE)
    assert refusal.existing == contact["Id"]
    assert contact["Email"] not in refusal.reason
    assert isinstance(org.write([replace(twin, duplicates="allow")])[0], Written)


def test_a_converted_lead_is_told_as_such(org: Org, salesforce: RunningOrg) -> None:
    lead = first(salesforce, "Lead")
    salesforce.control("POST", f"/leads/{lead}/convert", {})
    refusal = refused(org, Write("Lead", "update", {"Title": "部長"}, record_id=lead))
    assert (refusal.code, refusal.meaning) == ("CANNOT_UPDATE_CONVERTED_LEAD", Meaning.CONVERTED)


def test_a_member_of_a_campaign_is_one_already(org: Org, admin: Org, salesforce: RunningOrg) -> None:
    member = next(row for row in salesforce.records("CampaignMember") if row["ContactId"])
    again = Write("CampaignMember", "insert", {name: member[name] for name in ("CampaignId", "ContactId")})
    refusal = refused(admin, again)
    assert (refusal.code, refusal.meaning) == ("DUPLICATE_VALUE", Meaning.DONE)


def test_a_unique_value_that_another_record_has_is_told_with_field_and_record(org: Org) -> None:
    held = org.write([response(1)])[0]
    assert isinstance(held, Written)
    refusal = refused(org, Write("Survey_Response__c", "insert", {"Response_Id__c": "typeform-main:1"}))
    assert (refusal.code, refusal.meaning) == ("DUPLICATE_VALUE", Meaning.RECORD)
    assert refusal.fields == ("Response_Id__c",)
    assert refusal.existing == held.record_id[:15]
    assert held.record_id[:15] in refusal.reason
    assert "typeform-main:1" not in refusal.reason


def test_a_key_that_several_records_have_asks_for_a_unique_field(admin: Org, salesforce: RunningOrg) -> None:
    salesforce.control(
        "POST", "/objects/Contact/records", [{"LastName": name, "Email": "both@example.jp"} for name in ("甲", "乙")]
    )
    refusal = refused(admin, Write("Contact", "upsert", {"Title": "部長"}, external_id=("Email", "both@example.jp")))
    assert (refusal.code, refusal.meaning, refusal.fields) == ("DUPLICATE_EXTERNAL_ID", Meaning.RECORD, ("Email",))
    assert "both" not in refusal.reason


RULE = {"object": "Survey_Response__c", "field": "Comment__c", "equals": "遅い", "error_field": "Comment__c"}


def test_a_validation_rule_is_heard_in_the_admins_own_words(org: Org, salesforce: RunningOrg) -> None:
    salesforce.control("POST", "/validation-rules", {**RULE, "message": "6点以下には\n理由を書いてください"})
    refusal = refused(org, response(1, Comment__c="遅い"))
    assert (refusal.code, refusal.meaning) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", Meaning.RECORD)
    assert refusal.fields == ("Comment__c",)
    assert "It says: “6点以下には 理由を書いてください”" in refusal.reason


TELLING = [
    "感想「遅い」は使えません",
    "hanako@example.jp は登録済みです",
    "電話 0355550102 は登録済みです",
    "TYPEFORM-MAIN:1",
]


@pytest.mark.parametrize("message", TELLING)
def test_a_validation_message_that_tells_of_the_customer_is_not_repeated(
    org: Org, salesforce: RunningOrg, message: str
) -> None:
    salesforce.control("POST", "/validation-rules", {**RULE, "message": message})
    refusal = refused(org, response(1, Comment__c="遅い"))
    assert message not in refusal.reason
    assert "It says" not in refusal.reason
    assert "validation rule" in refusal.reason


def test_a_search_by_an_id_that_is_none_is_refused_and_not_told(org: Org) -> None:
    with pytest.raises(Refused) as raised:
        org.find([RecordQuery("Contact", (("Id", "花子"),))])
    assert raised.value.refusal.code == "INVALID_QUERY_FILTER_OPERATOR"
    assert raised.value.refusal.meaning is Meaning.RECORD
    assert "花子" not in raised.value.refusal.reason


def test_the_two_meanings_of_the_request_limit_are_told_apart(salesforce: RunningOrg) -> None:
    busy = worker(salesforce)
    busy.session()
    salesforce.control("PATCH", "/limits", {"long_running_max": 0})
    outcome = busy.write([response(1)])[0]
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.meaning, outcome.unknown) == ("REQUEST_LIMIT_EXCEEDED", Meaning.SLOW_DOWN, False)
    salesforce.control("PATCH", "/limits", {"long_running_max": 25, "daily_max": 1_000_000, "daily_used": 0})
    assert isinstance(busy.write([response(1)])[0], Written)
    salesforce.control("PATCH", "/limits", {"daily_max": 1, "daily_used": 1})
    outcome = busy.write([response(1)])[0]
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.meaning, outcome.unknown) == ("REQUEST_LIMIT_EXCEEDED", Meaning.PARK, False)


def test_two_workers_that_create_one_record_at_once_both_have_it(salesforce: RunningOrg) -> None:
    salesforce.control("PATCH", "/settings", {"transaction_ms": 60, "lock_wait_ms": 2_000})
    shared = Memory()
    workers = [worker(salesforce, shared) for _ in range(4)]
    for each in workers:
        each.session()
    for number in range(5):
        together = threading.Barrier(len(workers))

        def write(org: Org, number: int = number, together: threading.Barrier = together) -> Any:
            together.wait()
            return org.write([response(number)])[0]

        with ThreadPoolExecutor(len(workers)) as pool:
            outcomes = list(pool.map(write, workers))
        assert len({outcome.record_id for outcome in outcomes}) == 1
        assert sum(outcome.created for outcome in outcomes) == 1
    assert len(salesforce.records("Survey_Response__c")) == 5


def test_one_key_in_two_spellings_is_one_record_and_both_are_written(admin: Org, salesforce: RunningOrg) -> None:
    contact = Write("Contact", "upsert", {"LastName": "佐藤"}, external_id=("Email", "mei@example.jp"))
    other = replace(contact, fields={"LastName": "鈴木"}, external_id=("Email", "Mei@Example.jp"))
    outcomes = admin.write([contact, other])
    assert all(isinstance(outcome, Written) for outcome in outcomes), outcomes
    assert len({outcome.record_id for outcome in outcomes if isinstance(outcome, Written)}) == 1
    assert [row["LastName"] for row in salesforce.records("Contact") if row["Email"] == "mei@example.jp"] == ["鈴木"]


# A request that is refused whole for the sake of one of its records.


def client(gate: Gateway) -> Org:
    org = worker(gate, auth="client_credentials")  # type: ignore[arg-type]
    org.session()
    return org


def refuse(marker: str, status: int, body: bytes) -> Any:
    def rule(asked: Asked) -> Reply | None:
        guilty = "composite/sobjects" in asked.path and (marker in asked.path or marker.encode() in asked.body)
        return Reply(status, body) if guilty else None

    return rule


def errors(code: str, message: str) -> bytes:
    return json.dumps([{"message": message, "errorCode": code}]).encode()


WHOLE = [
    (
        400,
        errors("JSON_PARSER_ERROR", "Cannot deserialize instance of double at [line:1, column:9]"),
        "JSON_PARSER_ERROR",
    ),
    (400, errors("MALFORMED_ID", "Record ID: id value of incorrect type: x"), "MALFORMED_ID"),
    (400, errors("A_CODE_OF_NEXT_YEAR", "whatever"), "A_CODE_OF_NEXT_YEAR"),
    (413, b"<html>Request Entity Too Large</html>", "HTTP_413"),
    (414, b"<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>", "HTTP_414"),
    (431, b"<h1>Bad Message 431</h1>", "HTTP_431"),
    (400, b"<html>Bad request</html>", "HTTP_400"),
]


@pytest.mark.parametrize(("status", "body", "code"), WHOLE, ids=[f"{status}-{code}" for status, _, code in WHOLE])
def test_a_batch_refused_whole_is_halved_until_the_culprit_is_alone(
    gate: Gateway, status: int, body: bytes, code: str
) -> None:
    org = client(gate)
    gate.rule = refuse("毒", status, body)
    writes = [response(number, Comment__c="毒" if number in (13, 177) else "薬") for number in range(200)]
    outcomes = org.write(writes)
    culprits = {position: outcome for position, outcome in enumerate(outcomes) if isinstance(outcome, Refusal)}
    assert set(culprits) == {13, 177}
    assert {(item.code, item.meaning) for item in culprits.values()} == {(code, Meaning.RECORD)}
    assert len(gate.data_calls()) <= 1 + 2 * 2 * 8
    assert len(gate.org.records("Survey_Response__c")) == 198


def test_a_delete_refused_whole_is_halved_too(gate: Gateway) -> None:
    org = client(gate)
    made = [outcome for outcome in org.write([response(n) for n in range(100)]) if isinstance(outcome, Written)]
    gate.rule = refuse(made[42].record_id, 414, b"<h1>Bad Message 414</h1>")
    outcomes = org.write([Write("Survey_Response__c", "delete", record_id=item.record_id) for item in made])
    assert [position for position, outcome in enumerate(outcomes) if isinstance(outcome, Refusal)] == [42]
    assert len(gate.org.records("Survey_Response__c")) == 1


def test_a_mapping_that_does_not_fit_does_not_pause_another_one_in_its_call(gate: Gateway) -> None:
    org = client(gate)
    contacts = [row["Id"] for row in gate.org.records("Contact")]
    gate.rule = refuse("Gone__c", 400, errors("INVALID_FIELD", "No such column 'Gone__c' on sobject of type Contact"))
    unfit = [Write("Contact", "update", {"Gone__c": 1}, record_id=contact) for contact in contacts[:3]]
    fit = [Write("Contact", "update", {"Title": "部長"}, record_id=contact) for contact in contacts[3:]]
    outcomes = org.write([*unfit, *fit])
    assert [getattr(outcome, "meaning", None) for outcome in outcomes[:3]] == [Meaning.MAPPING] * 3
    assert outcomes[3:] == [Written(contact) for contact in contacts[3:]]
    assert len(gate.data_calls()) == 3


def test_a_refusal_that_is_no_records_fault_is_not_halved(gate: Gateway) -> None:
    org = client(gate)
    gate.rule = refuse("typeform", 403, errors("API_DISABLED_FOR_ORG", "The REST API is not enabled"))
    outcomes = org.write([response(number) for number in range(200)])
    assert {item.meaning for item in outcomes if isinstance(item, Refusal)} == {Meaning.MAPPING}
    assert len(gate.data_calls()) == 1


def test_apex_that_cannot_take_many_records_at_once_gets_few(gate: Gateway) -> None:
    """A trigger that queries once a record runs into the limit of 101 queries with 200 records, and not with 20."""
    org = client(gate)
    message = "T: execution of AfterInsert\n\ncaused by: System.LimitException: Too many SOQL queries: 101"
    row = {"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": message, "fields": []}

    def trigger(asked: Asked) -> Reply | None:
        records = json.loads(asked.body)["records"] if "composite/sobjects" in asked.path else []
        if len(records) <= 100:
            return None
        return Reply(200, json.dumps([{"success": False, "errors": [row], "created": False}] * len(records)).encode())

    gate.rule = trigger
    outcomes = org.write([response(number) for number in range(200)])
    assert all(isinstance(outcome, Written) for outcome in outcomes)
    assert len(gate.data_calls()) == 1 + 10


def test_objects_in_plenty_are_sorted_into_few_calls(gate: Gateway) -> None:
    org = client(gate)
    account, contact, case = (gate.org.records(name)[0]["Id"] for name in ("Account", "Contact", "Case"))
    lead = gate.org.records("Lead")[0]["Id"]
    mixed = [
        Write("Account", "update", {"NPS_Net_Score__c": 1}, record_id=account),
        Write("Contact", "update", {"Title": "部長"}, record_id=contact),
        Write("Case", "update", {"Priority": "High"}, record_id=case),
        Write("Lead", "update", {"Title": "部長"}, record_id=lead),
    ]
    outcomes = org.write(mixed)
    assert all(isinstance(outcome, Written) for outcome in outcomes), outcomes
    assert len(gate.data_calls()) == 1
