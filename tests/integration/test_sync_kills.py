"""A worker that is killed between any two words with Salesforce or AWS: the run goes on, and nothing is sent twice."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.client import BaseClient

from feedback_bridge.runtime.sync import comparing, engine, page, writing
from feedback_bridge.salesforce.session import Session
from local.salesforce_org.rest_client import RestClient
from local.salesforce_org.running import RunningOrg
from tests.integration.sync_in_use import SYNC, Killed, SyncInUse

NUMBERS = [f"A-{number}" for number in range(6)]


@pytest.fixture
def use(aws: dict[str, str], salesforce: RunningOrg, credentials: str, monkeypatch: pytest.MonkeyPatch) -> SyncInUse:
    monkeypatch.setattr(engine, "LEASE", timedelta(0))
    use = SyncInUse(aws, salesforce, credentials)
    use.publish(SYNC)
    use.accounts(*NUMBERS)
    return use


def killed_after(call: int, of: type, method: str, use: SyncInUse, monkeypatch: pytest.MonkeyPatch) -> bool:
    """A run whose worker dies when the other side has done what this call asked, and before it hears so."""
    run, made, ask = use.begin(), 0, getattr(of, method)

    def counted(self: Any, *words: Any, **options: Any) -> Any:
        nonlocal made
        made += 1
        reply = ask(self, *words, **options)
        if made == call:
            raise Killed
        return reply

    with monkeypatch.context() as patched:
        patched.setattr(of, method, counted)
        try:
            page.engine().go_on(run.sync, run.id, "a worker that dies", lambda: True)
            killed = False
        except Killed:
            killed = True
    use.work()
    state = use.state(run)
    assert state.status == "succeeded", state.reason
    counts = state.counts
    told = counts.read, counts.matched, counts.written, counts.unmatched, counts.new + counts.still, counts.gone
    assert told == (7, 6, 6, 1, 1, 0), f"killed after call {call}"
    return killed


def completed_jobs(use: SyncInUse) -> int:
    jobs = RestClient(use.salesforce, "admin").get("/jobs/ingest").json()["records"]
    return sum(job["state"] == "JobComplete" for job in jobs)


@pytest.mark.parametrize(
    ("of", "method", "bulk", "every"),
    [
        (Session, "_call_salesforce", True, 1),
        (Session, "_call_salesforce", False, 1),
        (BaseClient, "_make_api_call", True, 11),
    ],
    ids=["Salesforce, bulk", "Salesforce, collections", "AWS, bulk"],
)
def test_a_run_killed_after_any_call_ends_as_one_clean_run(
    use: SyncInUse, monkeypatch: pytest.MonkeyPatch, of: type, method: str, bulk: bool, every: int
) -> None:
    monkeypatch.setattr(comparing, "BULK_ABOVE", 0 if bulk else 100)
    monkeypatch.setattr(writing, "ROWS_A_JOB", 3)
    for call in range(1, 100, every):
        use.put(*[(number, call, index, "2026-11-20") for index, number in enumerate(NUMBERS)], ("nobody", 1, 1, ""))
        before = completed_jobs(use)
        killed = killed_after(call, of, method, use, monkeypatch)
        assert [use.account(number)["Pendo_Days_Active__c"] for number in NUMBERS] == [call] * 6
        assert completed_jobs(use) - before == (2 if bulk else 0), f"killed after call {call}"
        if not killed:
            assert call > (12 if bulk else 4)
            return
    raise AssertionError("a run has fewer calls than that")
