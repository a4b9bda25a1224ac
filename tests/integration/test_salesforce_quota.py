"""The share of the day's calls that is ours: parked at the reserve, told to every worker, and going on by itself."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from feedback_bridge.aws.org_state import OrgState
from feedback_bridge.delivery.outcome import Meaning, Refusal, Refused, Written
from feedback_bridge.errors import TransientError
from feedback_bridge.mapping.read import RecordQuery
from feedback_bridge.salesforce.org import Org
from local.salesforce_org.running import RunningOrg
from tests.integration.salesforce_workers import Clock, Memory, calls, response, worker

HANAKO = RecordQuery("Contact", (("Email", "hanako.sato@example.jp"),))


def parked(org: Org) -> Refused:
    """The refusal, in all that an org can be asked to do."""
    with pytest.raises(Refused) as raised:
        org.find([HANAKO])
    for call in (
        lambda: org.write([response(1)]),
        lambda: org.schema("Account", fresh=True),
        lambda: list(org.bulk_query("SELECT Id FROM Contact")),
        lambda: list(org.bulk_write([response(1)])),
    ):
        with pytest.raises(Refused):
            call()
    assert raised.value.refusal.meaning is Meaning.PARK
    return raised.value


def used(salesforce: RunningOrg, calls_today: int, most: int = 1_000) -> None:
    salesforce.control("PATCH", "/limits", {"daily_max": most, "daily_used": calls_today})


@pytest.fixture(params=["memory", "dynamodb"])
def shared(request: pytest.FixtureRequest, aws: dict[str, str]) -> Any:
    return Memory() if request.param == "memory" else OrgState(aws["ORG_STATE_TABLE"], "production")


def test_at_the_reserve_work_is_parked_and_no_call_is_made(salesforce: RunningOrg, shared: Any) -> None:
    org = worker(salesforce, shared, daily_calls={"reserve_for_others": 0.4})
    used(salesforce, 598)
    assert org.find([HANAKO])[0]
    assert org.find([HANAKO])[0]
    before = calls(salesforce)
    refusal = parked(org).refusal
    assert calls(salesforce) == before
    assert "600 of the day's 1000" in refusal.reason
    assert "40 %" in refusal.reason


def test_the_other_workers_hear_of_it_without_a_call_of_their_own(salesforce: RunningOrg, shared: Any) -> None:
    first = worker(salesforce, shared)
    used(salesforce, 499)
    first.find([HANAKO])
    before = calls(salesforce)
    parked(worker(salesforce, shared))
    assert calls(salesforce) == before


def test_a_worker_hears_within_ten_seconds_of_calls_that_others_made(salesforce: RunningOrg, shared: Any) -> None:
    clock = Clock()
    org, other = (worker(salesforce, shared, clock=clock) for _ in range(2))
    org.find([HANAKO])
    used(salesforce, 500)
    other.find([HANAKO])
    assert org.find([HANAKO])[0]
    clock.passed += timedelta(seconds=11)
    before = calls(salesforce)
    parked(worker(salesforce, shared, clock=clock))
    assert calls(salesforce) == before


def test_every_five_minutes_one_call_of_one_worker_asks_and_then_all_go_on(salesforce: RunningOrg, shared: Any) -> None:
    clock = Clock()
    workers = [worker(salesforce, shared, clock=clock) for _ in range(3)]
    for each in workers:
        each.session()
    used(salesforce, 900)
    workers[0].find([HANAKO])
    for each in workers:
        parked(each)
    clock.passed += timedelta(minutes=4)
    for each in workers:
        parked(each)
    clock.passed += timedelta(minutes=1, seconds=1)
    before = calls(salesforce)
    assert workers[1].find([HANAKO])[0], "the probe does its work"
    for each in workers:
        parked(each)
    assert calls(salesforce) - before == 1
    used(salesforce, 10)
    clock.passed += timedelta(minutes=5, seconds=1)
    assert isinstance(workers[2].write([response(1)])[0], Written)
    for each in workers:
        assert each.find([HANAKO])[0], "the window has freed"


def test_a_batch_that_reaches_the_reserve_stops_there_and_the_rest_waits(salesforce: RunningOrg) -> None:
    org = worker(salesforce)
    org.session()
    used(salesforce, 498)
    outcomes = org.write([response(number) for number in range(1_000)])
    assert [isinstance(outcome, Written) for outcome in outcomes] == [True] * 400 + [False] * 600
    rest = {(item.code, item.meaning, item.unknown) for item in outcomes if isinstance(item, Refusal)}
    assert rest == {("QUOTA_RESERVED", Meaning.PARK, False)}


def test_when_salesforce_itself_says_that_no_calls_are_left_none_more_are_made(salesforce: RunningOrg) -> None:
    shared = Memory()
    org = worker(salesforce, shared, daily_calls={"reserve_for_others": 0})
    org.session()
    used(salesforce, 1_000)
    before = calls(salesforce)
    outcomes = org.write([response(number) for number in range(1_000)])
    assert {item.code for item in outcomes if isinstance(item, Refusal)} == {"REQUEST_LIMIT_EXCEEDED"}
    assert calls(salesforce) - before == 1
    parked(org)
    parked(worker(salesforce, shared, daily_calls={"reserve_for_others": 0}))
    assert calls(salesforce) - before == 1


def test_a_parked_org_goes_by_the_describe_it_knows(salesforce: RunningOrg, shared: Any) -> None:
    clock = Clock()
    org = worker(salesforce, shared, clock=clock)
    known = org.schema("Contact")
    used(salesforce, 900)
    org.find([HANAKO])
    clock.passed += timedelta(minutes=20)
    org.quota.note(900, 1_000)
    before = calls(salesforce)
    assert org.schema("Contact") == known
    assert worker(salesforce, shared, clock=clock).schema("Contact") == known
    with pytest.raises(Refused):
        org.schema("Account")
    assert calls(salesforce) == before


class Deaf(Memory):
    """DynamoDB, while it takes no word of the usage."""

    def save_usage(self, used: int, limit: int, now: datetime) -> None:
        raise TransientError("Could not save the org's state (ThrottlingException).")


def test_an_answer_stands_although_its_usage_could_not_be_told(salesforce: RunningOrg) -> None:
    assert isinstance(worker(salesforce, Deaf()).write([response(1)])[0], Written)
