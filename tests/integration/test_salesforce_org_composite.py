"""Composite, graph, batch, tree, the UI API's idempotency key, and Chatter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.salesforce_org.rest_client import RestClient

pytest_plugins = ["tests.integration.salesforce_org_server"]
SOBJECTS = "/services/data/v62.0/sobjects"
ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."


def node(reference: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    address = path if path.startswith("/services") else f"{SOBJECTS}{path}"
    result = {"referenceId": reference, "method": method, "url": address}
    return result if body is None else {**result, "body": body}


def composite(api: RestClient, *nodes: dict[str, Any], all_or_none: bool = False) -> list[dict[str, Any]]:
    answer = api.post("/composite", {"allOrNone": all_or_none, "compositeRequest": list(nodes)})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["compositeResponse"]
    return results


def test_later_requests_use_what_earlier_ones_answered(admin: RestClient) -> None:
    results = composite(
        admin,
        node("account", "POST", "/Account", {"Name": "さくら商事"}),
        node("contact", "POST", "/Contact", {"LastName": "佐藤", "AccountId": "@{account.id}"}),
        node("found", "GET", "/services/data/v62.0/query?q=SELECT Id FROM Contact WHERE AccountId = '@{account.id}'"),
        node("task", "POST", "/Task", {"Subject": "折り返し電話", "WhoId": "@{found.records[0].Id}"}),
        node("change", "PATCH", "/Account/@{account.id}", {"Phone": "03-5555-0100"}),
    )
    assert [result["httpStatusCode"] for result in results] == [201, 201, 200, 201, 204]
    assert list(results[0]) == ["body", "httpHeaders", "httpStatusCode", "referenceId"]
    assert results[0]["httpHeaders"]["Location"].startswith(f"{SOBJECTS}/Account/")
    assert (results[4]["body"], results[4]["httpHeaders"]) == (None, {})
    assert admin.rows("SELECT Who.Name, Account.Phone FROM Task") == [
        {"Who": {"Name": "佐藤"}, "Account": {"Phone": "03-5555-0100"}}
    ]


def test_a_reference_to_nothing_halts_what_depends_on_it(admin: RestClient) -> None:
    results = composite(
        admin,
        node("found", "GET", "/services/data/v62.0/query?q=SELECT Id FROM Account"),
        node("contact", "POST", "/Contact", {"LastName": "佐藤", "AccountId": "@{found.records[0].Id}"}),
        node("task", "POST", "/Task", {"WhoId": "@{contact.id}"}),
        node("free", "POST", "/Contact", {"LastName": "田中"}),
    )
    assert [result["httpStatusCode"] for result in results] == [200, 400, 400, 201]
    missing = results[1]["body"][0]
    assert list(missing) == ["errorCode", "message"]
    assert missing["message"].startswith("Invalid reference specified. No value for found.records[0].Id found in found")
    assert results[2]["body"][0]["message"] == "Execution halted as previous operation (contact) was not successful."


def test_all_or_none_takes_everything_back(admin: RestClient) -> None:
    results = composite(
        admin,
        node("one", "POST", "/Account", {"Name": "さくら商事"}),
        node("two", "POST", "/Contact", {"FirstName": "花子"}),
        node("three", "POST", "/Account", {"Name": "大和システムズ"}),
        all_or_none=True,
    )
    assert [result["body"][0]["errorCode"] for result in results] == [
        "PROCESSING_HALTED",
        "REQUIRED_FIELD_MISSING",
        "PROCESSING_HALTED",
    ]
    assert results[0]["body"][0]["message"] == ROLLED_BACK
    assert admin.rows("SELECT Id FROM Account") == []


def test_a_missing_resource_inside_is_a_404_inside(admin: RestClient) -> None:
    results = composite(admin, node("one", "GET", "/Foo"))
    assert results[0]["httpStatusCode"] == 404
    assert results[0]["body"] == [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]


def test_sizes_and_reference_ids_are_checked(admin: RestClient) -> None:
    many = [node(f"n{at}", "GET", "/Account/describe") for at in range(26)]
    assert admin.post("/composite", {"compositeRequest": many}).status_code == 400
    queries = [node(f"q{at}", "GET", "/services/data/v62.0/query?q=SELECT Id FROM Lead") for at in range(6)]
    assert admin.post("/composite", {"compositeRequest": queries}).status_code == 400
    for bad in ("with-dash", "", "_first"):
        answer = admin.post("/composite", {"compositeRequest": [node(bad, "GET", "/Account/describe")]})
        assert "must start with a letter or a number" in answer.json()[0]["message"]
    same = [node("a", "GET", "/Account/describe")] * 2
    assert admin.post("/composite", {"compositeRequest": same}).status_code == 400


def test_a_composite_is_one_call(admin: RestClient) -> None:
    admin.org.control("DELETE", "/calls")
    composite(admin, *[node(f"a{at}", "POST", "/Account", {"Name": f"支店{at}"}) for at in range(25)])
    assert admin.org.control("GET", "/calls")["by_kind"] == {"POST /composite": 1}


def test_graphs_fail_one_by_one(admin: RestClient) -> None:
    def graph(number: int, contact: dict[str, Any]) -> dict[str, Any]:
        nodes = [
            node("account", "POST", "/Account", {"Name": f"支店{number}"}),
            node("contact", "POST", "/Contact", {**contact, "AccountId": "@{account.id}"}),
        ]
        return {"graphId": str(number), "compositeRequest": nodes}

    answer = admin.post("/composite/graph", {"graphs": [graph(1, {"LastName": "佐藤"}), graph(2, {})]})
    assert answer.status_code == 200
    good, bad = answer.json()["graphs"]
    assert (good["isSuccessful"], bad["isSuccessful"]) == (True, False)
    statuses = [each["httpStatusCode"] for each in bad["graphResponse"]["compositeResponse"]]
    assert statuses == [400, 400]
    assert admin.rows("SELECT Name FROM Account") == [{"Name": "支店1"}]


def test_after_fourteen_failed_graphs_the_rest_are_halted(admin: RestClient) -> None:
    graphs = [{"graphId": str(n), "compositeRequest": [node("c", "POST", "/Contact", {})]} for n in range(15)]
    graphs.append({"graphId": "good", "compositeRequest": [node("c", "POST", "/Contact", {"LastName": "佐藤"})]})
    last = admin.post("/composite/graph", {"graphs": graphs}).json()["graphs"][-1]
    assert last["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_a_batch_answers_each_request_by_itself(admin: RestClient) -> None:
    requests = [
        {"method": "GET", "url": "v62.0/limits/recordCount?sObjects=Lead"},
        {"method": "POST", "url": "v62.0/sobjects/Lead", "richInput": {"LastName": "佐藤"}},
    ]
    body = admin.post("/composite/batch", {"batchRequests": requests}).json()
    assert body["hasErrors"] is True
    assert [each["statusCode"] for each in body["results"]] == [200, 400]
    halted = admin.post("/composite/batch", {"haltOnError": True, "batchRequests": requests[::-1]}).json()
    assert halted["results"][1]["statusCode"] == 412


def test_a_tree_creates_parents_and_children_or_nothing(admin: RestClient) -> None:
    def account(reference: str, **contact: Any) -> dict[str, Any]:
        child = {"attributes": {"type": "Contact", "referenceId": f"{reference}-c"}, **contact}
        attributes = {"type": "Account", "referenceId": reference}
        return {"attributes": attributes, "Name": reference, "Contacts": {"records": [child]}}

    good = admin.post("/composite/tree/Account", {"records": [account("one", LastName="佐藤")]})
    assert good.status_code == 201
    assert [each["referenceId"] for each in good.json()["results"]] == ["one", "one-c"]
    bad = admin.post("/composite/tree/Account", {"records": [account("two", LastName="田中"), account("three")]})
    assert bad.status_code == 400
    assert bad.json()["results"][-1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert admin.rows("SELECT Account.Name FROM Contact") == [{"Account": {"Name": "one"}}]


def test_the_ui_api_writes_once_for_one_idempotency_key(admin: RestClient) -> None:
    body = {"apiName": "Lead", "fields": {"LastName": "佐藤", "Company": "さくら商事"}}
    headers = {"Idempotency-Key": "9f2a3c1e-0000-4000-8000-000000000001"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: admin.post("/ui-api/records", body, headers=headers), range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert answers[0].json()["fields"]["LastName"]["value"] == "佐藤"
    admin.post("/ui-api/records", body, headers={"Idempotency-Key": "another"})
    admin.post("/ui-api/records", body)
    assert admin.query("SELECT count() FROM Lead").json()["totalSize"] == 3


def test_the_ui_api_tells_errors_by_field(admin: RestClient) -> None:
    answer = admin.post("/ui-api/records", {"apiName": "Lead", "fields": {"LastName": "佐藤"}})
    assert answer.status_code == 400
    problem = answer.json()[0]
    assert problem["enhancedErrorType"] == "RecordError"
    assert problem["output"]["fieldErrors"]["Company"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"


def test_the_key_is_ignored_outside_the_ui_api(admin: RestClient) -> None:
    for _ in range(2):
        body = {"LastName": "佐藤", "Company": "さくら商事"}
        assert admin.post("/sobjects/Lead", body, headers={"Idempotency-Key": "same"}).status_code == 201
    assert admin.query("SELECT count() FROM Lead").json()["totalSize"] == 2


def test_a_post_on_a_record_is_a_feed_item(admin: RestClient) -> None:
    account = admin.create("Account", Name="さくら商事")
    segments = [{"type": "Text", "text": "NPS 3 点の回答がありました。"}]
    body = {"feedElementType": "FeedItem", "subjectId": account, "body": {"messageSegments": segments}}
    answer = admin.post("/chatter/feed-elements", body)
    assert answer.status_code == 201
    assert admin.rows("SELECT Id, Body, Type, Parent.Name FROM FeedItem") == [
        {
            "Id": answer.json()["id"],
            "Body": "NPS 3 点の回答がありました。",
            "Type": "TextPost",
            "Parent": {"Name": "さくら商事"},
        }
    ]
    nowhere = admin.post("/chatter/feed-elements", {**body, "subjectId": "001Fb000000ZZZZ"})
    assert nowhere.status_code == 400


@pytest.mark.parametrize("bad", [{}, {"messageSegments": []}, {"messageSegments": [{"type": "Confetti"}]}])
def test_a_post_without_text_is_refused(admin: RestClient, bad: dict[str, Any]) -> None:
    account = admin.create("Account", Name="さくら商事")
    body = {"feedElementType": "FeedItem", "subjectId": account, "body": bad}
    assert admin.post("/chatter/feed-elements", body).status_code == 400


def test_several_posts_go_in_one_batch(admin: RestClient) -> None:
    account = admin.create("Account", Name="さくら商事")
    segments = [{"type": "Text", "text": "一"}]
    good = {"feedElementType": "FeedItem", "subjectId": account, "body": {"messageSegments": segments}}
    bad = {**good, "subjectId": "nonsense"}
    body = admin.post("/chatter/feed-elements/batch", {"inputs": [{"richInput": good}, {"richInput": bad}]}).json()
    assert body["hasErrors"] is True
    assert [each["statusCode"] for each in body["results"]] == [201, 400]
