"""SOQL as clients send it: what a query finds, how it is shaped, how it is refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from local.salesforce_org.rest_client import RestClient
from local.salesforce_org.running import RunningOrg

pytest_plugins = ["tests.integration.salesforce_org_server"]


@pytest.fixture(scope="module")
def people(bare_org_process: RunningOrg) -> RestClient:
    """Two accounts, five contacts, three answers; nobody changes them."""
    bare_org_process.control("POST", "/reset", {})
    api = RestClient(bare_org_process)
    sakura = api.create("Account", Name="さくら商事", Industry="Retail", NumberOfEmployees=420)
    acme = api.create("Account", Name="Acme", Industry="Technology", AnnualRevenue=980_000)
    api.create("Account", Name="Empty & Co")
    people = [
        {"LastName": "佐藤", "FirstName": "花子", "Email": "hanako.sato@example.jp", "AccountId": sakura},
        {"LastName": "田中", "FirstName": "健", "Email": "ken.tanaka@example.jp", "AccountId": sakura},
        {"LastName": "Lovelace", "FirstName": "Ada", "Email": "ada@example.com", "Birthdate": "1815-12-10"},
        {"LastName": "O'Neill", "FirstName": "Alan", "Email": "alan@example.com", "AccountId": acme},
        {"LastName": "100%_sure", "Department": "a\\b", "AccountId": acme},
    ]
    ids = [api.create("Contact", **person) for person in people]
    for score, topics, at in ((9, "Price;Quality", "2026-11-01"), (3, "Support", "2026-11-02"), (7, None, None)):
        moment = at and f"{at}T00:00:00Z"
        api.create(
            "Survey_Response__c", NPS_Score__c=score, Topics__c=topics, Contact__c=ids[0], Responded_At__c=moment
        )
    return api


def found(api: RestClient, soql: str) -> list[Any]:
    """The first column of every row."""
    return [next(iter(row.values())) for row in api.rows(soql)]


WHERE = [
    ("LastName = '佐藤'", ["佐藤"]),
    ("LastName = 'LOVELACE'", ["Lovelace"]),
    ("Email = 'HANAKO.SATO@EXAMPLE.JP'", ["佐藤"]),
    ("LastName = 'O\\'Neill'", ["O'Neill"]),
    ("Department = 'a\\\\b'", ["100%_sure"]),
    ("LastName != '佐藤'", ["田中", "Lovelace", "O'Neill", "100%_sure"]),
    ("Email = null", ["100%_sure"]),
    ("Email != null AND AccountId = null", ["Lovelace"]),
    ("Email IN ('ada@example.com', 'ALAN@example.com', 'nobody@example.com')", ["Lovelace", "O'Neill"]),
    ("Email NOT IN ('ada@example.com')", ["佐藤", "田中", "O'Neill", "100%_sure"]),
    ("LastName LIKE '佐%'", ["佐藤"]),
    ("LastName LIKE 'love_ace'", ["Lovelace"]),
    ("LastName LIKE '100\\%\\_s%'", ["100%_sure"]),
    ("(NOT LastName LIKE '%e%') AND Email LIKE '%.jp'", ["佐藤", "田中"]),
    ("Account.Name = 'さくら商事'", ["佐藤", "田中"]),
    ("Account.Owner.Name = 'Test Admin' AND Account.Industry = 'Technology'", ["O'Neill", "100%_sure"]),
    ("Account.NumberOfEmployees > 100", ["佐藤", "田中"]),
    ("AccountId IN (SELECT Id FROM Account WHERE Industry = 'Retail')", ["佐藤", "田中"]),
    ("Id NOT IN (SELECT Contact__c FROM Survey_Response__c)", ["田中", "Lovelace", "O'Neill", "100%_sure"]),
    ("Birthdate < 1900-01-01", ["Lovelace"]),
    ("Birthdate = 1815-12-10 OR Email = 'alan@example.com'", ["Lovelace", "O'Neill"]),
    ("CreatedDate = TODAY AND LastName = '田中'", ["田中"]),
    ("CreatedDate > LAST_N_DAYS:3 AND LastName = '田中'", ["田中"]),
    ("CreatedDate > TODAY", []),
    ("CreatedDate = LAST_N_DAYS:3 AND LastName = '田中'", ["田中"]),
    ("CreatedDate < THIS_YEAR", []),
    ("CreatedDate >= 2020-01-01T00:00:00Z AND LastName = '田中'", ["田中"]),
    ("IsDeleted = false AND IsEmailBounced = false AND LastName = '田中'", ["田中"]),
    ("IsEmailBounced = true", []),
    ("LastName > 'M' AND LastName < 'P'", ["O'Neill"]),
    ("c.FirstName = 'Ada'", ["Lovelace"]),
    ("CALENDAR_YEAR(Birthdate) = 1815", ["Lovelace"]),
]


@pytest.mark.parametrize(("condition", "names"), WHERE, ids=[condition for condition, _ in WHERE])
def test_a_condition_finds_these_rows(people: RestClient, condition: str, names: list[str]) -> None:
    assert found(people, f"SELECT LastName FROM Contact c WHERE {condition}") == names


@pytest.mark.parametrize(
    ("condition", "scores"),
    [
        ("Topics__c INCLUDES ('Price')", [9.0]),
        ("Topics__c INCLUDES ('Price;Quality', 'Support')", [9.0, 3.0]),
        ("Topics__c EXCLUDES ('Price')", [3.0, 7.0]),
        ("NPS_Score__c >= 7", [9.0, 7.0]),
        ("NPS_Score__c IN (3, 7)", [3.0, 7.0]),
        ("Responded_At__c = 2026-11-01T09:00:00+09:00", [9.0]),
        ("Responded_At__c = null", [7.0]),
        ("Contact__r.Account.Name LIKE 'さくら%'", [9.0, 3.0, 7.0]),
    ],
)
def test_numbers_moments_and_multi_selects_compare_as_what_they_are(
    people: RestClient, condition: str, scores: list[float]
) -> None:
    assert found(people, f"SELECT NPS_Score__c FROM Survey_Response__c WHERE {condition}") == scores


def test_order_limit_and_offset(people: RestClient) -> None:
    soql = "SELECT NPS_Score__c FROM Survey_Response__c ORDER BY "
    assert found(people, soql + "NPS_Score__c DESC") == [9.0, 7.0, 3.0]
    assert found(people, soql + "Responded_At__c") == [7.0, 9.0, 3.0]
    assert found(people, soql + "Responded_At__c DESC NULLS LAST LIMIT 2") == [3.0, 9.0]
    assert found(people, soql + "NPS_Score__c ASC LIMIT 1 OFFSET 1") == [7.0]
    by_account = "SELECT LastName FROM Contact ORDER BY Account.Name NULLS LAST, LastName DESC"
    assert found(people, by_account) == ["O'Neill", "100%_sure", "田中", "佐藤", "Lovelace"]


def test_parents_are_nested_and_null_when_there_is_none(people: RestClient) -> None:
    soql = "SELECT LastName, Account.Name, Account.Owner.Username FROM Contact WHERE Email IN ('ada@example.com')"
    record = people.query(soql).json()["records"][0]
    assert list(record) == ["attributes", "LastName", "Account"]
    assert record["Account"] is None
    with_account = people.query("SELECT Account.Owner.Username FROM Contact WHERE LastName = '佐藤'").json()
    owner = with_account["records"][0]["Account"]["Owner"]
    assert owner["attributes"]["type"] == "User"
    assert owner["Username"] == "admin@feedback-bridge.example"


def test_children_come_as_a_result_of_their_own(people: RestClient) -> None:
    soql = "SELECT Name, (SELECT LastName FROM Contacts WHERE Email != null ORDER BY LastName) FROM Account"
    rows = {record["Name"]: record["Contacts"] for record in people.query(soql).json()["records"]}
    assert rows["さくら商事"]["totalSize"] == 2
    assert rows["さくら商事"]["done"] is True
    assert [child["LastName"] for child in rows["さくら商事"]["records"]] == ["佐藤", "田中"]
    assert rows["Empty & Co"] is None
    custom = people.rows("SELECT (SELECT NPS_Score__c FROM Survey_Responses__r) FROM Contact WHERE LastName = '佐藤'")
    assert custom[0]["Survey_Responses__r"]["totalSize"] == 3


def test_a_polymorphic_owner_says_its_type(people: RestClient) -> None:
    lead = people.create("Lead", LastName="佐藤", Company="さくら商事")
    row = people.rows(f"SELECT Owner.Name, Owner.Type FROM Lead WHERE Id = '{lead}'")[0]
    assert row == {"Owner": {"Name": "Test Admin", "Type": "User"}}


def test_count_answers_with_a_number_and_no_records(people: RestClient) -> None:
    body = people.query("select count() from Contact where Email like '%.jp'").json()
    assert body == {"totalSize": 2, "done": True, "records": []}


def test_aggregates_by_group(people: RestClient) -> None:
    soql = (
        "SELECT Account.Name, COUNT(Id) people, MIN(Email) FROM Contact WHERE AccountId != null "
        "GROUP BY Account.Name HAVING COUNT(Id) > 1 ORDER BY COUNT(Id) DESC, Account.Name"
    )
    records = people.query(soql).json()["records"]
    assert records[0] == {
        "attributes": {"type": "AggregateResult"},
        "Name": "Acme",
        "people": 2,
        "expr0": "alan@example.com",
    }
    totals = "SELECT SUM(NPS_Score__c) s, AVG(NPS_Score__c) a, COUNT_DISTINCT(Contact__c) c FROM Survey_Response__c"
    assert people.rows(totals) == [{"s": 19.0, "a": 19 / 3, "c": 1}]
    assert people.rows("SELECT COUNT(Id) n FROM Case") == [{"n": 0}]


def test_fields_functions_need_a_limit(people: RestClient) -> None:
    assert "NPS_Score__c" in people.rows("SELECT FIELDS(ALL) FROM Contact LIMIT 1")[0]
    assert "NPS_Score__c" not in people.rows("SELECT FIELDS(STANDARD) FROM Contact")[0]
    assert "LastName" not in people.rows("SELECT FIELDS(CUSTOM) FROM Contact LIMIT 5")[0]
    assert people.query("SELECT FIELDS(ALL) FROM Contact").json()[0]["errorCode"] == "MALFORMED_QUERY"


BAD = [
    ("SELEKT Name FROM Account", "MALFORMED_QUERY", "unexpected token: SELEKT"),
    (
        "SELECT Bacon__c FROM Account LIMIT 2",
        "INVALID_FIELD",
        "\nSELECT Bacon__c FROM Account LIMIT 2\n       ^\nERROR at Row:1:Column:8\n"
        "No such column 'Bacon__c' on entity 'Account'. If you are attempting to use a custom field, be sure to append "
        "the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate "
        "names.",
    ),
    (
        "select count() from XYZZY",
        "INVALID_TYPE",
        "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\n"
        "sObject type 'XYZZY' is not supported. If you are attempting to use a custom object, be sure to append the "
        "'__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
    ),
    ("SELECT Id FROM Contact WHERE Id = 'junk'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: junk"),
    ("SELECT Id FROM Contact WHERE AccountId IN ('x')", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"),
    ("SELECT Id FROM Account WHERE NumberOfEmployees = '5'", "INVALID_FIELD", "should not be enclosed in quotes"),
    ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD", "must be of type string and should be enclosed"),
    ("SELECT Id FROM Contact WHERE Birthdate = '2000-01-01'", "INVALID_FIELD", "must be of type date and should not"),
    ("SELECT Id FROM Contact WHERE CreatedDate > 2000-01-01", "INVALID_FIELD", "must be of type dateTime"),
    ("SELECT Id FROM Contact WHERE IsDeleted = 'true'", "INVALID_FIELD", "must be of type boolean"),
    ("SELECT Id FROM Contact WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered in a query call"),
    ("SELECT Id FROM Contact ORDER BY Description", "MALFORMED_QUERY", "can not be sorted in a query call"),
    ("SELECT Id FROM Contact WHERE A.Name = 'x'", "INVALID_FIELD", "Didn't understand relationship 'A'"),
    ("SELECT (SELECT Id FROM Nope) FROM Account", "INVALID_TYPE", "Didn't understand relationship 'Nope'"),
    ("SELECT Id FROM Contact WHERE Name = 'a' AND Email = 'b' OR Phone = 'c'", "MALFORMED_QUERY", "unexpected token"),
    ("SELECT Id FROM Contact WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
    ("SELECT Id FROM Contact WHERE Name = 'a\\q'", "MALFORMED_QUERY", "Illegal character sequence '\\q'"),
    ("SELECT Name, COUNT(Id) FROM Contact", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
    ("SELECT Id FROM Contact OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
    ("SELECT Id FROM Contact WHERE Topics__c = 'x'", "INVALID_FIELD", "No such column 'Topics__c'"),
    ("SELECT Id FROM Contact WHERE Name INCLUDES ('x')", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
]


@pytest.mark.parametrize(("soql", "code", "message"), BAD, ids=[soql for soql, _, _ in BAD])
def test_a_bad_query_is_refused_with_its_reason(people: RestClient, soql: str, code: str, message: str) -> None:
    answer = people.query(soql)
    assert answer.status_code == 400
    error = answer.json()[0]
    assert list(error) == ["message", "errorCode"]
    assert error["errorCode"] == code
    assert message in error["message"]


def test_the_caret_stands_below_the_culprit(people: RestClient) -> None:
    soql = "SELECT Id, Name, Email, Phone, Title, Department, Nope__c FROM Contact"
    lines = people.query(soql).json()[0]["message"].split("\n")
    assert lines[1][lines[2].index("^") :].startswith("Nope__c")
    assert lines[3] == f"ERROR at Row:1:Column:{soql.index('Nope__c') + 1}"


def test_pages_are_followed_by_their_address_to_the_last(admin: RestClient) -> None:
    account = {"attributes": {"type": "Account"}, "Name": "支店"}
    for _ in range(3):
        admin.post("/composite/sobjects", {"records": [account] * 150})
    first = admin.query("SELECT Id, Name FROM Account", headers={"Sforce-Query-Options": "batchSize=200"})
    body = first.json()
    assert list(body) == ["totalSize", "done", "nextRecordsUrl", "records"]
    assert (body["totalSize"], body["done"], len(body["records"])) == (450, False, 200)
    seen = [record["Id"] for record in body["records"]]
    while not body["done"]:
        body = admin.get(body["nextRecordsUrl"]).json()
        assert body["totalSize"] == 450
        seen += [record["Id"] for record in body["records"]]
    assert "nextRecordsUrl" not in body
    assert len(set(seen)) == 450


def test_the_server_chooses_smaller_pages_for_wide_rows(admin: RestClient) -> None:
    admin.org.control("PATCH", "/settings", {"page_size": 5, "wide_page_size": 3})
    for number in range(6):
        admin.create("Lead", LastName=f"佐藤{number}", Company="さくら商事")
    assert len(admin.query("SELECT Id FROM Lead").json()["records"]) == 5
    assert len(admin.query("SELECT Id, Description FROM Lead").json()["records"]) == 3


def test_a_stale_page_address_is_refused_and_ten_are_kept_open(admin: RestClient) -> None:
    admin.org.control("PATCH", "/settings", {"page_size": 1})
    for number in range(2):
        admin.create("Lead", LastName=f"佐藤{number}", Company="さくら商事")
    addresses = [admin.query("SELECT Id FROM Lead").json()["nextRecordsUrl"] for _ in range(11)]
    assert admin.get(addresses[0]).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    assert admin.get(addresses[-1]).json()["done"] is True
    assert admin.get("/query/01gNonsense-2000").json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_a_long_query_fits_into_the_body_of_a_composite(admin: RestClient) -> None:
    admin.create("Contact", LastName="佐藤", Email="u7@example.jp")
    soql = "SELECT LastName FROM Contact WHERE Email IN (" + ",".join(f"'u{n}@example.jp'" for n in range(3000)) + ")"
    node = {"method": "GET", "url": f"{admin.base}/query?q={quote(soql)}", "referenceId": "q"}
    result = admin.post("/composite", {"compositeRequest": [node]}).json()["compositeResponse"][0]
    assert result["body"]["totalSize"] == 1
    too_long = soql.replace("Email IN", "Title != '" + "x" * 50_000 + "' AND Email IN")
    node["url"] = f"{admin.base}/query?q={quote(too_long)}"
    result = admin.post("/composite", {"compositeRequest": [node]}).json()["compositeResponse"][0]
    assert result["body"][0]["message"] == "SOQL statements can not be longer than 100000 characters"
