"""Bulk API 2.0 over HTTPS: every row comes back to the write it was, whatever becomes of the job."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from feedback_bridge.delivery.outcome import Meaning, Outcome, Refusal, Refused, Written
from feedback_bridge.errors import TransientError
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.bulk_job import BulkJob
from feedback_bridge.salesforce.org import Org
from local.salesforce_org.running import RunningOrg
from tests.integration.salesforce_gateway import Asked, Gateway, Reply
from tests.integration.salesforce_workers import calls_by_kind, response, worker


@pytest.fixture
def org(salesforce: RunningOrg) -> Org:
    org = worker(salesforce, daily_calls={"reserve_for_others": 0})
    org.session()
    return org


def jobs(salesforce: RunningOrg) -> int:
    return calls_by_kind(salesforce).get("POST /jobs/ingest", 0)


def carried_out(org: Org, writes: list[Write], patience: float = 60) -> list[Outcome]:
    """Each position exactly once, in order."""
    outcomes = sorted(org.bulk_write(iter(writes), patience=patience), key=lambda item: item[0])
    assert [position for position, _ in outcomes] == list(range(len(writes)))
    return [outcome for _, outcome in outcomes]


def responses(salesforce: RunningOrg) -> dict[str, dict[str, Any]]:
    return {row["Response_Id__c"]: row for row in salesforce.records("Survey_Response__c")}


def test_above_two_thousand_rows_a_batch_goes_in_bulk_and_each_record_knows_its_id(
    org: Org, salesforce: RunningOrg
) -> None:
    outcomes = org.write([response(number) for number in range(2_500)])
    stored = responses(salesforce)
    assert [stored[f"typeform-main:{number}"]["Id"] for number in range(2_500)] == [
        outcome.record_id for outcome in outcomes if isinstance(outcome, Written)
    ]
    assert all(isinstance(outcome, Written) and outcome.created for outcome in outcomes)
    made = calls_by_kind(salesforce)
    assert made["POST /jobs/ingest"] == 1
    assert not any("sobjects" in kind for kind in made)
    again = org.write([response(number, Comment__c="二回目") for number in range(2_500)])
    assert again == [Written(outcome.record_id, created=False) for outcome in outcomes if isinstance(outcome, Written)]


def test_two_thousand_rows_and_fewer_go_through_collections(org: Org, salesforce: RunningOrg) -> None:
    org.write([response(number) for number in range(2_000)])
    made = calls_by_kind(salesforce)
    assert made["PATCH /composite/sobjects/{name}/{field_name}"] == 10
    assert not jobs(salesforce)


def test_what_is_not_many_goes_beside_the_bulk_job_through_collections(org: Org, salesforce: RunningOrg) -> None:
    contact = salesforce.records("Contact")[0]["Id"]
    title = Write("Contact", "update", {"Title": "部長"}, record_id=contact)
    outcomes = org.write([title, *(response(number) for number in range(2_001)), title])
    assert all(isinstance(outcome, Written) for outcome in outcomes)
    assert outcomes[0] == Written(contact)
    assert jobs(salesforce) == 1


def test_a_sparse_row_never_blanks_what_another_row_filled(org: Org, salesforce: RunningOrg) -> None:
    carried_out(org, [response(number, Comment__c=f"感想 {number}", NPS_Band__c="Promoter") for number in range(500)])
    only_score = [
        Write("Survey_Response__c", "upsert", {"NPS_Score__c": 1}, external_id=("Response_Id__c", f"typeform-main:{n}"))
        for n in range(250)
    ]
    cleared = [response(number, Comment__c=None, NPS_Band__c="") for number in range(250, 500)]
    carried_out(org, [write for pair in zip(only_score, cleared, strict=True) for write in pair])
    stored = responses(salesforce)
    for number in range(250):
        assert stored[f"typeform-main:{number}"]["Comment__c"] == f"感想 {number}"
        assert stored[f"typeform-main:{number}"]["NPS_Score__c"] == 1
    for number in range(250, 500):
        assert stored[f"typeform-main:{number}"]["Comment__c"] is None
        assert stored[f"typeform-main:{number}"]["NPS_Band__c"] is None


TEXTS = [
    "ふつう",
    "line\nbreak",
    "old mac\rbreak",
    "windows\r\nbreak",
    'quo"te',
    '"quoted"',
    "com,ma",
    "  spaces  ",
    "tab\tstop",
    "😀 絵文字",
    "\u2028 line separator \x0b \x1c",
    "=1+1",
    "#N/A",
    "#n/a",
    "sf__Id,sf__Error",
    "",
]


def test_every_text_arrives_in_bulk_as_it_does_through_collections(org: Org, salesforce: RunningOrg) -> None:
    writes = [response(number, Comment__c=TEXTS[number % len(TEXTS)]) for number in range(len(TEXTS) * 20)]
    assert all(isinstance(outcome, Written) for outcome in carried_out(org, writes))
    assert jobs(salesforce) == 1
    in_bulk = {key: row["Comment__c"] for key, row in responses(salesforce).items()}
    org.write([replace(write, fields={**write.fields, "Comment__c": None}) for write in writes])
    for start in range(0, len(writes), 200):
        org.write(writes[start : start + 200])
    assert in_bulk == {key: row["Comment__c"] for key, row in responses(salesforce).items()}
    assert in_bulk["typeform-main:12"] == "#N/A"


def test_numbers_dates_times_and_checkboxes_arrive_as_what_they_are(org: Org, salesforce: RunningOrg) -> None:
    moment = "2026-11-21T03:04:05.000+0000"
    assert all(
        isinstance(item, Written)
        for item in carried_out(org, [response(n, Responded_At__c=moment) for n in range(300)])
    )
    assert {row["Responded_At__c"] for row in salesforce.records("Survey_Response__c")} == {moment}
    admin = worker(salesforce, who="admin", auth="client_credentials")
    campaigns = salesforce.control("POST", "/objects/Campaign/records", [{"Name": f"調査{n}"} for n in range(300)])
    first = {"IsActive": True, "StartDate": "2026-11-21", "BudgetedCost": 1200000, "NumberSent": 1.5e3}
    for fields in (first, {**first, "IsActive": False, "BudgetedCost": 0}):
        writes = [Write("Campaign", "update", fields, record_id=campaign) for campaign in campaigns]
        assert carried_out(admin, writes) == [Written(campaign) for campaign in campaigns]
        stored = {row["Id"]: row for row in salesforce.records("Campaign")}
        for campaign in campaigns:
            assert {name: stored[campaign][name] for name in fields} == fields


def test_refused_rows_come_back_to_their_writes_explained(org: Org, salesforce: RunningOrg) -> None:
    contact = next(row["Id"] for row in salesforce.records("Contact"))
    writes = [response(number) for number in range(600)]
    writes[7] = response(7, NPS_Score__c="九点")
    writes[303] = response(303, Contact__c=contact[:-1] + ("B" if contact[-1] != "B" else "C"))
    writes[599] = response(599, NPS_Score__c=12345678901234567890.0)
    outcomes = carried_out(org, writes)
    refused = {position: outcome for position, outcome in enumerate(outcomes) if isinstance(outcome, Refusal)}
    assert set(refused) == {7, 303, 599}
    assert {(refusal.meaning, refusal.unknown) for refusal in refused.values()} == {(Meaning.RECORD, False)}
    assert refused[7].code == "INVALID_FIELD"
    assert refused[7].fields == ("NPS_Score__c",)
    assert "九点" not in refused[7].reason
    assert refused[599].code == "NUMBER_OUTSIDE_VALID_RANGE"


def test_a_validation_rule_speaks_from_a_bulk_row_too(org: Org, salesforce: RunningOrg) -> None:
    rule = {"object": "Survey_Response__c", "field": "Comment__c", "equals": "禁止: 語", "message": "理由: 規則, 三条"}
    salesforce.control("POST", "/validation-rules", {**rule, "error_field": "Comment__c"})
    outcomes = carried_out(org, [response(number, Comment__c="禁止: 語") for number in range(250)])
    refusal = outcomes[100]
    assert isinstance(refusal, Refusal)
    assert refusal.code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert refusal.fields == ("Comment__c",)
    assert "理由: 規則, 三条" in refusal.reason


def test_rows_that_a_failed_job_did_not_reach_are_sent_again_through_collections(
    org: Org, salesforce: RunningOrg
) -> None:
    salesforce.control("PATCH", "/settings", {"bulk_stop_after_rows": 1_000})
    outcomes = org.write([response(number) for number in range(2_400)])
    assert all(isinstance(outcome, Written) for outcome in outcomes)
    assert len(responses(salesforce)) == 2_400
    assert calls_by_kind(salesforce)["PATCH /composite/sobjects/{name}/{field_name}"] == 7


def test_rows_that_a_failed_job_did_not_reach_are_known_not_to_be_written(org: Org, salesforce: RunningOrg) -> None:
    salesforce.control("PATCH", "/settings", {"bulk_stop_after_rows": 400})
    outcomes = carried_out(org, [response(number) for number in range(1_000)])
    assert sum(isinstance(outcome, Written) for outcome in outcomes) == 400
    left = {outcome for outcome in outcomes if isinstance(outcome, Refusal)}
    assert {(refusal.code, refusal.meaning, refusal.unknown) for refusal in left} == {
        ("BULK_UNPROCESSED", Meaning.RETRY, False)
    }


def test_a_column_that_is_gone_pauses_the_mapping_and_names_the_field(org: Org, salesforce: RunningOrg) -> None:
    outcomes = carried_out(org, [response(number, Gone__c="x") for number in range(300)])
    for refusal in outcomes:
        assert isinstance(refusal, Refusal)
        assert (refusal.code, refusal.meaning, refusal.fields) == ("INVALID_FIELD", Meaning.MAPPING, ("Gone__c",))


def test_an_object_or_external_id_that_is_gone_pauses_the_mapping(org: Org) -> None:
    gone = [Write("Gone__c", "upsert", {"A__c": 1}, external_id=("K__c", str(number))) for number in range(300)]
    unkeyed = [replace(response(number), external_id=("Gone__c", str(number))) for number in range(300)]
    for writes in (gone, unkeyed):
        outcomes = carried_out(org, writes)
        assert {(item.code, item.meaning) for item in outcomes if isinstance(item, Refusal)} == {
            ("INVALIDJOB", Meaning.MAPPING)
        }


def test_inserts_are_told_apart_by_all_they_say_and_twins_are_two_records(org: Org, salesforce: RunningOrg) -> None:
    def lead(name: str) -> Write:
        return Write("Lead", "insert", {"LastName": name, "Company": "東京商事\r\n二階"}, assign=False)

    before = len(salesforce.records("Lead"))
    writes = [lead(f"人 {number % 200} ") for number in range(400)]
    outcomes = carried_out(org, writes)
    ids = [outcome.record_id for outcome in outcomes if isinstance(outcome, Written)]
    assert len(set(ids)) == 400
    names = {row["Id"]: row["LastName"] for row in salesforce.records("Lead")}
    assert [names[record_id] for record_id in ids] == [f"人 {number % 200}" for number in range(400)]
    assert len(salesforce.records("Lead")) == before + 400
    assert jobs(salesforce) == 1


def test_updates_and_deletes_are_told_apart_by_id(org: Org, salesforce: RunningOrg) -> None:
    made = org.write([response(number) for number in range(300)])
    ids = [outcome.record_id for outcome in made if isinstance(outcome, Written)]
    updates = [Write("Survey_Response__c", "update", {"Comment__c": f"{n}"}, record_id=ids[n]) for n in range(300)]
    assert carried_out(org, updates) == [Written(record_id) for record_id in ids]
    org.write([Write("Survey_Response__c", "delete", record_id=ids[5])])
    outcomes = carried_out(org, [Write("Survey_Response__c", "delete", record_id=record_id) for record_id in ids])
    gone = outcomes.pop(5)
    assert isinstance(gone, Refusal)
    assert (gone.code, gone.meaning) == ("ENTITY_IS_DELETED", Meaning.DONE)
    assert outcomes == [Written(record_id) for record_id in ids if record_id != ids[5]]
    assert salesforce.records("Survey_Response__c") == []


def test_the_same_write_twice_is_sent_once_and_shares_its_outcome(org: Org) -> None:
    outcomes = carried_out(org, [response(number % 300) for number in range(600)])
    assert outcomes[:300] == outcomes[300:]
    assert all(isinstance(outcome, Written) and outcome.created for outcome in outcomes)


def test_two_different_writes_to_one_record_are_carried_out_one_after_the_other(
    org: Org, salesforce: RunningOrg
) -> None:
    early = [response(number, Comment__c="先") for number in range(300)]
    outcomes = carried_out(org, [*early, *(response(number, Comment__c="後") for number in range(300))])
    assert all(isinstance(outcome, Written) for outcome in outcomes)
    assert {row["Comment__c"] for row in responses(salesforce).values()} == {"後"}


def test_what_bulk_would_do_differently_goes_through_collections(org: Org, salesforce: RunningOrg) -> None:
    def lead(number: int, **how: Any) -> Write:
        return Write("Lead", "insert", {"LastName": f"人{number}", "Company": "東京商事"}, **how)

    assert all(isinstance(outcome, Written) for outcome in org.write([lead(number) for number in range(2_100)]))
    allowed = [lead(number, assign=False, duplicates="allow") for number in range(300)]
    assert all(isinstance(outcome, Written) for outcome in carried_out(org, allowed))
    assert not jobs(salesforce)


def test_a_job_that_does_not_end_in_time_is_aborted_and_its_rows_are_unknown(salesforce: RunningOrg) -> None:
    salesforce.control("PATCH", "/settings", {"bulk_delay_ms": 500})
    outcomes = carried_out(worker(salesforce), [response(number) for number in range(300)], patience=0.05)
    for refusal in outcomes:
        assert isinstance(refusal, Refusal)
        assert (refusal.code, refusal.meaning, refusal.unknown) == ("NO_ANSWER", Meaning.RETRY, True)
    made = calls_by_kind(salesforce)
    assert made["PATCH /jobs/ingest/{job_id}"] == 2, "closed, then aborted"
    salesforce.control("PATCH", "/settings", {"bulk_delay_ms": 0})
    again = carried_out(worker(salesforce), [response(number) for number in range(300)])
    assert all(isinstance(outcome, Written) for outcome in again)
    assert len(responses(salesforce)) == 300


def test_inserts_of_an_aborted_job_are_unknown_so_that_they_are_looked_for(salesforce: RunningOrg) -> None:
    salesforce.control("PATCH", "/settings", {"row_ms": 2})
    leads = [
        Write("Lead", "insert", {"LastName": f"人{number}", "Company": "東京商事"}, assign=False)
        for number in range(900)
    ]
    before = len(salesforce.records("Lead"))
    outcomes = carried_out(worker(salesforce, pause=time.sleep), leads, patience=0.7)
    unknown = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert unknown
    assert {outcome.unknown for outcome in unknown} == {True}
    time.sleep(1)
    written = len(salesforce.records("Lead")) - before
    assert 900 - len(unknown) <= written < 900


def test_when_time_is_up_no_other_job_is_begun(salesforce: RunningOrg) -> None:
    org = worker(salesforce, bulk_patience=-1)
    outcomes = org.write([response(number) for number in range(2_001)])
    assert {(item.code, item.unknown) for item in outcomes if isinstance(item, Refusal)} == {("NOT_SENT", False)}
    assert not jobs(salesforce)


def only(method: str, ending: str, reply: Reply, times: int = 1) -> Any:
    """Answers so many of these requests with that."""
    left = [times]

    def rule(asked: Asked) -> Reply | None:
        if asked.method == method and asked.path.partition("?")[0].endswith(ending) and left[0]:
            left[0] -= 1
            return reply
        return None

    return rule


def client(gate: Gateway, **changes: Any) -> Org:
    return worker(gate, auth="client_credentials", **changes)  # type: ignore[arg-type]


UNAVAILABLE = Reply(503, b"<html>Service unavailable</html>")


@pytest.mark.parametrize(("method", "ending"), [("POST", "/ingest"), ("PUT", "/batches")])
def test_a_job_that_could_not_be_begun_has_written_nothing(gate: Gateway, method: str, ending: str) -> None:
    gate.rule = only(method, ending, UNAVAILABLE)
    outcomes = carried_out(client(gate), [response(number) for number in range(300)])
    for refusal in outcomes:
        assert isinstance(refusal, Refusal)
        assert (refusal.code, refusal.meaning, refusal.unknown) == ("NOT_SENT", Meaning.RETRY, False)
    assert responses(gate.org) == {}


def test_a_job_whose_closing_was_not_answered_is_closed_again(gate: Gateway) -> None:
    lost_words: list[Asked] = []

    def lost(asked: Asked) -> Reply | None:
        if asked.method == "PATCH" and "/jobs/ingest/" in asked.path and not lost_words:
            lost_words.append(asked)
            return UNAVAILABLE
        return None

    gate.rule = lost
    assert all(isinstance(item, Written) for item in carried_out(client(gate), [response(n) for n in range(300)]))


def test_a_job_whose_closing_was_done_but_not_answered_goes_on(gate: Gateway) -> None:
    lost = []

    def after(asked: Asked) -> Reply | None:
        if asked.method == "PATCH" and "/jobs/ingest/" in asked.path and not lost:
            lost.append(gate.passed_on(asked))
            return UNAVAILABLE
        return None

    gate.rule = after
    assert all(isinstance(item, Written) for item in carried_out(client(gate), [response(n) for n in range(300)]))


def test_looks_at_a_job_that_are_not_answered_are_no_news(gate: Gateway) -> None:
    looks = []

    def rule(asked: Asked) -> Reply | None:
        if asked.method == "GET" and asked.path.rpartition("/")[2].startswith("750"):
            looks.append(asked)
            return UNAVAILABLE if len(looks) < 4 else None
        return None

    gate.rule = rule
    assert all(isinstance(item, Written) for item in carried_out(client(gate), [response(n) for n in range(300)]))


def test_a_result_that_breaks_off_is_read_on_from_where_it_broke(gate: Gateway) -> None:
    broken = []

    def rule(asked: Asked) -> Reply | None:
        if asked.path.endswith("/successfulResults") and len(broken) < 2:
            broken.append(asked)
            whole = gate.passed_on(asked)
            return Reply(200, whole.body, whole.headers, cut=len(whole.body) * len(broken) // 3)
        return None

    gate.rule = rule
    assert all(isinstance(item, Written) for item in carried_out(client(gate), [response(n) for n in range(2_000)]))
    assert len(broken) == 2


def test_rows_whose_results_cannot_be_had_are_unknown(gate: Gateway) -> None:
    gate.rule = only("GET", "/successfulResults", UNAVAILABLE, times=99)
    outcomes = carried_out(client(gate), [response(number) for number in range(300)])
    for refusal in outcomes:
        assert isinstance(refusal, Refusal)
        assert (refusal.code, refusal.unknown) == ("NO_ANSWER", True)
    assert len(responses(gate.org)) == 300


def test_rows_that_the_results_do_not_tell_of_are_unknown(gate: Gateway) -> None:
    body = b'"sf__Id","sf__Created",Response_Id__c\n"a00000000000001AAA","true","typeform-main:3"\n'
    gate.rule = only("GET", "/successfulResults", Reply(200, body, {"Content-Type": "text/csv"}))
    outcomes = carried_out(client(gate), [response(number) for number in range(300)])
    assert outcomes.pop(3) == Written("a00000000000001AAA", created=True)
    assert {item.unknown for item in outcomes if isinstance(item, Refusal)} == {True}


ODD = [b"<html>", b"", b'a,b\n"', b"sf__Id,Response_Id__c\n1,typeform-main:3\n", b"\xff\xfe\n\xff", b"x" * 2_000_000]


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_results_that_are_none_leave_the_rows_unknown(gate: Gateway, body: bytes) -> None:
    gate.rule = lambda asked: Reply(200, body) if asked.path.endswith("/successfulResults") else None
    outcomes = carried_out(client(gate), [response(number) for number in range(300)])
    assert {item.unknown for item in outcomes if isinstance(item, Refusal)} == {True}


JOBS = [b"[]", b"null", b"{}", b'{"id": "750"}', b"<html>"]


@pytest.mark.parametrize("body", JOBS)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_job_that_cannot_be_read_loses_no_row(gate: Gateway, method: str, body: bytes) -> None:
    gate.rule = lambda asked: Reply(200, body) if asked.method == method and "/jobs/ingest" in asked.path else None
    outcomes = carried_out(client(gate), [response(number) for number in range(300)], patience=0.2)
    assert {item.meaning for item in outcomes if isinstance(item, Refusal)} == {Meaning.RETRY}


def test_a_job_that_ended_just_before_it_was_aborted_is_told_as_it_ended(gate: Gateway) -> None:
    aborts: list[Asked] = []

    def rule(asked: Asked) -> Reply | None:
        if asked.method == "PATCH" and b"Aborted" in asked.body:
            aborts.append(asked)
        if asked.method == "GET" and asked.path.rpartition("/")[2].startswith("750") and not aborts:
            told = json.loads(gate.passed_on(asked).body)
            return Reply(200, json.dumps({**told, "state": "InProgress"}).encode()) if told["state"] != "Open" else None
        return None

    gate.rule = rule
    outcomes = carried_out(client(gate), [response(number) for number in range(300)], patience=0.7)
    assert all(isinstance(outcome, Written) for outcome in outcomes)
    assert len(aborts) == 1


def test_a_bulk_query_streams_every_row_page_by_page(gate: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback_bridge.salesforce.bulk_job.PAGE", 100)
    names = [{"LastName": f'人 "{number}",\n次'} for number in range(450)]
    gate.org.control("POST", "/objects/Contact/records", names)
    rows = list(client(gate).bulk_query("SELECT LastName, Title, Account.Name FROM Contact WHERE LastName LIKE '人%'"))
    assert sorted(row["LastName"] for row in rows) == sorted(item["LastName"] for item in names)
    assert {row["Title"] for row in rows} == {""}
    assert list(rows[0]) == ["LastName", "Title", "Account.Name"]
    assert sum("/results?" in asked.path for asked in gate.asked) == 5


def test_a_bulk_query_that_breaks_off_goes_on_at_the_same_row(gate: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback_bridge.salesforce.bulk_job.PAGE", 200)
    gate.org.control("POST", "/objects/Contact/records", [{"LastName": f"人{number}"} for number in range(500)])
    broken: list[str] = []

    def rule(asked: Asked) -> Reply | None:
        if "/results" in asked.path and asked.path not in broken:
            broken.append(asked.path)
            whole = gate.passed_on(asked)
            return Reply(200, whole.body, whole.headers, cut=len(whole.body) // 2)
        return None

    gate.rule = rule
    rows = list(client(gate).bulk_query("SELECT Id FROM Contact WHERE LastName LIKE '人%'"))
    assert len(rows) == len({row["Id"] for row in rows}) == 500
    assert len(broken) == 3


def test_a_page_of_a_query_job_that_breaks_off_is_told_as_such(gate: Gateway) -> None:
    session = client(gate).session()
    job = BulkJob.ask(session, "SELECT Id, LastName FROM Contact")
    while job.state().state != "done":
        time.sleep(0.05)
    gate.rule = lambda asked: replace(gate.passed_on(asked), cut=60) if "/results" in asked.path else None
    with pytest.raises(TransientError, match="broke off"), job.page(None, 100) as (rows, _):
        list(rows)
    gate.rule = lambda asked: None
    with job.page(None, 4) as (rows, following):
        assert len(list(rows)) == 4
        assert following is not None


def test_a_bulk_query_that_salesforce_does_not_take_says_why(org: Org) -> None:
    with pytest.raises(Refused) as raised:
        list(org.bulk_query("SELECT Gone__c FROM Contact"))
    assert raised.value.refusal.code == "INVALID_FIELD"
    assert raised.value.refusal.fields == ("Gone__c",)


def test_a_bulk_query_that_does_not_end_is_given_up_on(gate: Gateway) -> None:
    gate.org.control("PATCH", "/settings", {"bulk_delay_ms": 5_000})
    with pytest.raises(TransientError, match="too long"):
        list(client(gate).bulk_query("SELECT Id FROM Contact", patience=0.05))


def test_a_bulk_query_that_failed_says_why(gate: Gateway) -> None:
    failed = {"id": "x", "state": "Failed", "errorMessage": "ExceededQuota : too much"}
    gate.rule = lambda asked: (
        Reply(200, json.dumps(failed).encode()) if asked.method == "GET" and "/jobs/query/" in asked.path else None
    )
    with pytest.raises(Refused) as raised:
        list(client(gate).bulk_query("SELECT Id FROM Contact"))
    assert raised.value.refusal.meaning is Meaning.PARK
