"""Bulk API 2.0: ingest jobs with their result files, query jobs with their locators."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import pytest
import requests

from local.salesforce_org.rest_client import RestClient

pytest_plugins = ["tests.integration.salesforce_org_server"]
INGEST = "/jobs/ingest"
DONE = ("JobComplete", "Failed", "Aborted")
PATIENCE_SECONDS = 20


def new_job(api: RestClient, **body: Any) -> dict[str, Any]:
    answer = api.post(INGEST, {"contentType": "CSV", "lineEnding": "LF", **body})
    assert answer.status_code == 200, answer.text
    job: dict[str, Any] = answer.json()
    return job


def upload(api: RestClient, job: dict[str, Any], text: str) -> requests.Response:
    address = f"{api.org.url}/{job['contentUrl']}"
    return api.session.put(address, data=text.encode(), headers={"Content-Type": "text/csv"}, timeout=30)


def finish(api: RestClient, job: dict[str, Any]) -> dict[str, Any]:
    closed = api.patch(f"{INGEST}/{job['id']}", {"state": "UploadComplete"})
    assert closed.status_code == 200
    return wait(api, f"{INGEST}/{job['id']}")


def wait(api: RestClient, path: str) -> dict[str, Any]:
    limit = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < limit:
        job: dict[str, Any] = api.get(path).json()
        if job["state"] in DONE:
            return job
        time.sleep(0.02)
    raise AssertionError("the job does not end")


def ingest(api: RestClient, text: str, **body: Any) -> dict[str, Any]:
    job = new_job(api, **body)
    assert upload(api, job, text).status_code == 201
    return finish(api, job)


def result_file(api: RestClient, job: dict[str, Any], name: str) -> list[list[str]]:
    answer = api.get(f"{INGEST}/{job['id']}/{name}")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8"))))


def test_a_job_is_described_in_salesforces_order(admin: RestClient) -> None:
    job = new_job(admin, object="Contact", operation="upsert", externalIdFieldName="Email")
    assert list(job) == [
        "id",
        "operation",
        "object",
        "createdById",
        "createdDate",
        "systemModstamp",
        "state",
        "externalIdFieldName",
        "concurrencyMode",
        "contentType",
        "apiVersion",
        "contentUrl",
        "lineEnding",
        "columnDelimiter",
    ]
    assert (job["state"], job["apiVersion"]) == ("Open", 62.0)
    assert job["contentUrl"] == f"services/data/v62.0/jobs/ingest/{job['id']}/batches"
    assert upload(admin, job, "LastName,Email\n佐藤,hanako@example.jp\n").content == b""
    done = finish(admin, job)
    assert (done["jobType"], done["state"]) == ("V2Ingest", "JobComplete")
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (1, 0)


def test_good_and_bad_rows_come_back_each_in_its_file(admin: RestClient) -> None:
    text = "LastName,Email,Birthdate\n佐藤,hanako@example.jp,1990-05-21\n田中,bad,\n鈴木,,2003-04-98\n"
    job = ingest(admin, text, object="Contact", operation="insert")
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 3, 2)
    good = result_file(admin, job, "successfulResults")
    assert good[0] == ["sf__Id", "sf__Created", "LastName", "Email", "Birthdate"]
    assert good[1][1:] == ["true", "佐藤", "hanako@example.jp", "1990-05-21"]
    assert admin.get(f"{INGEST}/{job['id']}/successfulResults").text.startswith('"sf__Id","sf__Created",LastName,')
    bad = result_file(admin, job, "failedResults")
    assert [row[1] for row in bad[1:]] == [
        "INVALID_EMAIL_ADDRESS:Email: invalid email address: bad:Email --",
        "INVALID_FIELD:Failed to deserialize field at col 2. Due to, '2003-04-98' is not a valid value for the type "
        "xsd:date:Birthdate --",
    ]
    assert result_file(admin, job, "unprocessedrecords") == [["LastName", "Email", "Birthdate"]]


def test_an_empty_cell_is_left_alone_and_na_empties_the_field(admin: RestClient) -> None:
    contact = admin.create("Contact", LastName="佐藤", Title="部長", Department="営業")
    text = f"Id,Title,Department\n{contact},,#N/A\n"
    job = ingest(admin, text, object="Contact", operation="update")
    assert job["numberRecordsFailed"] == 0
    assert admin.rows("SELECT Title, Department FROM Contact") == [{"Title": "部長", "Department": None}]


def test_upserts_say_which_rows_were_new(admin: RestClient) -> None:
    admin.create("Survey_Response__c", Response_Id__c="a", NPS_Score__c=1)
    text = "Response_Id__c;NPS_Score__c;Finished__c\r\na;9;true\r\nb;3;FALSE\r\n;5;1\r\n"
    options = {"columnDelimiter": "SEMICOLON", "lineEnding": "CRLF", "externalIdFieldName": "Response_Id__c"}
    job = ingest(admin, text, object="Survey_Response__c", operation="upsert", **options)
    good = admin.get(f"{INGEST}/{job['id']}/successfulResults").content.decode().split("\r\n")
    assert good[0] == '"sf__Id";"sf__Created";Response_Id__c;NPS_Score__c;Finished__c'
    assert [line.split(";")[1:3] for line in good[1:3]] == [['"false"', '"a"'], ['"true"', '"b"']]
    assert admin.rows("SELECT NPS_Score__c, Finished__c FROM Survey_Response__c ORDER BY Response_Id__c") == [
        {"NPS_Score__c": 9.0, "Finished__c": True},
        {"NPS_Score__c": 3.0, "Finished__c": False},
    ]
    assert "MISSING_ARGUMENT" in admin.get(f"{INGEST}/{job['id']}/failedResults").text


def test_a_parent_is_found_by_its_external_id(admin: RestClient) -> None:
    admin.create("Lead", LastName="佐藤", Company="さくら商事", Feedback_Bridge_Id__c="s:1")
    text = "Response_Id__c,Lead__r.Feedback_Bridge_Id__c\na,s:1\nb,none\n"
    job = ingest(admin, text, object="Survey_Response__c", operation="insert")
    assert job["numberRecordsFailed"] == 1
    assert admin.rows("SELECT Lead__r.LastName FROM Survey_Response__c") == [{"Lead__r": {"LastName": "佐藤"}}]


def test_rows_are_deleted_by_id(admin: RestClient) -> None:
    ids = [admin.create("Lead", LastName="佐藤", Company="さくら商事") for _ in range(3)]
    job = ingest(admin, "Id\n" + "\n".join([*ids[:2], "junk"]), object="Lead", operation="delete")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (3, 1)
    assert admin.rows("SELECT Id FROM Lead") == [{"Id": ids[2]}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("LastName,Nonsense__c\n佐藤,1\n", "InvalidBatch : Field name not found : Nonsense__c"),
        ("LastName\r\n佐藤\r\n", "InvalidBatch : LineEnding is invalid on user data. Current LineEnding setting is LF"),
    ],
)
def test_a_file_that_cannot_be_read_fails_the_job(admin: RestClient, text: str, message: str) -> None:
    job = ingest(admin, text, object="Contact", operation="insert")
    assert (job["state"], job["errorMessage"]) == ("Failed", message)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (0, 0)


def test_a_job_that_stops_midway_hands_the_rest_back(admin: RestClient) -> None:
    admin.org.control("PATCH", "/settings", {"bulk_stop_after_rows": 200})
    text = "LastName\n" + "".join(f"佐藤{n}\n" for n in range(500))
    job = ingest(admin, text, object="Contact", operation="insert")
    assert job["state"] == "Failed"
    assert len(result_file(admin, job, "successfulResults")) == 201
    rest = result_file(admin, job, "unprocessedrecords")
    assert rest[0] == ["LastName"]
    assert [row[0] for row in rest[1:]] == [f"佐藤{n}" for n in range(200, 500)]


def test_an_aborted_job_takes_nothing(admin: RestClient) -> None:
    job = new_job(admin, object="Contact", operation="insert")
    upload(admin, job, "LastName\n佐藤\n")
    assert admin.patch(f"{INGEST}/{job['id']}", {"state": "Aborted"}).json()["state"] == "Aborted"
    assert admin.patch(f"{INGEST}/{job['id']}", {"state": "UploadComplete"}).status_code == 400
    assert admin.rows("SELECT Id FROM Contact") == []
    assert admin.delete(f"{INGEST}/{job['id']}").status_code == 204
    assert admin.get(f"{INGEST}/{job['id']}").status_code == 404


def test_a_second_upload_and_results_too_early_are_refused(admin: RestClient) -> None:
    job = new_job(admin, object="Contact", operation="insert")
    assert upload(admin, job, "LastName\n佐藤\n").status_code == 201
    assert upload(admin, job, "LastName\n佐藤\n").status_code == 400
    assert admin.get(f"{INGEST}/{job['id']}/successfulResults").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"object": "Nonsense__c", "operation": "insert"},
        {"object": "Contact", "operation": "merge"},
        {"object": "Contact", "operation": "upsert", "externalIdFieldName": "LastName"},
        {"object": "Contact", "operation": "insert", "columnDelimiter": "HASH"},
    ],
)
def test_a_job_that_makes_no_sense_is_refused(admin: RestClient, body: dict[str, Any]) -> None:
    answer = admin.post(INGEST, body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDJOB")


def test_ten_thousand_rows_are_one_batch_of_the_day(admin: RestClient) -> None:
    text = "Response_Id__c,NPS_Score__c\n" + "".join(f"r{n},{n % 11}\n" for n in range(10_000))
    job = ingest(admin, text, object="Survey_Response__c", operation="upsert", externalIdFieldName="Response_Id__c")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (10_000, 0)
    batches = admin.get("/limits").json()["DailyBulkApiBatches"]
    assert batches["Max"] - batches["Remaining"] == 1


def test_a_query_job_is_fetched_page_by_page_until_the_locator_says_null(admin: RestClient) -> None:
    account = admin.create("Account", Name="さくら商事")
    for number in range(5):
        admin.create("Contact", LastName=f"佐藤{number}", AccountId=account, Description='said "ok", twice\nand left')
    soql = "SELECT Id, lastname, Account.Name, Description, IsDeleted, Email FROM Contact"
    created = admin.post("/jobs/query", {"operation": "query", "query": soql}).json()
    assert created["state"] == "UploadComplete"
    job = wait(admin, f"/jobs/query/{created['id']}")
    assert (job["jobType"], job["numberRecordsProcessed"]) == ("V2Query", 5)
    rows: list[list[str]] = []
    locator = ""
    while locator != "null":
        query = {"maxRecords": "2", **({"locator": locator} if locator else {})}
        page = admin.get(f"/jobs/query/{created['id']}/results", params=query)
        found = list(csv.reader(io.StringIO(page.content.decode("utf-8"))))
        assert found[0] == ["Id", "LastName", "Account.Name", "Description", "IsDeleted", "Email"]
        assert int(page.headers["Sforce-NumberOfRecords"]) == len(found) - 1
        rows += found[1:]
        locator = page.headers["Sforce-Locator"]
    assert [row[1:] for row in rows] == [
        [f"佐藤{n}", "さくら商事", 'said "ok", twice\nand left', "false", ""] for n in range(5)
    ]


def test_a_query_job_refuses_what_bulk_cannot_do(admin: RestClient) -> None:
    grouped = admin.post("/jobs/query", {"operation": "query", "query": "SELECT COUNT(Id) FROM Contact"})
    assert grouped.json()[0]["errorCode"] == "INVALIDJOB"
    broken = admin.post("/jobs/query", {"operation": "query", "query": "SELECT Nope FROM Contact"})
    assert broken.json()[0]["errorCode"] == "INVALID_FIELD"
