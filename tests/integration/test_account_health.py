"""Use of a product and invitations through nps_tagging, and what the night makes of them, with the org simulator."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from feedback_bridge.aws.configs import Configs
from feedback_bridge.aws.tokens import Token
from feedback_bridge.config.kinds import kind_named
from feedback_bridge.runtime import nps_reconciling, nps_tagging
from feedback_bridge.runtime.admin.call import Call
from feedback_bridge.runtime.admin.fitting import misfits
from feedback_bridge.runtime.admin.nps import show
from local.salesforce_org.running import RunningOrg
from tests.integration.overheard import overheard
from tests.integration.queue_events import LONG_AGO, feedback, sqs_event

NOW = datetime.now(UTC).replace(microsecond=0)
HEALTH = {
    "kind": "health",
    "id": "main",
    "org": "production",
    "renewal": {"opportunities": True},
    "segments": {"industry": "Industry"},
    "parts": {
        "score": {"of": "score", "worst": -100, "best": 100, "weight": 2},
        "frequency": {"of": "frequency", "worst": 0, "best": 10},
        "renewal": {"of": "days_to_renewal", "worst": 0, "best": 100},
        "revenue": {"field": "AnnualRevenue", "worst": 0, "best": 1000},
    },
}


class Stack:
    """nps_tagging and the nightly function, and what they tell the bus."""

    def __init__(self, aws: dict[str, str], salesforce: RunningOrg) -> None:
        self.told = overheard()
        configs = Configs(aws["CONFIG_TABLE"])
        org = {"kind": "org", "id": "production", "login_url": salesforce.url, "auth": "jwt_bearer", "secret": "sf"}
        source = {"kind": "source", "id": "product", "type": "webhook", "secret": "product",
                  "shared_secret": {"header": "X-Key"}, "fields": {"id": "id"}}  # fmt: skip
        for document in (org, source, HEALTH):
            configs.publish(str(document["kind"]), str(document["id"]), document, "test", LONG_AGO)
        (hanako,) = (row for row in salesforce.records("Contact") if row.get("Email") == "hanako.sato@example.jp")
        self.account = str(hanako["AccountId"])

    def happened(self, kind: str, number: int, days_ago: int, **changes: Any) -> None:
        at = (NOW - timedelta(days=days_ago)).isoformat()
        said = {"id": f"product:{kind}-{number}", "type": kind, "source": "product", "nps": None, "received_at": at}
        who = {"email": "hanako.sato@example.jp", "account_id": self.account}
        document = feedback(number, occurred_at=at, respondent=who, **said, **changes)
        event = sqs_event(document, detail_type="FeedbackReceived", scored=False)
        assert nps_tagging.tag_batch(event["Records"]) == {"batchItemFailures": []}

    def answered(self, number: int, score: int, days_ago: int) -> list[dict[str, Any]]:
        at = (NOW - timedelta(days=days_ago)).isoformat()
        who = {"email": "hanako.sato@example.jp", "account_id": self.account}
        document = feedback(number, occurred_at=at, received_at=at, respondent=who, nps={"score": score})
        nps_tagging.tag_batch(sqs_event(document, detail_type="FeedbackReceived")["Records"])
        return self.told()

    def account_of(self, number: int) -> dict[str, Any]:
        """As another answer of today knows it."""
        told = self.answered(number, 9, days_ago=0)
        (tagged,) = (item["detail"]["feedback"] for item in told if item["detail-type"] == "NpsTagged")
        return dict(tagged["account"])

    def night(self) -> list[dict[str, Any]]:
        nps_reconciling.reconcile()
        return self.told()


@pytest.fixture
def stack(aws: dict[str, str], salesforce: RunningOrg, credentials: str) -> Stack:
    boto3.client("secretsmanager").create_secret(Name="test-stack/sf", SecretString=credentials)
    return Stack(aws, salesforce)


def signals(told: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(item["detail"]["signal"], item["detail"]["reason"]) for item in told if item["detail-type"] == "NpsSignal"]


def health(told: list[dict[str, Any]]) -> dict[str, Any] | None:
    found = [item["detail"]["feedback"]["account"].get("health") for item in told
             if item["detail-type"] == "FeedbackReceived"]  # fmt: skip
    return next((item for item in found if item), None)


def test_score_usage_and_renewal_are_one_figure_that_is_told_when_it_changes(stack: Stack) -> None:
    stack.answered(1, 9, days_ago=2)
    for day in (1, 1, 2, 3, 4, 5):
        stack.happened("usage_event", day, day, usage={"feature": "レポート"})
    told = health(stack.night())
    assert told is not None
    assert (told["parts"]["score"]["value"], told["parts"]["frequency"]["value"]) == (100, 5)
    assert told["parts"]["renewal"]["points"] == 100  # さくら商事's open Opportunity closes on 2027-03-31
    assert told["parts"]["frequency"]["points"] == 50
    assert told["score"] in range(101)
    assert "frequency 5 = 50 points (weight 1)" in told["explanation"]
    assert health(stack.night()) is None
    again = stack.answered(2, 3, days_ago=0)
    known = next(item for item in again if item["detail-type"] == "NpsTagged")["detail"]["feedback"]["account"]
    assert known["health"]["score"] == told["score"]
    assert known["renewal_date"] == "2027-03-31"
    shown = show(Call({}, {"account": stack.account}, b"", Token("", "me", "viewer", NOW, None), NOW)).body
    assert (shown["answers"], shown["renewal"]) == (2, "2027-03-31")
    assert shown["health"]["main"]["explanation"] == told["explanation"]


def test_answers_are_counted_by_fields_of_the_account_from_the_first_night_on(stack: Stack) -> None:
    stack.answered(1, 9, days_ago=2)
    stack.night()
    stack.answered(2, 3, days_ago=0)
    shown = show(Call({}, {"account": stack.account}, b"", Token("", "me", "viewer", NOW, None), NOW)).body
    assert [(item["segment"], item["value"], item["answers"]) for item in shown["segments"]] == [
        ("industry", "Retail", 1)
    ]


def test_what_a_formula_said_that_is_gone_or_of_an_account_that_is_gone_is_said_no_more(
    stack: Stack, salesforce: RunningOrg, aws: dict[str, str]
) -> None:
    stack.answered(1, 9, days_ago=2)
    assert health(stack.night()) is not None
    url = f"{salesforce.url}/services/data/v62.0/sobjects"
    (kept, gone) = (
        stack.account,
        next(row["Id"] for row in salesforce.records("Account") if row["Name"][:2] == "大和"),
    )
    stack.account = gone
    stack.answered(3, 9, days_ago=2)
    assert health(stack.night()) is not None
    assert salesforce.session().delete(f"{url}/Account/{gone}", timeout=30).status_code == 204
    stack.night()
    assert "health" not in stack.account_of(4)
    stack.account = kept
    assert stack.account_of(5)["health"]["name"] == "main"
    Configs(aws["CONFIG_TABLE"]).set_enabled("health", "main", False)
    stack.night()
    assert not {"health", "renewal_date"} & stack.account_of(6).keys()


def test_use_that_fell_and_silence_are_signalled_once(stack: Stack) -> None:
    for day in range(31, 45):
        stack.happened("usage_event", day, day, usage={"feature": "レポート"})
    stack.happened("usage_event", 1, 1, usage={"feature": "レポート"})
    told = signals(stack.night())
    assert told == [
        ("usage_fell", "Use fell in 30 days: of レポート from 14 to 1."),
        ("silent_after_low_usage", "Used on 1 days, after 14 in the 30 days before, and no answer yet."),
    ]
    assert signals(stack.night()) == []


def test_a_promoter_before_the_open_opportunity_closes_is_signalled_though_the_tool_knows_no_renewal(
    stack: Stack, salesforce: RunningOrg
) -> None:
    stack.answered(1, 8, days_ago=2)
    soon = (NOW + timedelta(days=20)).date().isoformat()
    (deal,) = (row for row in salesforce.records("Opportunity") if row["AccountId"] == stack.account)
    url = f"{salesforce.url}/services/data/v62.0/sobjects/Opportunity/{deal['Id']}"
    assert salesforce.session().patch(url, json={"CloseDate": soon}, timeout=30).status_code == 204
    stack.night()
    assert ("promoter_before_renewal", "The score is 9, and the renewal is in 20 days.") in signals(
        stack.answered(2, 9, days_ago=0)
    )


def test_three_invitations_without_an_answer_are_signalled_a_week_after_the_last(stack: Stack) -> None:
    for number, day in ((1, 60), (2, 30), (3, 8), (3, 8)):
        stack.happened("invitation", number, day)
    (told,) = [item["detail"] for item in stack.night() if item["detail-type"] == "NpsSignal"]
    assert (told["signal"], told["reason"]) == ("no_answer", "No answer to 3 invitations.")
    assert told["feedback_id"] == "product:invitation-3"
    stack.answered(1, 9, days_ago=1)
    assert signals(stack.night()) == []


def test_who_has_answered_since_is_not_missed(stack: Stack) -> None:
    stack.answered(1, 9, days_ago=40)
    for number, day in ((1, 60), (2, 30), (3, 8)):
        stack.happened("invitation", number, day)
    assert signals(stack.night()) == []


def test_a_formula_that_reads_what_the_org_has_not_is_a_problem_at_its_place(stack: Stack) -> None:
    kind = kind_named("health")
    assert kind is not None
    parts = {
        "seats": {"field": "Annual_Revenue", "worst": 0, "best": 1},
        "name": {"field": "Name", "worst": 0, "best": 1},
    }
    wrong = {**HEALTH, "parts": parts, "renewal": {"field": "Name"}}
    found = {problem.path: problem.message for problem in misfits(kind.parse(wrong), fresh=False)}
    assert found.keys() == {"parts.seats.field", "parts.name.field", "renewal.field"}
    assert "did you mean AnnualRevenue?" in found["parts.seats.field"]
    assert misfits(kind.parse(dict(HEALTH)), fresh=False) == []
