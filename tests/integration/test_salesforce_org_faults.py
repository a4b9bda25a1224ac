"""Misbehaviour on demand, and limits: what the org's controls do to its callers."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

import pytest
import requests

from local.salesforce_org.rest_client import RestClient

pytest_plugins = ["tests.integration.salesforce_org_server"]
LEAD = {"LastName": "佐藤", "Company": "さくら商事"}


def fault(api: RestClient, effect: dict[str, Any], **rule: Any) -> None:
    api.org.control("POST", "/faults", {"effect": effect, **rule})


def leads(api: RestClient) -> int:
    api.org.control("DELETE", "/faults")
    total: int = api.query("SELECT count() FROM Lead").json()["totalSize"]
    return total


@pytest.mark.parametrize("status", [500, 503])
def test_before_the_commit_nothing_was_done(admin: RestClient, status: int) -> None:
    fault(admin, {"status": status, "code": "SERVER_UNAVAILABLE", "message": "try later"}, times=1)
    answer = admin.post("/sobjects/Lead", LEAD)
    assert answer.status_code == status
    assert answer.json() == [{"message": "try later", "errorCode": "SERVER_UNAVAILABLE"}]
    assert leads(admin) == 0


def test_after_the_commit_it_was_done_and_nobody_says_so(admin: RestClient) -> None:
    fault(admin, {"when": "after", "status": 500, "code": "UNKNOWN_EXCEPTION"}, match={"method": "POST"}, times=1)
    assert admin.post("/sobjects/Lead", LEAD).status_code == 500
    assert leads(admin) == 1


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("after", 1)])
def test_a_cut_connection_leaves_no_answer(admin: RestClient, when: str, kept: int) -> None:
    fault(admin, {"when": when, "cut": True}, match={"path": "/sobjects/Lead$"}, times=1)
    with pytest.raises(requests.ConnectionError):
        admin.post("/sobjects/Lead", LEAD)
    assert leads(admin) == kept


@pytest.mark.parametrize("heard", [{"cut": True}, {"status": 504, "body": "<html>gateway</html>"}])
def test_what_the_caller_has_given_up_is_done_later_all_the_same(admin: RestClient, heard: dict[str, Any]) -> None:
    fault(admin, {"when": "later", "slow_seconds": 0.3, **heard}, match={"method": "POST"}, times=1)
    with suppress(requests.ConnectionError):
        assert admin.post("/sobjects/Lead", LEAD).status_code == 504
    assert leads(admin) == 0
    deadline = time.monotonic() + 10
    while leads(admin) == 0:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert leads(admin) == 1


def test_a_slow_answer_is_slow_and_right(admin: RestClient) -> None:
    fault(admin, {"slow_seconds": 0.3}, match={"object": "Lead"}, times=1)
    start = time.monotonic()
    assert admin.post("/sobjects/Lead", LEAD).status_code == 201
    assert time.monotonic() - start >= 0.3


def test_a_caller_who_gives_up_on_a_slow_answer_may_have_been_heard(admin: RestClient) -> None:
    fault(admin, {"slow_seconds": 0.5, "when": "after"}, match={"method": "POST"}, times=1)
    with pytest.raises(requests.Timeout):
        admin.session.post(admin.org.url + admin.base + "/sobjects/Lead", json=LEAD, timeout=0.1)
    limit = time.monotonic() + 10
    while leads(admin) == 0 and time.monotonic() < limit:
        time.sleep(0.05)
    assert leads(admin) == 1


def test_rules_pick_their_calls_by_method_path_and_object(admin: RestClient) -> None:
    broken = {"status": 500}
    fault(admin, broken, name="contacts", match={"method": "POST", "object": "Contact"})
    assert admin.post("/sobjects/Lead", LEAD).status_code == 201
    assert admin.post("/sobjects/Contact", {"LastName": "佐藤"}).status_code == 500
    collection = {"records": [{"attributes": {"type": "Contact"}, "LastName": "佐藤"}]}
    assert admin.post("/composite/sobjects", collection).status_code == 500
    assert admin.rows("SELECT Id FROM Contact") == []
    assert admin.org.control("GET", "/faults") == [{"name": "contacts", "fired": 2, "seen": 2, "times": None}]


def test_a_rule_may_strike_now_and_then_but_the_same_way_each_time(admin: RestClient) -> None:
    def run() -> list[int]:
        admin.org.control("DELETE", "/faults")
        fault(admin, {"status": 503}, match={"path": "/limits"}, probability=0.5, seed=7)
        return [admin.get("/limits").status_code for _ in range(20)]

    first = run()
    assert set(first) == {200, 503}
    assert run() == first


def test_a_rule_may_let_some_calls_pass_first(admin: RestClient) -> None:
    fault(admin, {"status": 500}, skip=2, times=1)
    assert [admin.get("/limits").status_code for _ in range(4)] == [200, 200, 500, 200]


def test_rows_of_a_collection_fail_one_by_one(admin: RestClient) -> None:
    effect = {"row_code": "UNABLE_TO_LOCK_ROW", "row_message": "unable to obtain exclusive access to this record"}
    fault(admin, effect, match={"object": "Lead"}, times=2)
    records = [{"attributes": {"type": "Lead"}, **LEAD} for _ in range(4)]
    results = admin.post("/composite/sobjects", {"records": records}).json()
    assert [result["success"] for result in results] == [False, False, True, True]
    assert results[0]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"


def test_the_token_endpoint_can_fail_too(admin: RestClient) -> None:
    effect = {"status": 400, "body": '{"error":"invalid_grant","error_description":"user hasn\'t approved"}'}
    fault(admin, effect, match={"path": "oauth2/token"}, times=1)
    with pytest.raises(requests.HTTPError):
        admin.org.token()
    assert admin.org.token()


def test_a_401_can_be_asked_for(admin: RestClient) -> None:
    effect = {
        "status": 401,
        "code": "INVALID_SESSION_ID",
        "message": "This session is not valid for use with the REST API",
    }
    fault(admin, effect, times=1)
    answer = admin.get("/limits")
    assert (answer.status_code, answer.json()[0]["message"]) == (401, effect["message"])


def test_at_the_end_of_the_days_calls_everything_is_403(admin: RestClient) -> None:
    admin.org.control("PATCH", "/limits", {"daily_max": 100, "daily_used": 98})
    assert [admin.get("/limits").headers["Sforce-Limit-Info"] for _ in range(2)] == [
        "api-usage=99/100",
        "api-usage=100/100",
    ]
    answer = admin.get("/limits")
    assert answer.status_code == 403
    assert answer.json() == [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    admin.org.control("PATCH", "/limits", {"daily_used": 0})
    assert admin.get("/limits").status_code == 200


def test_too_many_long_calls_at_once_are_refused_with_the_other_meaning(admin: RestClient) -> None:
    admin.org.control("PATCH", "/limits", {"long_running_max": 2, "long_running_seconds": 0.1})
    fault(admin, {"slow_seconds": 1.0}, match={"path": "/sobjects/Lead$"}, times=2)
    clients = [RestClient(admin.org) for _ in range(2)]
    threads = [threading.Thread(target=client.post, args=("/sobjects/Lead", LEAD)) for client in clients]
    for thread in threads:
        thread.start()
    time.sleep(0.4)
    answer = admin.get("/limits")
    for thread in threads:
        thread.join()
    assert answer.status_code == 403
    assert answer.json()[0]["message"] == "ConcurrentPerOrgLongTxn Limit exceeded."
    assert admin.get("/limits").status_code == 200


def test_a_paused_org_is_503_until_it_resumes(admin: RestClient) -> None:
    admin.org.control("POST", "/pause")
    assert admin.get("/limits").status_code == 503
    admin.org.control("POST", "/resume")
    assert admin.get("/limits").status_code == 200


def test_calls_are_counted_by_kind(admin: RestClient) -> None:
    admin.org.control("DELETE", "/calls")
    admin.create("Lead", **LEAD)
    admin.query("SELECT Id FROM Lead")
    admin.query("SELECT Id FROM Contact")
    assert admin.org.control("GET", "/calls")["by_kind"] == {"POST /sobjects/{name}": 1, "GET /query": 2}


def test_records_can_be_loaded_and_dumped_without_calls(admin: RestClient) -> None:
    admin.org.control("DELETE", "/calls")
    ids = admin.org.control("POST", "/objects/Contact/records", [{"LastName": "佐藤"}, {"LastName": "田中"}])
    dumped = admin.org.records("Contact")
    assert [row["Id"] for row in dumped] == ids
    assert dumped[0]["Name"] == "佐藤"
    assert dumped[0]["Email"] is None
    assert admin.org.control("GET", "/objects/Contact/count") == {"live": 2, "deleted": 0}
    assert admin.org.control("GET", "/calls")["total"] == 0


def test_a_control_that_makes_no_sense_says_why(admin: RestClient) -> None:
    for method, path, body in (
        ("POST", "/faults", {"effect": {"colour": "red"}}),
        ("PATCH", "/limits", {"nonsense": 1}),
        ("GET", "/objects/Nope/records", None),
        ("GET", "/nowhere", None),
    ):
        with pytest.raises(AssertionError, match="error"):
            admin.org.control(method, path, body)
