"""Row locks: writers of one row, one account or one key at the same time, on real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from local.salesforce_org.rest_client import RestClient

pytest_plugins = ["tests.integration.salesforce_org_server"]
COLLECTION = "/composite/sobjects"


@pytest.fixture
def slow(admin: RestClient) -> RestClient:
    """An org whose transactions last longer than anybody waits for a lock."""
    admin.org.control("PATCH", "/settings", {"transaction_ms": 200, "lock_wait_ms": 50})
    return admin


def together(*calls: Callable[[RestClient], requests.Response], api: RestClient) -> list[requests.Response]:
    """Starts the calls at the same moment, each with a connection of its own."""
    clients = [RestClient(api.org) for _ in calls]
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[RestClient], requests.Response], client: RestClient) -> requests.Response:
        gate.wait()
        return call(client)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls, clients))


def contact(account: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Contact"}, "LastName": "佐藤", "AccountId": account, **fields}


def outcome(answers: list[requests.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def test_two_writers_of_one_record_collide(slow: RestClient) -> None:
    lead = slow.create("Lead", LastName="佐藤", Company="さくら商事")
    path = f"/sobjects/Lead/{lead}"
    answers = together(lambda a: a.patch(path, {"Phone": "1"}), lambda a: a.patch(path, {"Phone": "2"}), api=slow)
    assert outcome(answers) == [204, 400]
    refused = next(answer for answer in answers if answer.status_code == 400)
    assert refused.json() == [
        {
            "message": f"unable to obtain exclusive access to this record or 1 records: {lead}",
            "errorCode": "UNABLE_TO_LOCK_ROW",
            "fields": [],
        }
    ]


def test_who_waits_long_enough_gets_the_lock(slow: RestClient) -> None:
    slow.org.control("PATCH", "/settings", {"lock_wait_ms": 5000})
    lead = slow.create("Lead", LastName="佐藤", Company="さくら商事")
    path = f"/sobjects/Lead/{lead}"
    calls = [lambda a, n=n: a.patch(path, {"Phone": str(n)}) for n in range(3)]
    assert outcome(together(*calls, api=slow)) == [204, 204, 204]


@pytest.mark.parametrize("child", ["Contact", "Case", "Opportunity"])
def test_children_of_one_account_collide_and_those_of_two_do_not(slow: RestClient, child: str) -> None:
    bodies = {
        "Contact": {"LastName": "佐藤"},
        "Case": {"Subject": "請求書"},
        "Opportunity": {"Name": "更新", "StageName": "Prospecting", "CloseDate": "2027-01-01"},
    }
    one, two = (slow.create("Account", Name=name) for name in ("さくら商事", "大和システムズ"))

    def make(account: str) -> Callable[[RestClient], requests.Response]:
        return lambda api: api.post(f"/sobjects/{child}", {**bodies[child], "AccountId": account})

    assert outcome(together(make(one), make(one), api=slow)) == [201, 400]
    assert outcome(together(make(one), make(two), api=slow)) == [201, 201]


def test_tasks_lock_the_account_of_their_contact(slow: RestClient) -> None:
    account = slow.create("Account", Name="さくら商事")
    person = slow.create("Contact", LastName="佐藤", AccountId=account)
    answers = together(
        lambda api: api.post("/sobjects/Task", {"Subject": "電話", "WhoId": person}),
        lambda api: api.patch(f"/sobjects/Contact/{person}", {"Phone": "1"}),
        api=slow,
    )
    assert 400 in outcome(answers)


def test_inside_a_collection_only_the_locked_rows_fail_and_the_answer_is_200(slow: RestClient) -> None:
    shared, other = (slow.create("Account", Name=name) for name in ("さくら商事", "大和システムズ"))
    body = {"records": [contact(shared), contact(other)]}
    answers = together(
        lambda api: api.patch(f"/sobjects/Account/{shared}", {"Phone": "1"}),
        lambda api: api.post(COLLECTION, body),
        api=slow,
    )
    if answers[0].status_code == 204:
        results = answers[1].json()
        assert answers[1].status_code == 200
        assert results[0]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"
        assert results[1]["success"] is True
    else:
        assert answers[0].json()[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"
        assert all(result["success"] for result in answers[1].json())


def test_two_creators_of_one_key_end_with_one_record(slow: RestClient) -> None:
    slow.org.control("PATCH", "/settings", {"lock_wait_ms": 5000})
    path = "/sobjects/Survey_Response__c/Response_Id__c/typeform%3A1"
    calls = [lambda api, n=n: api.patch(path, {"NPS_Score__c": n}) for n in (1, 2)]
    answers = together(*calls, api=slow)
    # The second looked before the first had committed, so it tried to create too.
    assert outcome(answers) == [201, 400]
    loser = next(answer for answer in answers if answer.status_code == 400)
    assert loser.json()[0]["errorCode"] == "DUPLICATE_VALUE"
    assert slow.query("SELECT count() FROM Survey_Response__c").json()["totalSize"] == 1


def test_nobody_reads_what_is_not_committed(slow: RestClient) -> None:
    slow.org.control("PATCH", "/settings", {"transaction_ms": 400})
    creating = threading.Thread(target=lambda: RestClient(slow.org).create("Account", Name="さくら商事"))
    creating.start()
    before = slow.rows("SELECT Id FROM Account")
    creating.join()
    assert before == []
    assert len(slow.rows("SELECT Id FROM Account")) == 1


def test_locks_are_given_back_after_a_failure_too(admin: RestClient) -> None:
    lead = admin.create("Lead", LastName="佐藤", Company="さくら商事")
    for _ in range(3):
        assert admin.patch(f"/sobjects/Lead/{lead}", {"Email": "bad"}).status_code == 400
        record = {"attributes": {"type": "Lead"}, "id": lead, "LastName": None}
        admin.patch(COLLECTION, {"allOrNone": True, "records": [record]})
    assert admin.patch(f"/sobjects/Lead/{lead}", {"Phone": "1"}).status_code == 204
    assert admin.org.control("GET", "/")["locks_refused"] == 0


def test_parallel_upserts_of_many_records_lose_nothing(admin: RestClient) -> None:
    admin.org.control("PATCH", "/settings", {"transaction_ms": 5, "lock_wait_ms": 5000})
    path = f"{COLLECTION}/Survey_Response__c/Response_Id__c"

    def send(worker: int) -> Callable[[RestClient], requests.Response]:
        records = [
            {"attributes": {"type": "Survey_Response__c"}, "Response_Id__c": f"w{worker}-{n}", "NPS_Score__c": n % 11}
            for n in range(100)
        ]
        return lambda api: api.patch(path, {"records": records})

    answers = together(*[send(worker) for worker in range(6)], api=admin)
    assert all(result["success"] for answer in answers for result in answer.json())
    assert admin.query("SELECT count() FROM Survey_Response__c").json()["totalSize"] == 600
