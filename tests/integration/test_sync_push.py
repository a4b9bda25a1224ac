"""A product-analytics file becomes Salesforce fields: the real handler, moto's AWS, the org simulator over HTTPS."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feedback_bridge.aws.sync_runs import Busy, SyncRuns
from feedback_bridge.errors import TransientError
from feedback_bridge.runtime import orgs
from feedback_bridge.runtime.sync import engine, page, tick
from feedback_bridge.runtime.sync.starting import runs
from feedback_bridge.sync.run import LastGood, Run
from local.salesforce_org.running import RunningOrg
from tests.integration.sync_in_use import SYNC, SyncInUse


class DyingRuns(SyncRuns):
    """DynamoDB fails when the run is to end."""

    def finish(self, run: Run, good: LastGood | None, worker: str | None) -> None:
        raise TransientError("DynamoDB does not answer.")


@pytest.fixture
def use(aws: dict[str, str], salesforce: RunningOrg, credentials: str) -> SyncInUse:
    use = SyncInUse(aws, salesforce, credentials)
    use.publish(SYNC)
    return use


def values(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["Pendo_Days_Active__c"], row["Pendo_NPS__c"], row["Pendo_Last_Visit__c"]


def test_what_the_tool_counts_lands_in_the_fields_of_the_matching_records(use: SyncInUse) -> None:
    use.accounts("A-1", "A-2")
    use.put(("A-1", 12, -40, "2026-11-20"), ("A-2", "７", 100, ""))
    run = use.run()
    assert (run.status, run.counts.matched, run.counts.changed, run.counts.written) == ("succeeded", 2, 2, 2)
    assert values(use.account("A-1")) == (12, -40, "2026-11-20")
    assert values(use.account("A-2")) == (7, 100, None)


def test_a_second_run_of_the_same_file_writes_nothing(use: SyncInUse) -> None:
    use.accounts("A-1", "A-2")
    use.put(("A-1", 12, -40, "2026-11-20"), ("A-2", 7, 100, ""))
    use.run()
    stamps = [use.account(number)["SystemModstamp"] for number in ("A-1", "A-2")]
    run = use.run()
    assert (run.status, run.counts.read, run.counts.matched, run.counts.changed) == ("succeeded", 2, 2, 0)
    assert [use.account(number)["SystemModstamp"] for number in ("A-1", "A-2")] == stamps


def test_only_the_row_and_the_field_that_differ_are_written(use: SyncInUse) -> None:
    use.accounts("A-1", "A-2", Pendo_Days_Active__c=5, Pendo_NPS__c=10)
    use.put(("A-1", 5, 10, ""), ("A-2", 5, 11, ""))
    stamp = use.account("A-1")["SystemModstamp"]
    run = use.run()
    assert run.counts.written == 1
    assert use.account("A-1")["SystemModstamp"] == stamp
    assert values(use.account("A-2")) == (5, 11, None)


def test_an_empty_cell_keeps_or_clears_as_the_sync_says(use: SyncInUse) -> None:
    use.accounts("A-1", Pendo_Days_Active__c=5, Pendo_Last_Visit__c="2026-01-01")
    use.put(("A-1", "", "", ""))
    use.run()
    assert values(use.account("A-1")) == (5, None, None)


def test_no_record_is_created_and_every_row_without_one_is_told(use: SyncInUse) -> None:
    use.accounts("A-1")
    before = len(use.salesforce.records("Account"))
    use.put(("A-1", 1, 1, ""), ("Z-9", 1, 1, ""), ("", 1, 1, ""))
    run = use.run()
    assert len(use.salesforce.records("Account")) == before
    assert (run.counts.unmatched, run.counts.invalid) == (1, 1)
    assert [row[:2] for row in use.issues(run)] == [["invalid", ""], ["unmatched", "Z-9"]]


def test_keys_that_differ_in_case_width_and_blanks_are_one_key(use: SyncInUse) -> None:
    use.accounts("Ａ-１")
    use.put(("  a-1 ", 3, 3, ""))
    assert use.run().counts.written == 1
    assert use.account("Ａ-１")["Pendo_Days_Active__c"] == 3


def test_a_key_that_two_records_or_two_rows_have_is_written_to_neither(use: SyncInUse) -> None:
    twins = use.accounts("T-1", "t-1", "A-1")
    use.put(("T-1", 9, 9, ""), ("A-1", 1, 1, ""), ("a-1", 2, 2, ""))
    run = use.run()
    assert (run.counts.written, run.counts.ambiguous) == (0, 3)
    reasons = {row[1]: row[4] for row in use.issues(run)}
    assert all(twin in reasons["T-1"] for twin in twins[:2])
    assert "2 rows" in reasons["a-1"]


def test_ids_of_fifteen_and_eighteen_characters_are_one_id(use: SyncInUse) -> None:
    (record_id,) = use.accounts("A-1")
    use.publish({**SYNC, "salesforce": {**SYNC["salesforce"], "key": "Id"}})
    use.put((record_id[:15], 4, 4, ""))
    assert use.run().counts.written == 1
    assert use.account("A-1")["Pendo_Days_Active__c"] == 4


def test_a_value_that_does_not_fit_is_told_and_the_others_of_its_row_are_written(use: SyncInUse) -> None:
    use.accounts("A-1")
    use.put(("A-1", "many", 50, "2026-11-20"))
    run = use.run()
    assert values(use.account("A-1")) == (None, 50, "2026-11-20")
    assert [row[:4] for row in use.issues(run)] == [
        ["invalid", "A-1", use.account("A-1")["Id"], "Pendo_Days_Active__c"]
    ]


def test_what_salesforce_refuses_is_told_with_its_reason(use: SyncInUse) -> None:
    use.accounts("A-1", "A-2")
    rule = {"object": "Account", "field": "Pendo_NPS__c", "equals": 13, "message": "縁起が悪い"}
    use.salesforce.control("POST", "/validation-rules", rule)
    use.put(("A-1", 1, 13, ""), ("A-2", 1, 1, ""))
    run = use.run()
    assert (run.counts.written, run.counts.failed) == (1, 1)
    ((trouble, key, _, _, reason, _),) = use.issues(run)
    assert (trouble, key) == ("refused", "A-1")
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" in reason


def test_more_than_two_thousand_changes_go_through_one_bulk_job(use: SyncInUse) -> None:
    numbers = [f"B-{number}" for number in range(2_100)]
    for start in range(0, 2_100, 700):
        use.accounts(*numbers[start : start + 700])
    use.put(*[(number, 3, -100, "2026-11-20") for number in numbers])
    use.salesforce.control("DELETE", "/calls")
    run = use.run()
    assert (run.status, run.counts.written, run.counts.failed) == ("succeeded", 2_100, 0)
    assert values(use.account("B-2099")) == (3, -100, "2026-11-20")
    assert use.calls() < 25
    assert run.counts.calls <= use.calls()


def test_a_bulk_job_leaves_alone_what_a_row_does_not_change(use: SyncInUse) -> None:
    numbers = [f"B-{number}" for number in range(2_002)]
    use.accounts(*numbers, Pendo_Days_Active__c=8, Pendo_Last_Visit__c="2026-01-01")
    use.put(*[(number, 8, number[2:][:2], "2026-01-01" if number != "B-0" else "") for number in numbers])
    run = use.run(force=True)
    assert run.counts.written == 2_002
    assert values(use.account("B-7")) == (8, 7, "2026-01-01")
    assert values(use.account("B-0")) == (8, 0, None)


def test_far_fewer_rows_than_usual_stop_a_run_before_it_writes(use: SyncInUse) -> None:
    numbers = [f"A-{number}" for number in range(10)]
    use.accounts(*numbers)
    use.put(*[(number, 1, 1, "") for number in numbers])
    use.run()
    use.put(("A-0", 99, 99, ""))
    run = use.run()
    assert (run.status, run.counts.written) == ("stopped", 0)
    assert "1 rows; the last good run had 10" in str(run.reason)
    assert use.account("A-0")["Pendo_Days_Active__c"] == 1
    assert use.run(force=True).counts.written == 1


def test_a_report_that_would_blank_a_column_is_stopped(use: SyncInUse) -> None:
    numbers = [f"A-{number}" for number in range(20)]
    use.accounts(*numbers, Pendo_Last_Visit__c="2026-01-01")
    use.put(*[(number, 1, 1, "") for number in numbers])
    run = use.run()
    assert run.status == "stopped"
    assert "Pendo_Last_Visit__c would be cleared in 20 of the 20" in str(run.reason)
    assert use.account("A-3")["Pendo_Last_Visit__c"] == "2026-01-01"


def test_a_key_that_identifies_hardly_anything_stops_the_run(use: SyncInUse) -> None:
    use.accounts("A-1", *["Retail"] * 2)
    use.put(("A-1", 1, 1, ""), *[("Retail", 1, 1, "")] * 11)
    run = use.run()
    assert (run.status, run.counts.written) == ("stopped", 0)
    assert "The key is not unique: 11 of 12 rows share theirs." in str(run.reason)


def test_a_column_that_is_gone_stops_the_run_and_names_it(use: SyncInUse) -> None:
    use.accounts("A-1")
    use.put(("A-1", 1), columns=("account", "days"))
    run = use.run()
    assert run.status == "stopped"
    assert "no longer has nps, last" in str(run.reason)


def test_a_field_that_became_read_only_stops_the_run(use: SyncInUse) -> None:
    use.put(("A-1", 1, 1, ""))
    use.salesforce.control("PATCH", "/objects/Account/fields/Pendo_NPS__c", {"updateable": False})
    run = use.run()
    assert run.status == "stopped"
    assert "Pendo_NPS__c is read-only" in str(run.reason)


def test_troubles_are_told_as_new_still_there_and_gone(use: SyncInUse) -> None:
    use.accounts("A-1")
    use.put(("A-1", 1, 1, ""), ("Y-1", 1, 1, ""), ("Z-1", 1, 1, ""))
    use.run()
    use.put(("A-1", 1, 1, ""), ("Y-1", 1, 1, ""), ("X-1", 1, 1, ""))
    run = use.run()
    assert (run.counts.new, run.counts.still, run.counts.gone) == (1, 1, 1)
    assert {row[1]: row[5] for row in use.issues(run)} == {"Y-1": "still", "X-1": "new"}


def test_a_dry_run_compares_and_writes_nothing(use: SyncInUse) -> None:
    use.accounts("A-1")
    use.put(("A-1", 1, 1, ""))
    run = use.run(dry_run=True)
    assert (run.status, run.counts.changed, run.counts.written) == ("succeeded", 1, 0)
    assert use.account("A-1")["Pendo_Days_Active__c"] is None


def test_runs_of_one_sync_never_overlap(use: SyncInUse) -> None:
    use.put(("A-1", 1, 1, ""))
    use.begin()
    with pytest.raises(Busy):
        use.begin()
    use.work()
    use.begin()


def test_a_worker_without_time_hands_over_and_the_next_one_goes_on(use: SyncInUse) -> None:
    use.accounts("A-1")
    use.put(("A-1", 1, 1, ""))
    run = use.begin()
    lives = iter([100_000, 100_000, 0, 100_000, 0])
    use.work(lambda: next(lives, 100_000))
    assert use.state(run).status == "succeeded"


def test_a_run_killed_at_any_checkpoint_ends_as_one_clean_run(use: SyncInUse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LEASE", timedelta(0))
    numbers = [f"A-{number}" for number in range(30)]
    use.accounts(*numbers)
    rows = [(number, index, index - 50, f"2026-11-{index % 28 + 1:02}") for index, number in enumerate(numbers)]
    ended = []
    for checkpoint in range(1, 30):
        use.put(*[(number, days + checkpoint, nps, last) for number, days, nps, last in rows], ("Z", 1, 1, ""))
        run = use.begin()
        killed = use.work_until_killed_at(run, checkpoint)
        use.work()
        state = use.state(run)
        counts = state.counts
        assert state.status == "succeeded", state.reason
        assert (counts.read, counts.matched, counts.written, counts.unmatched) == (31, 30, 30, 1), checkpoint
        assert [use.account(f"A-{index}")["Pendo_Days_Active__c"] for index in (0, 29)] == [checkpoint, 29 + checkpoint]
        ended.append(killed)
        if not killed:
            break
    assert len(ended) > 7
    assert not ended[-1]


def test_a_cancelled_run_ends_and_lets_the_next_one_begin(use: SyncInUse) -> None:
    use.put(("A-1", 1, 1, ""))
    run = use.begin()
    assert runs().cancel(run.sync, run.id)
    use.work()
    assert use.state(run).status == "cancelled"
    use.begin()


def test_a_silent_run_gets_a_new_worker_and_in_the_end_is_given_up(use: SyncInUse) -> None:
    use.accounts("A-1")
    use.put(("A-1", 1, 1, ""))
    use.publish({**SYNC, "schedule": "never"})
    run = use.begin()
    lost = list(use.messages())
    assert len(lost) == 1
    tick.tick(datetime.now(UTC) + timedelta(minutes=2))
    assert list(use.messages()) == []
    tick.tick(datetime.now(UTC) + timedelta(minutes=5))
    assert len(list(use.messages())) == 1
    for day in range(1, 12):
        tick.tick(datetime.now(UTC) + timedelta(days=day))
    assert use.state(run).status == "failed"
    assert "stopped without a word" in str(use.state(run).reason)
    assert runs().lock("usage") is None


def test_a_sync_begins_by_itself_when_it_is_due_in_its_own_zone(use: SyncInUse) -> None:
    use.publish({**SYNC, "schedule": {"daily": "01:30", "timezone": "Asia/Tokyo"}})
    assert tick.tick(datetime(2026, 11, 21, 16, 25, tzinfo=UTC)) == []
    assert tick.tick(datetime(2026, 11, 21, 16, 35, tzinfo=UTC)) == ["usage"]
    assert tick.tick(datetime(2026, 11, 21, 16, 40, tzinfo=UTC)) == []


def test_a_sync_that_cannot_begin_is_told_once_a_night_and_not_at_every_tick(use: SyncInUse) -> None:
    first = datetime(2026, 11, 21, 16, 25, tzinfo=UTC)
    use.publish({**SYNC, "schedule": {"daily": "01:30"}})
    tick.tick(first)
    use.publish({"kind": "org", "id": "production", "login_url": "https://127.0.0.1:1", "secret": "nowhere"})
    orgs._made.clear()
    facts = use.overheard()
    for minutes in range(5, 60, 5):
        assert tick.tick(first + timedelta(minutes=minutes)) == []
    told = facts("SyncRunFinished")
    assert [(fact["sync"], fact["status"]) for fact in told] == [("usage", "failed")]
    assert told[0]["reason"].startswith("It did not start: ")
    tick.tick(first + timedelta(days=1, minutes=5))
    tick.tick(first + timedelta(days=1, minutes=10))
    assert len(facts("SyncRunFinished")) == 1


def test_a_run_that_fails_is_told_once_although_its_worker_dies_before_it_has_ended(use: SyncInUse) -> None:
    facts = use.overheard()
    run = use.begin()
    dying = replace(page.engine(), runs=DyingRuns(runs().table, 400))
    with pytest.raises(TransientError):
        dying.go_on(run.sync, run.id, "a worker", lambda: True)
    page.engine().go_on(run.sync, run.id, "a worker", lambda: True)
    assert use.state(run).status == "stopped"
    assert len(facts("SyncRunFinished")) == 1


def test_a_run_that_finds_far_fewer_rows_than_usual_is_told_once_and_writes_nothing(use: SyncInUse) -> None:
    use.accounts("A-1", "A-2", "A-3")
    use.put(("A-1", 1, 1, ""), ("A-2", 1, 1, ""), ("A-3", 1, 1, ""))
    use.run()
    facts = use.overheard()
    use.put(("A-1", 9, 9, ""))
    run = use.run()
    (told,) = facts("SyncRunFinished")
    assert (run.status, run.counts.written) == ("stopped", 0)
    assert (told["status"], told["run"], told["reason"]) == ("stopped", run.id, run.reason)
    assert "1 rows; the last good run had 3" in told["reason"]
    assert run.id in [item.id for item in runs().listed("usage", most=5)]


def test_japanese_spreadsheet_files_are_read_in_their_encoding(use: SyncInUse, aws: dict[str, str]) -> None:
    import boto3

    use.accounts("顧客１")
    tool = {**SYNC["tool"], "encoding": "cp932"}
    use.publish({**SYNC, "tool": tool})
    text = "account,days,nps,last\r\n顧客1,5,6,2026/11/20\r\n"
    boto3.client("s3").put_object(Bucket="archive", Key="files/usage/accounts.csv", Body=text.encode("cp932"))
    assert use.run().counts.written == 1
    assert values(use.account("顧客１")) == (5, 6, "2026-11-20")


def test_a_file_longer_than_a_chunk_is_read_in_pages(use: SyncInUse, monkeypatch: pytest.MonkeyPatch) -> None:
    from feedback_bridge.runtime.sync import reading

    monkeypatch.setattr(reading, "CELLS_A_PAGE", 15)
    monkeypatch.setattr(reading, "FEWEST_ROWS", 3)
    numbers = [f'A "{number}"\nb' for number in range(10)]
    use.accounts(*[f'A "{number}" b' for number in range(10)])
    use.put(*[(number, 2, 2, "") for number in numbers])
    run = use.run()
    assert (run.counts.read, run.counts.written, run.tool.chunks) == (10, 10, 4)


def test_rows_come_as_json_lines_too(use: SyncInUse) -> None:
    import boto3

    use.accounts("A-1")
    use.publish({**SYNC, "tool": {**SYNC["tool"], "format": "jsonl", "path": "a.jsonl", "key": "id.account"}})
    body = '{"id": {"account": "A-1"}, "days": 4, "nps": -3, "last": null}\n\n'
    boto3.client("s3").put_object(Bucket="archive", Key="files/a.jsonl", Body=body.encode())
    assert use.run().counts.written == 1
    assert values(use.account("A-1")) == (4, -3, None)


def test_nothing_a_run_needed_only_for_itself_is_left(use: SyncInUse) -> None:
    import boto3

    use.accounts("A-1")
    use.put(("A-1", 1, 1, ""), ("Z-1", 1, 1, ""))
    use.run()
    listed = boto3.client("s3").list_objects_v2(Bucket="archive", Prefix="sync/work/")
    assert listed["KeyCount"] == 0
