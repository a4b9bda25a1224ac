"""Pendo on one side, Salesforce on the other, both over real HTTP: push, pull, and both in one run."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from time import sleep
from typing import Any

import boto3
import pytest
import requests
import uvicorn

from feedback_bridge.aws import secrets
from feedback_bridge.runtime.sync import engine, page, pendo_api, pendo_tool, pulling, reading
from feedback_bridge.sync.run import Run
from local.pendo_api import KEY
from local.pendo_api.app import application
from local.salesforce_org.rest_client import RestClient
from local.salesforce_org.running import RunningOrg
from tests.integration.sync_in_use import SyncInUse

PORT = 15640


class PendoInUse:
    def __init__(self, url: str) -> None:
        self.url = url

    def knows(self, **known: Any) -> None:
        requests.post(f"{self.url}/_stand_in/known", json=known, timeout=5).raise_for_status()

    def told(self) -> dict[str, Any]:
        known: dict[str, Any] = requests.get(f"{self.url}/_stand_in/known", timeout=5).json()
        return known

    def custom(self, account: str) -> Any:
        return self.told()["account"][account].get("custom")

    def fails(self, **fault: Any) -> None:
        requests.post(f"{self.url}/_stand_in/faults", json=fault, timeout=5).raise_for_status()


@pytest.fixture(scope="module")
def _server() -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(application(KEY, 10_000), "127.0.0.1", PORT, log_level="error"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        sleep(0.02)
    yield f"http://127.0.0.1:{PORT}"
    server.should_exit = True
    thread.join(5)


@pytest.fixture
def pendo(_server: str) -> PendoInUse:
    requests.delete(f"{_server}/_stand_in/known", timeout=5)
    return PendoInUse(_server)


@pytest.fixture
def use(
    aws: dict[str, str], salesforce: RunningOrg, credentials: str, pendo: PendoInUse, monkeypatch: pytest.MonkeyPatch
) -> SyncInUse:
    secrets._provider.cache_clear()
    monkeypatch.setattr(pendo_api, "PACE_SECONDS", 0)
    use = SyncInUse(aws, salesforce, credentials)
    boto3.client("secretsmanager").create_secret(Name="test-stack/pendo", SecretString=KEY)
    publish(use, pendo)
    return use


def publish(use: SyncInUse, pendo: PendoInUse, *, tool: Any = None, **parts: Any) -> None:
    both = {
        "push": {
            "fields": {
                "Pendo_Days_Active__c": "custom.days",
                "Pendo_Last_Visit__c": {"from": "auto.lastvisit", "epoch": "milliseconds"},
            }
        },
        "pull": {"fields": {"Industry": "sf_industry", "NumberOfEmployees": "sf_employees"}},
    }
    document = {
        "kind": "sync",
        "id": "usage",
        "tool": {"type": "pendo", "secret": "pendo", "kind": "account", "api_url": pendo.url, **(tool or {})},
        "salesforce": {"org": "production", "object": "Account", "key": "AccountNumber"},
        "schedule": "never",
        **(parts or both),
    }
    use.publish(document)


def counts(run: Run) -> tuple[int, int, int]:
    assert run.status == "succeeded", run.reason
    return run.counts.pulled_changed, run.counts.pulled_written, run.counts.pulled_deleted


def test_metadata_of_pendo_lands_in_salesforce(use: SyncInUse, pendo: PendoInUse) -> None:
    use.accounts("A-1")
    pendo.knows(account={"A-1": {"custom": {"days": 12}, "auto": {"lastvisit": 1763694245000}}, "Z-1": {}})
    run = use.run()
    assert (run.status, run.counts.written, run.counts.unmatched) == ("succeeded", 1, 1)
    account = use.account("A-1")
    assert (account["Pendo_Days_Active__c"], account["Pendo_Last_Visit__c"]) == (12, "2025-11-21")


def test_many_accounts_are_read_in_pages(use: SyncInUse, pendo: PendoInUse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pendo_tool, "ROWS_A_CALL", 3)
    keys = [f'A-"{number}"' for number in range(8)]
    use.accounts(*keys)
    pendo.knows(account={key: {"custom": {"days": 3}} for key in keys})
    run = use.run()
    assert (run.counts.read, run.counts.written, run.counts.tool_calls) == (8, 8, 3)


def test_a_tool_that_stops_halfway_is_read_on_from_there(
    use: SyncInUse, pendo: PendoInUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pendo_tool, "ROWS_A_CALL", 3)
    monkeypatch.setattr(reading, "LONGEST_READING", timedelta(0))
    keys = [f"A-{number}" for number in range(8)]
    use.accounts(*keys)
    pendo.knows(account={key: {"custom": {"days": 3}} for key in keys})
    run = use.begin()
    stops = replace(page.engine(), saved=lambda run: pendo.fails(status=500) if run.tool.rows == 3 else None)
    assert stops.go_on(run.sync, run.id, "a worker", lambda: True)
    assert (use.state(run).tool.rows, use.state(run).status) == (3, "running")
    assert "trouble" in str(use.state(run).reason)
    use.work()
    assert (use.state(run).counts.written, use.state(run).counts.tool_calls) == (8, 3)


def test_the_results_of_a_report_are_pushed(use: SyncInUse, pendo: PendoInUse) -> None:
    use.accounts("A-1", "A-2")
    publish(
        use,
        pendo,
        tool={"report": "health-1", "key": "Account ID"},
        push={"fields": {"Pendo_NPS__c": "NPS", "Pendo_Days_Active__c": "利用日数"}},
    )
    pendo.knows(reports={"health-1": '"Account ID",NPS,利用日数\r\nA-1,-37,4\r\nA-2,100,\r\n'})
    run = use.run()
    assert (run.counts.read, run.counts.written) == (2, 2)
    assert use.account("A-1")["Pendo_NPS__c"] == -37


def test_a_pipeline_names_its_own_columns(use: SyncInUse, pendo: PendoInUse) -> None:
    publish(
        use,
        pendo,
        tool={"pipeline": [{"source": {"accounts": None}}, {"filter": 'accountId > "A-1"'}]},
        push={"fields": {"Pendo_Days_Active__c": "custom.days"}},
    )
    use.accounts("A-1", "A-2")
    pendo.knows(account={"A-1": {"custom": {"days": 1}}, "A-2": {"custom": {"days": 2}}})
    assert use.run().counts.read == 1


def test_fields_of_salesforce_become_metadata_and_nothing_is_created(use: SyncInUse, pendo: PendoInUse) -> None:
    use.accounts("A-1", Industry="Retail", NumberOfEmployees=420)
    use.accounts("A-2", Industry="Energy")
    pendo.knows(account={"A-1": {"custom": {"own": "mine"}}})
    run = use.run(direction="pull")
    assert counts(run) == (2, 1, 0)
    assert pendo.custom("A-1") == {"own": "mine", "sf_industry": "Retail", "sf_employees": 420}
    assert "A-2" not in pendo.told()["account"]
    assert ["unmatched", "A-2"] in [row[:2] for row in use.issues(run)]


def test_only_records_that_changed_since_are_pulled(use: SyncInUse, pendo: PendoInUse) -> None:
    ids = use.accounts("A-1", "A-2", Industry="Retail")
    pendo.knows(account={"A-1": {}, "A-2": {}})
    assert counts(use.run(direction="pull")) == (2, 2, 0)
    assert counts(use.run(direction="pull")) == (0, 0, 0)
    change(use, ids[1], Industry="Energy")
    assert counts(use.run(direction="pull")) == (1, 1, 0)
    assert pendo.custom("A-2")["sf_industry"] == "Energy"
    change(use, ids[1], Industry=None)
    use.run(direction="pull")
    assert pendo.custom("A-2")["sf_industry"] is None


def test_our_own_push_is_no_news_for_the_pull(use: SyncInUse, pendo: PendoInUse) -> None:
    use.accounts("A-1", Industry="Retail")
    pendo.knows(account={"A-1": {"custom": {"days": 1}}})
    first = use.run(direction="both")
    assert (first.counts.written, *counts(first)) == (1, 1, 1, 0)
    pendo.knows(account={"A-1": {"custom": {"days": 2}}})
    second = use.run(direction="both")
    assert (second.counts.written, *counts(second)) == (1, 0, 0, 0)
    third = use.run(direction="both")
    assert (third.counts.written, *counts(third)) == (0, 0, 0, 0)


@pytest.mark.parametrize(("policy", "left"), [("keep", "Retail"), ("clear", None)])
def test_a_deleted_record_is_noticed(use: SyncInUse, pendo: PendoInUse, policy: str, left: str | None) -> None:
    publish(use, pendo, pull={"fields": {"Industry": "sf_industry"}, "deleted": policy})
    (record_id,) = use.accounts("A-1", Industry="Retail")
    pendo.knows(account={"A-1": {}})
    use.run(direction="pull")
    delete(use, record_id)
    run = use.run(direction="pull")
    assert run.counts.pulled_deleted == 1
    assert pendo.custom("A-1")["sf_industry"] == left
    assert "the Salesforce record was deleted" in [row[4] for row in use.issues(run)]


def test_a_pull_of_several_pages_that_is_killed_goes_on_behind_the_last_safe_one(
    use: SyncInUse, pendo: PendoInUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "ROWS_A_PAGE", 2)
    monkeypatch.setattr(engine, "LEASE", timedelta(0))
    numbers = [f"A-{number}" for number in range(5)]
    use.accounts(*numbers, Industry="Retail")
    pendo.knows(account={number: {} for number in numbers})
    for checkpoint in range(1, 12):
        run = use.begin(direction="pull")
        killed = use.work_until_killed_at(run, checkpoint)
        use.work()
        assert use.state(run).status == "succeeded", use.state(run).reason
        assert all(pendo.custom(number)["sf_industry"] == "Retail" for number in numbers)
        if not killed:
            return
    raise AssertionError("a run has fewer checkpoints than that")


def test_a_key_that_two_records_have_is_pulled_from_neither(use: SyncInUse, pendo: PendoInUse) -> None:
    use.accounts("A-1", "A-1", Industry="Retail")
    pendo.knows(account={"A-1": {}})
    run = use.run(direction="pull")
    assert counts(run) == (0, 0, 0)
    assert {row[0] for row in use.issues(run)} >= {"ambiguous"}


def test_a_tool_that_asks_for_fewer_calls_is_left_alone_for_a_while(use: SyncInUse, pendo: PendoInUse) -> None:
    use.accounts("A-1")
    pendo.knows(account={"A-1": {"custom": {"days": 1}}})
    pendo.fails(status=429, headers={"Retry-After": "1"})
    run = use.begin()
    use.work()
    assert "fewer calls" in str(use.state(run).reason)
    sleep(1.2)
    use.work()
    assert use.state(run).counts.written == 1


def test_a_key_that_pendo_refuses_ends_the_run_with_its_reason(use: SyncInUse, pendo: PendoInUse) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="test-stack/pendo", SecretString="old")
    secrets._provider.cache_clear()
    run = use.run()
    assert run.status == "failed"
    assert "refuses the integration key" in str(run.reason)


def change(use: SyncInUse, record_id: str, **values: Any) -> None:
    reply = RestClient(use.salesforce, "admin").patch(f"/sobjects/Account/{record_id}", values)
    assert reply.status_code == 204, reply.text


def delete(use: SyncInUse, record_id: str) -> None:
    assert RestClient(use.salesforce, "admin").delete(f"/sobjects/Account/{record_id}").status_code == 204
