"""/admin/syncs/…/runs and `bridge sync`: begun, watched, cancelled, and the rows that were not written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import sync as sync_command
from local.salesforce_org.running import RunningOrg
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import Bridge
from tests.integration.sync_in_use import SYNC, SyncInUse

RUNS = "/admin/syncs/usage/runs"


class PublishedSync(SyncInUse):
    def __init__(self, stack: dict[str, str], salesforce: RunningOrg) -> None:
        self.queue, self.bucket, self.salesforce = stack["SYNC_QUEUE_URL"], stack["ARCHIVE_BUCKET"], salesforce


@pytest.fixture
def use(stack: dict[str, str], salesforce: RunningOrg, production: object, admin: Admin) -> PublishedSync:
    assert admin.put("/admin/syncs/usage", SYNC).json["problems"] == []
    assert admin.post("/admin/syncs/usage/publish").status == 200
    return PublishedSync(stack, salesforce)


def test_a_draft_is_held_against_the_org(admin: Admin, production: object) -> None:
    push = {"fields": {"Pendo_Daze_Active__c": "days"}}
    problems = admin.put("/admin/syncs/usage", {**SYNC, "push": push}).problems
    assert "Pendo_Days_Active__c" in problems["push.fields.Pendo_Daze_Active__c"]
    assert admin.post("/admin/syncs/usage/publish").status == 422


def test_an_org_that_a_sync_uses_cannot_be_deleted(admin: Admin, use: PublishedSync) -> None:
    assert admin.delete("/admin/orgs/production").status == 409


def test_a_run_is_begun_listed_shown_and_its_rows_are_told(admin: Admin, use: PublishedSync) -> None:
    use.accounts("A-1")
    use.put(("A-1", 1, 2, ""), ("顧客=9", 1, 1, ""), ("=1+1", 1, 1, ""))
    begun = admin.post(RUNS)
    assert (begun.status, begun.json["status"], begun.json["by"]) == (202, "running", "admin-token")
    assert admin.post(RUNS).status == 409
    use.work()
    run = admin.get(f"{RUNS}/{begun.json['id']}").json
    assert run["status"] == "succeeded"
    assert run["counts"] | {"written": 1, "unmatched": 2} == run["counts"]
    assert [item["id"] for item in admin.get(RUNS).json["items"]] == [run["id"]]
    first = admin.get(f"{RUNS}/{run['id']}/rows?limit=1&trouble=unmatched").json
    rest = admin.get(f"{RUNS}/{run['id']}/rows?limit=5&trouble=unmatched&cursor={first['next']}").json
    assert {row["key"] for row in [*first["items"], *rest["items"]]} == {"顧客=9", "=1+1"}
    assert rest["next"] is None
    told = admin.get(f"{RUNS}/{run['id']}/rows.csv")
    assert told.headers["content-type"].startswith("text/csv")
    assert "unmatched,'=1+1," in told.text


@pytest.mark.parametrize("body", [{"direction": "pull"}, {"direction": "up"}, {"force": "yes"}])
def test_a_run_that_the_sync_cannot_make_is_refused(admin: Admin, use: PublishedSync, body: dict[str, Any]) -> None:
    assert admin.post(RUNS, body).status == 422


def test_what_is_not_there_is_not_found(admin: Admin, use: PublishedSync) -> None:
    assert admin.post("/admin/syncs/nothing/runs").status == 404
    for path in ("20261121T030405Z-00000000", "x", "20261121T030405Z-00000000/rows"):
        assert admin.get(f"{RUNS}/{path}").status == 404


def test_viewers_watch_and_operators_run(clients: dict[str, Admin], use: PublishedSync) -> None:
    assert clients["viewer"].post(RUNS).status == 403
    assert clients["operator"].post(RUNS).status == 202
    assert clients["viewer"].get(RUNS).status == 200


def test_a_run_can_be_cancelled_once(admin: Admin, use: PublishedSync) -> None:
    run = admin.post(RUNS).json
    assert admin.post(f"{RUNS}/{run['id']}/cancel").status == 202
    use.work()
    assert admin.get(f"{RUNS}/{run['id']}").json["status"] == "cancelled"
    assert admin.post(f"{RUNS}/{run['id']}/cancel").status == 409


def working(use: PublishedSync) -> Callable[[float], None]:
    return lambda seconds: use.work()


def test_the_command_runs_a_sync_and_shows_its_rows(
    bridge: Bridge, use: PublishedSync, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use.accounts("A-1")
    use.put(("A-1", 1, 2, ""), ("顧客9", 1, 1, ""))
    monkeypatch.setattr(sync_command.time, "sleep", working(use))
    told = bridge("sync", "run", "usage")
    assert told.ok, told.stderr
    assert "succeeded: 2 read, 1 matched, 1 changed, 1 written, 1 unmatched" in told.stdout
    assert "1 written" not in bridge("sync", "run", "usage").stdout
    listed = bridge("sync", "runs", "usage").stdout.splitlines()
    # Begun within one second, the two runs may stand in either order.
    assert sorted(line.split("\t")[5] for line in listed[1:]) == ["0", "1"]
    assert "顧客9" in bridge("sync", "show", "usage").stdout
    assert bridge("sync", "show", "usage", "--csv", str(tmp_path / "rows.csv")).ok
    assert "顧客9" in (tmp_path / "rows.csv").read_text(encoding="utf-8-sig")


def test_the_command_fails_with_the_reason_when_a_guard_stops_the_run(
    bridge: Bridge, use: PublishedSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    use.put()
    monkeypatch.setattr(sync_command.time, "sleep", working(use))
    told = bridge("sync", "run", "usage")
    assert told.exit_code == 1
    assert "The tool gave no rows at all." in told.stdout
