"""How fast a source may send: counted by all workers together, and answered 429 in a way that loses nothing."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.signing import signed
from feedback_bridge.aws import clients
from feedback_bridge.aws.configs import Configs
from feedback_bridge.aws.rate_limits import RateLimits
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.config.source import RateLimit
from feedback_bridge.sources.registry import parse_source
from tests.integration.web_events import Answer
from tests.integration.web_front import answer

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SAMPLE = json.loads((Path(__file__).parents[2] / "events/sources/typeform/promoter.json").read_text())


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def limit(per_second: float, burst: int | None = None) -> RateLimit:
    return RateLimit(per_second=per_second, burst=burst)


@pytest.fixture
def workers(aws: dict[str, str]) -> list[RateLimits]:
    return [RateLimits(aws["ORG_STATE_TABLE"]) for _ in range(4)]


def test_a_burst_comes_through_and_then_one_at_a_time(workers: list[RateLimits]) -> None:
    worker = workers[0]
    assert [worker.wait("shop", limit(1, 3), at(0)) for _ in range(3)] == [0, 0, 0]
    assert worker.wait("shop", limit(1, 3), at(0)) == pytest.approx(1, abs=0.01)
    assert worker.wait("shop", limit(1, 3), at(1.01)) == 0
    assert worker.wait("shop", limit(1, 3), at(1.02)) > 0


def test_workers_share_the_rate(workers: list[RateLimits]) -> None:
    taken = [worker.wait("shop", limit(1, 4), at(0)) == 0 for worker in workers * 3]
    assert taken.count(True) == 4


def test_sources_do_not_share_it(workers: list[RateLimits]) -> None:
    assert workers[0].wait("shop", limit(1, 1), at(0)) == 0
    assert workers[0].wait("shop", limit(1, 1), at(0)) > 0
    assert workers[0].wait("other", limit(1, 1), at(0)) == 0


def test_what_was_not_used_is_there_again_after_a_while(workers: list[RateLimits]) -> None:
    for begins in (0, 100):
        assert sum(workers[0].wait("shop", limit(2, 5), at(begins)) == 0 for _ in range(9)) == 5


@pytest.mark.parametrize(("per_second", "burst"), [(5, 1), (10, 30), (50, 200), (0.5, 2)])
def test_in_any_time_no_more_than_promised_comes_through_and_nearly_as_much(
    workers: list[RateLimits], per_second: float, burst: int
) -> None:
    """A flood, spread over four workers, for four seconds."""
    seconds, steps = 4, 120
    passed = 0
    for step in range(steps):
        for number in range(max(2, burst // 10)):
            passed += (
                workers[(step + number) % 4].wait("shop", limit(per_second, burst), at(seconds * step / steps)) == 0
            )
    assert burst <= passed <= burst + per_second * (seconds + 1)


def test_a_flood_is_refused_without_asking_the_table_each_time(
    workers: list[RateLimits], monkeypatch: pytest.MonkeyPatch
) -> None:
    dynamodb, calls = clients.client("dynamodb"), []
    update = dynamodb.update_item
    monkeypatch.setattr(dynamodb, "update_item", lambda **given: (calls.append(1), update(**given))[1])
    passed = sum(workers[0].wait("shop", limit(10, 100), at(number / 1000)) == 0 for number in range(1000))
    assert passed >= 100
    assert len(calls) <= 60


@pytest.mark.parametrize(
    "told", [{}, {"per_second": 0}, {"per_second": -1}, {"per_second": "fast"}, {"per_second": 1, "burst": 0}, 5]
)
def test_a_limit_that_makes_no_sense_is_a_problem(told: Any) -> None:
    with pytest.raises(InvalidDocument):
        parse_source({"id": "shop", "type": "typeform", "secret": "s", "rate_limit": told})


@pytest.fixture
def shop(aws: dict[str, str]) -> None:
    boto3.client("secretsmanager").create_secret(Name="test-stack/shop", SecretString="s3cret")


def publish(**rate_limit: Any) -> None:
    document = {"kind": "source", "id": "shop", "type": "typeform", "secret": "shop", "rate_limit": rate_limit}
    Configs("ConfigTable").publish("source", "shop", document, "test", NOW)


def post(number: int, key: str = "s3cret") -> Answer:
    body = {**SAMPLE, "form_response": {**SAMPLE["form_response"], "token": f"t{number}"}}
    sending = signed("typeform", json.dumps(body).encode(), key)
    told: Answer = answer("POST", "/in/shop", sending.headers, sending.body)
    return told


def test_too_many_are_told_when_to_come_again(shop: None) -> None:
    publish(per_second=0.2, burst=2)
    assert [post(number).status for number in range(2)] == [202, 202]
    refused = post(3)
    assert (refused.status, refused.headers["content-type"]) == (429, "application/problem+json")
    assert 1 <= int(refused.headers["retry-after"]) <= 5
    assert refused.json["status"] == 429


def test_a_forger_does_not_use_up_what_the_tool_may_send(shop: None) -> None:
    publish(per_second=0.2, burst=1)
    assert [post(number, "guess").status for number in range(5)] == [401] * 5
    assert post(6).status == 202


def test_a_client_that_comes_again_after_429_loses_nothing(shop: None) -> None:
    publish(per_second=40, burst=10)
    waiting = list(range(60))
    refused = 0
    while waiting:
        status = post(waiting[0]).status
        if status == 202:
            waiting.pop(0)
        else:
            assert status == 429
            refused += 1
            time.sleep(0.02)
    kept = boto3.client("dynamodb").scan(TableName="FeedbackTable", Select="COUNT")["Count"]
    assert kept == 60


def test_while_nobody_can_count_a_source_may_send(shop: None) -> None:
    publish(per_second=0.2, burst=1)
    boto3.client("dynamodb").delete_table(TableName="OrgStateTable")
    assert [post(number).status for number in range(3)] == [202] * 3
