"""Clients that know the real Salesforce: simple-salesforce (Python) and jsforce (Node)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import (
    Salesforce,
    SalesforceExpiredSession,
    SalesforceLogin,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
    format_soql,
)
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from local.salesforce_org.rest_client import RestClient
from local.salesforce_org.running import RunningOrg

pytest_plugins = ["tests.integration.salesforce_org_server"]
JSFORCE = Path(__file__).parent / "jsforce"


class ToTheOrg(HTTPAdapter):
    """Sends what is meant for *.salesforce.com to the org, whose certificate is checked."""

    def __init__(self, org: RunningOrg) -> None:
        super().__init__()
        self._org = org

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        url = str(request.url)
        request.url = self._org.url + url[url.index("/", len("https://")) :]
        request.headers.pop("Host", None)
        return super().send(request, *args, **{**options, "verify": self._org.ca_file})


@pytest.fixture
def session(bare_org: RunningOrg) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = bare_org.ca_file
    session.mount("https://login.salesforce.com", ToTheOrg(bare_org))
    session.mount("https://mydomain.my.salesforce.com", ToTheOrg(bare_org))
    return session


@pytest.fixture
def sf(bare_org: RunningOrg, session: requests.Session) -> Salesforce:
    host = bare_org.url.removeprefix("https://")
    return Salesforce(instance=host, session_id=bare_org.token(), session=session, version="62.0")


def test_simple_salesforce_logs_in_with_a_signed_assertion(bare_org: RunningOrg, session: requests.Session) -> None:
    app = bare_org.credentials["integration"]
    token, host = SalesforceLogin(
        username=app["username"], consumer_key=app["client_id"], privatekey=app["private_key"], session=session
    )
    client = Salesforce(instance=host, session_id=token, session=session, version="62.0")
    assert client.query("SELECT count() FROM Contact")["totalSize"] == 0


def test_simple_salesforce_logs_in_with_client_credentials(bare_org: RunningOrg, session: requests.Session) -> None:
    app = bare_org.credentials["admin"]
    token, host = SalesforceLogin(
        consumer_key=app["client_id"],
        consumer_secret=app["client_secret"],
        domain="mydomain.my",
        session=session,
    )
    assert token.startswith("00D")
    assert host == bare_org.url.removeprefix("https://")
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid_client"):
        SalesforceLogin(consumer_key=app["client_id"], consumer_secret="wrong", domain="mydomain.my", session=session)


def test_simple_salesforce_does_every_kind_of_write(sf: Salesforce) -> None:
    made = sf.Contact.create({"LastName": "佐藤", "Email": "hanako@example.jp"})
    assert made["success"] is True
    assert sf.Contact.update(made["id"], {"Title": "部長"}) == 204
    assert sf.Contact.get(made["id"])["Title"] == "部長"
    assert sf.Contact.get_by_custom_id("Email", "hanako@example.jp")["Id"] == made["id"]
    assert sf.Survey_Response__c.upsert("Response_Id__c/s%3A1", {"NPS_Score__c": 9}) == 201
    assert sf.Survey_Response__c.upsert("Response_Id__c/s%3A1", {"NPS_Score__c": 8}) == 200
    assert sf.Contact.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        sf.Contact.get(made["id"])
    with pytest.raises(SalesforceMalformedRequest, match="REQUIRED_FIELD_MISSING"):
        sf.Contact.create({"FirstName": "花子"})


def test_simple_salesforce_sees_several_records_with_one_key(sf: Salesforce) -> None:
    for _ in range(2):
        sf.Contact.create({"LastName": "佐藤", "Email": "shared@example.jp"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        sf.Contact.upsert("Email/shared@example.jp", {"Title": "部長"})


def test_simple_salesforce_reads_every_page(bare_org: RunningOrg, sf: Salesforce) -> None:
    bare_org.control("PATCH", "/settings", {"page_size": 7})
    bare_org.control("POST", "/objects/Contact/records", [{"LastName": f"佐藤{n}"} for n in range(20)])
    found = sf.query_all("SELECT LastName FROM Contact ORDER BY CreatedDate")
    assert [record["LastName"] for record in found["records"]] == [f"佐藤{n}" for n in range(20)]
    assert len(list(sf.query_all_iter("SELECT Id FROM Contact"))) == 20


def test_simple_salesforce_quotes_values_so_that_they_stay_values(sf: Salesforce) -> None:
    name = 'O\'Neill \\ "quoted" 100%_\n二行目'
    sf.Contact.create({"LastName": name, "Department": name.replace("\n", " ")})
    soql = format_soql("SELECT Id FROM Contact WHERE Department = {}", name.replace("\n", " "))
    assert sf.query(soql)["totalSize"] == 1
    like = format_soql("SELECT Id FROM Contact WHERE Department LIKE '{:like}%'", 'O\'Neill \\ "quoted" 100%_')
    assert sf.query(like)["totalSize"] == 1
    among = format_soql("SELECT Id FROM Contact WHERE LastName IN {names}", names=[name, "x"])
    assert sf.query(among)["totalSize"] == 1


def test_simple_salesforce_describes_and_counts(sf: Salesforce) -> None:
    assert {item["name"] for item in sf.describe()["sobjects"]} >= {"Account", "Survey_Response__c"}
    assert sf.Survey_Response__c.describe()["custom"] is True
    assert sf.limits()["DailyApiRequests"]["Max"] == 15000
    sf.Account.create({"Name": "さくら商事"})
    assert sf.api_usage["api-usage"].total == 15000


def test_simple_salesforce_reaches_collections_through_restful(sf: Salesforce) -> None:
    records = [{"attributes": {"type": "Contact"}, "LastName": f"佐藤{n}"} for n in range(3)]
    results = sf.restful("composite/sobjects", method="POST", json={"records": records})
    assert [result["success"] for result in results] == [True] * 3


def test_simple_salesforce_loads_and_reads_in_bulk(sf: Salesforce) -> None:
    records = [{"Response_Id__c": f"r{n}", "NPS_Score__c": str(n % 11), "Comment__c": "良い"} for n in range(450)]
    [job] = sf.bulk2.Survey_Response__c.upsert(records=records, external_id_field="Response_Id__c", wait=0)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (450, 0)
    [again] = sf.bulk2.Survey_Response__c.upsert(records=records[:5], external_id_field="Response_Id__c", wait=0)
    assert sf.bulk2.Survey_Response__c.get_successful_records(again["job_id"]).count('"false"') == 5
    pages = list(sf.bulk2.Survey_Response__c.query("SELECT Response_Id__c, Comment__c FROM Survey_Response__c", wait=0))
    assert "".join(pages).count('"良い"') == 450
    [bad] = sf.bulk2.Contact.insert(records=[{"LastName": "佐藤", "Email": "bad"}], wait=0)
    assert "INVALID_EMAIL_ADDRESS" in sf.bulk2.Contact.get_failed_records(bad["job_id"])


def test_simple_salesforce_notices_that_its_session_ended(bare_org: RunningOrg, sf: Salesforce) -> None:
    bare_org.control("POST", "/sessions/expire")
    with pytest.raises(SalesforceExpiredSession):
        sf.query("SELECT Id FROM Contact")


@pytest.fixture(scope="module")
def jsforce(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node is not on this machine")
    place = tmp_path_factory.mktemp("jsforce")
    for name in ("package.json", "package-lock.json", "drive.mjs"):
        shutil.copy(JSFORCE / name, place)
    install = ["npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(install, cwd=place, check=True, timeout=300, capture_output=True)
    yield place
    shutil.rmtree(place)


def test_jsforce_works_with_the_org_as_with_the_real_one(admin: RestClient, jsforce: Path) -> None:
    app = admin.org.credentials["admin"]
    command = ["node", "drive.mjs", admin.org.url, app["client_id"], app["client_secret"]]
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": admin.org.ca_file}
    run = subprocess.run(command, cwd=jsforce, env=environment, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    out = json.loads(run.stdout)
    assert out["describe"]["label"] == "Contact"
    assert "Survey_Response__c" in out["objects"]
    assert out["retrieve"]["Name"] == "花子 佐藤"
    assert out["update"]["success"] is True
    assert [result["success"] for result in out["several"]] == [True, False, False]
    assert out["several"][1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert [result["created"] for result in out["upsert"]] == [True, True]
    assert out["upsertAgain"]["created"] is False
    assert [record["Name"] for record in out["found"]] == ["花子 佐藤"]
    assert out["count"] == 2
    assert out["refused"]["errorCode"] == out["badQuery"]["errorCode"] == "INVALID_FIELD"
    assert [each["httpStatusCode"] for each in out["composite"]["compositeResponse"]] == [201, 204]
    assert [row["Response_Id__c"] for row in out["bulk"]["successfulResults"]] == ["b", "d"]
    assert [row["Response_Id__c"] for row in out["bulk"]["failedResults"]] == ["c"]
    assert [row["Response_Id__c"] for row in out["bulkQuery"]] == ["a", "b", "d"]
    assert out["bulkQuery"][1]["Comment__c"] == 'とても"良い", また来ます'
    assert out["paged"]["totalSize"] == 3
    assert out["deleted"][0]["success"] is True
    assert out["limits"]["apiUsage"]["limit"] == 15000
