"""The nightly function against moto's AWS: drift is put right, and accounts that the window has changed are told."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from feedback_bridge.aws.history import HistoryTable
from feedback_bridge.config.source import NpsSettings
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.runtime import histories, nps_reconciling, reading
from tests.integration.queue_events import feedback

ACCOUNT = "001000000000001AAA"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def table(aws: dict[str, str]) -> HistoryTable:
    histories.table.cache_clear()
    return HistoryTable(aws["HISTORY_TABLE"], 400)


def remember(number: int, score: int, days_ago: int) -> None:
    at = (NOW - timedelta(days=days_ago)).isoformat()
    who = {"email": f"p{number}@example.jp", "account_id": ACCOUNT}
    document = feedback(number, nps={"score": score}, occurred_at=at, received_at=at, respondent=who)
    tagged = reading.tagged(Feedback.model_validate(document), NpsSettings())
    histories.remember([histories.Answer(tagged, 1, NpsSettings())], NOW - timedelta(hours=1))


def score() -> int | None:
    return histories.account_standings([f"account#{ACCOUNT}"], NOW)[f"account#{ACCOUNT}"]["nps"].score


def heard() -> list[dict[str, Any]]:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="heard")["QueueUrl"]
    return [
        json.loads(item["Body"])
        for item in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    ]


@pytest.fixture
def listening(aws: dict[str, str]) -> None:
    boto3.client("sqs").create_queue(QueueName="heard")
    events = boto3.client("events")
    events.put_rule(Name="all", EventBusName="bus", EventPattern=json.dumps({"source": ["feedback.bridge"]}))
    arn = "arn:aws:sqs:us-east-1:123456789012:heard"
    events.put_targets(Rule="all", EventBusName="bus", Targets=[{"Id": "queue", "Arn": arn}])


@pytest.mark.usefixtures("listening")
def test_counts_that_somebody_spoilt_are_right_in_the_morning(table: HistoryTable) -> None:
    remember(1, 9, days_ago=3)
    remember(2, 3, days_ago=2)
    assert score() == 0
    day = NOW - timedelta(days=3)
    table.correct(f"account#{ACCOUNT}", f"{day:%Y-%m}", {f"promoter_{day:%d}": 7}, NOW - timedelta(minutes=30))
    assert score() != 0
    assert nps_reconciling.reconcile()["corrected"] == 1
    assert score() == 0
    assert nps_reconciling.reconcile() == {"people": 2, "corrected": 0, "told": 0, "unanswered": 0, "healths": 0}


@pytest.mark.usefixtures("listening")
def test_an_answer_that_leaves_the_window_changes_the_score_that_the_account_is_told(table: HistoryTable) -> None:
    remember(1, 9, days_ago=90)
    remember(2, 3, days_ago=2)
    assert nps_reconciling.reconcile()["told"] == 1
    (told,) = heard()
    assert (told["detail-type"], told["detail"]["scored"]) == ("FeedbackReceived", False)
    said = told["detail"]["feedback"]
    assert (said["type"], said["account"]["id"], said["account"]["nps"]["score"]) == ("account_score", ACCOUNT, -100)


@pytest.mark.usefixtures("listening")
def test_counts_that_change_while_it_reads_are_left_for_the_next_night(table: HistoryTable) -> None:
    remember(1, 9, days_ago=3)
    day = NOW - timedelta(days=3)
    table.correct(f"account#{ACCOUNT}", f"{day:%Y-%m}", {f"promoter_{day:%d}": 7}, NOW + timedelta(hours=1))
    assert nps_reconciling.reconcile()["corrected"] == 0
