"""The nightly function against moto's AWS: drift is put right, and accounts that the window has changed are told."""

from datetime import UTC, datetime, timedelta

import pytest

from feedback_bridge.aws.history import HistoryTable
from feedback_bridge.config.source import NpsSettings
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.runtime import histories, nps_reconciling, reading
from tests.integration.overheard import overheard
from tests.integration.queue_events import feedback

ACCOUNT = "001000000000001AAA"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def table(aws: dict[str, str]) -> HistoryTable:
    return HistoryTable(aws["HISTORY_TABLE"], 400)


def remember(number: int, score: int, days_ago: int) -> None:
    at = (NOW - timedelta(days=days_ago)).isoformat()
    who = {"email": f"p{number}@example.jp", "account_id": ACCOUNT}
    document = feedback(number, nps={"score": score}, occurred_at=at, received_at=at, respondent=who)
    tagged = reading.tagged(Feedback.model_validate(document), NpsSettings())
    histories.remember([histories.Answer(tagged, 1, NpsSettings())], NOW - timedelta(hours=1))


def score() -> int | None:
    return histories.account_standings([f"account#{ACCOUNT}"], NOW)[f"account#{ACCOUNT}"]["nps"].score


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


def test_an_answer_that_leaves_the_window_changes_the_score_that_the_account_is_told(table: HistoryTable) -> None:
    told = overheard()
    remember(1, 9, days_ago=90)
    remember(2, 3, days_ago=2)
    assert nps_reconciling.reconcile()["told"] == 1
    (event,) = told()
    assert (event["detail-type"], event["detail"]["scored"]) == ("FeedbackReceived", False)
    said = event["detail"]["feedback"]
    assert (said["type"], said["account"]["id"], said["account"]["nps"]["score"]) == ("account_score", ACCOUNT, -100)


def test_counts_that_change_while_it_reads_are_left_for_the_next_night(table: HistoryTable) -> None:
    remember(1, 9, days_ago=3)
    day = NOW - timedelta(days=3)
    table.correct(f"account#{ACCOUNT}", f"{day:%Y-%m}", {f"promoter_{day:%d}": 7}, NOW + timedelta(hours=1))
    assert nps_reconciling.reconcile()["corrected"] == 0
