"""Nights on which something goes wrong at the very start: none of them is lost, and none is run twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feedback_bridge.aws.sync_runs import SyncRuns
from feedback_bridge.errors import TransientError
from feedback_bridge.runtime.sync import tick
from feedback_bridge.runtime.sync.starting import runs
from local.salesforce_org.running import RunningOrg
from tests.integration.sync_in_use import SYNC, Killed, SyncInUse

DUE = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
NIGHTLY = {**SYNC, "schedule": {"daily": "01:30", "timezone": "Asia/Tokyo"}}


@pytest.fixture
def use(aws: dict[str, str], salesforce: RunningOrg, credentials: str) -> SyncInUse:
    """A sync that has been looked at shortly before it is due."""
    use = SyncInUse(aws, salesforce, credentials)
    use.publish(NIGHTLY)
    use.accounts("A-1")
    use.put(("A-1", 1, 1, ""))
    assert tick.tick(DUE - timedelta(minutes=1)) == []
    return use


def at(minutes: int) -> list[str]:
    return tick.tick(DUE + timedelta(minutes=minutes))


def fails_with(error: BaseException) -> Any:
    def fail(*words: object, **options: object) -> None:
        raise error

    return fail


def test_a_run_that_could_not_begin_begins_with_the_next_tick(use: SyncInUse, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(SyncRuns, "begin", fails_with(TransientError("DynamoDB has trouble.")))
        assert at(1) == []
    assert at(6) == ["usage"]
    assert at(11) == []


@pytest.mark.parametrize("ended", [True, False], ids=["it has ended", "it is under way"])
def test_a_tick_that_died_after_it_began_a_run_is_not_followed_by_a_second_run(
    use: SyncInUse, monkeypatch: pytest.MonkeyPatch, ended: bool
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(SyncRuns, "check", fails_with(Killed()))
        with pytest.raises(Killed):
            at(1)
    if ended:
        use.work()
    facts = use.overheard()
    assert at(6) == []
    assert len(runs().listed("usage", most=5)) == 1
    assert facts("SyncRunFinished") == []


def test_a_night_that_meets_a_run_of_somebodys_begins_when_that_has_ended(use: SyncInUse) -> None:
    use.begin()
    facts = use.overheard()
    assert (at(1), at(6)) == ([], [])
    assert [fact["reason"] for fact in facts("SyncRunFinished")] == [
        "It did not start: A run of usage is under way already."
    ]
    use.work()
    assert at(11) == ["usage"]


def test_a_message_that_the_queue_did_not_take_is_sent_again_when_nobody_has_come(
    use: SyncInUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    use.publish({**SYNC, "schedule": {"cron": "* * * * *"}})
    with monkeypatch.context() as patched:
        patched.setenv("SYNC_QUEUE_URL", use.queue.replace("sync", "no-such-queue"))
        tick.tick(now)
    assert list(use.messages()) == []
    use.publish({**SYNC, "schedule": "never"})
    tick.tick(now + timedelta(minutes=6))
    use.work()
    (run,) = runs().listed("usage", most=5)
    assert run.status == "succeeded", run.reason


def test_a_zone_that_is_no_more_is_told_and_keeps_no_other_sync_waiting(use: SyncInUse) -> None:
    lost = {"daily": "01:30", "timezone": "Asia/Edo"}
    use.publish({**NIGHTLY, "id": "a-lost-one", "schedule": lost})
    facts = use.overheard()
    assert at(1) == ["usage"]
    ((sync, reason),) = [(fact["sync"], fact["reason"]) for fact in facts("SyncRunFinished")]
    assert sync == "a-lost-one"
    assert "schedule.timezone is not a time zone" in reason
