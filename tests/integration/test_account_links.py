"""A tool's account id that Salesforce knows, through nps_tagging and the nightly function, with the org simulator."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from feedback_bridge.aws.account_links import move_counts
from feedback_bridge.aws.configs import Configs
from feedback_bridge.aws.history import HistoryTable
from feedback_bridge.aws.tokens import Token
from feedback_bridge.config.source import NpsSettings
from feedback_bridge.errors import PermanentError
from feedback_bridge.runtime import histories, nps_reconciling, nps_tagging, reading
from feedback_bridge.runtime.admin.call import Call
from feedback_bridge.runtime.admin.nps import show
from local.salesforce_org.running import RunningOrg
from tests.integration.queue_events import LONG_AGO, feedback, sqs_event

NOW = datetime.now(UTC).replace(microsecond=0)
HEALTH: dict[str, Any] = {
    "kind": "health",
    "id": "main",
    "org": "production",
    "segments": {"industry": "Industry"},
    "parts": {"score": {"of": "score", "worst": -100, "best": 100}},
}


class Stack:
    def __init__(self, aws: dict[str, str], salesforce: RunningOrg) -> None:
        self.table = HistoryTable(aws["HISTORY_TABLE"], 400)
        self.configs = Configs(aws["CONFIG_TABLE"])
        self.salesforce = salesforce
        self.publish("org", login_url=salesforce.url, auth="jwt_bearer", secret="sf", account_key="AccountNumber")

    def publish(self, kind: str, **document: Any) -> None:
        document = {"kind": kind, "id": "production", **document}
        self.configs.publish(kind, document["id"], document, "test", LONG_AGO)

    def made(self, *accounts: dict[str, str]) -> list[str]:
        return [str(record) for record in self.salesforce.control("POST", "/objects/Account/records", list(accounts))]

    def numbered(self, account: str, number: str | None) -> None:
        url = f"{self.salesforce.url}/services/data/v62.0/sobjects/Account/{account}"
        assert self.salesforce.session().patch(url, json={"AccountNumber": number}, timeout=30).status_code == 204

    def answered(self, number: int, score: int, days_ago: int, account: str | None = "ACME") -> dict[str, Any]:
        """As mappings know the account of the answer."""
        at = (NOW - timedelta(days=days_ago)).isoformat()
        who = {"email": f"p{number % 10}@example.jp", "account_id": account}
        document = feedback(number, occurred_at=at, received_at=at, respondent=who, nps={"score": score})
        assert nps_tagging.tag_batch(sqs_event(document, detail_type="FeedbackReceived")["Records"]) == {
            "batchItemFailures": []
        }
        tagged = reading.tagged(reading.feedback_in({"feedback": document}), NpsSettings())
        known = histories.recalled(tagged, NpsSettings(), NOW).account
        assert known is not None
        return dict(known.model_dump())

    def shown(self, account: str, source: str | None = None) -> dict[str, Any]:
        query = {"account": account, "since": "2020-01-01"} | ({"source": source} if source else {})
        return dict(show(Call({}, query, b"", Token("", "me", "viewer", NOW, None), NOW)).body)

    def everything(self) -> list[Any]:
        return sorted(self.table.everything(), key=lambda item: (item["owner"]["S"], item["name"]["S"]))


@pytest.fixture
def stack(aws: dict[str, str], salesforce: RunningOrg, credentials: str) -> Stack:
    boto3.client("secretsmanager").create_secret(Name="test-stack/sf", SecretString=credentials)
    return Stack(aws, salesforce)


def counts(shown: dict[str, Any]) -> tuple[int, int]:
    return shown["answers"], shown["score"]


def test_answers_under_a_tools_id_are_those_of_the_account_in_salesforce_from_the_next_night_on(stack: Stack) -> None:
    (tsubaki,) = stack.made({"Name": "つばき商事", "AccountNumber": "ACME", "Industry": "Retail"})
    stack.publish(**HEALTH)
    stack.answered(11, 9, days_ago=400)
    stack.answered(1, 9, days_ago=3)
    stack.answered(2, 3, days_ago=2)
    stack.answered(3, 10, days_ago=1, account=tsubaki)
    assert counts(stack.shown(tsubaki)) == (1, 100)
    assert nps_reconciling.reconcile()["told"] == 1
    assert counts(stack.shown(tsubaki)) == (4, 50)
    account = stack.answered(12, 9, days_ago=0)
    assert (account["id"], account["nps"]["answers"]) == (tsubaki, 4)
    assert stack.answered(21, 9, days_ago=0, account=None)["id"] == tsubaki
    shown = stack.shown(tsubaki)
    assert counts(shown) == (6, 67)
    assert [(item["segment"], item["answers"]) for item in shown["segments"]] == [("industry", 1)]
    assert stack.shown("ACME", "typeform-main")["answers"] == 6
    assert not [item for item in stack.everything() if item["owner"]["S"].endswith("#ACME") and "known" not in item]


def test_counts_that_no_history_tells_of_any_more_follow_too(stack: Stack) -> None:
    (tsubaki,) = stack.made({"Name": "つばき商事", "AccountNumber": "山田商店"})
    stack.answered(1, 3, days_ago=395, account="山田商店")
    for item in stack.everything():
        if "answers" in item:
            boto3.client("dynamodb").delete_item(
                TableName=stack.table.table, Key={name: item[name] for name in ("owner", "name")}
            )
    nps_reconciling.reconcile()
    assert counts(stack.shown(tsubaki)) == (1, -100)


def test_the_second_night_and_an_answer_that_is_sent_again_change_nothing(stack: Stack) -> None:
    (tsubaki,) = stack.made({"Name": "つばき商事", "AccountNumber": "ACME"})
    stack.answered(1, 9, days_ago=3)
    nps_reconciling.reconcile()
    before = stack.everything()
    assert nps_reconciling.reconcile() == {"people": 1, "corrected": 0, "told": 0, "unanswered": 0, "healths": 0}
    stack.answered(1, 9, days_ago=3)
    assert stack.everything() == before
    assert counts(stack.shown(tsubaki)) == (1, 100)


def test_an_id_that_two_accounts_have_or_none_stays_the_tools_own(stack: Stack) -> None:
    one, other = stack.made({"Name": "ふじ", "AccountNumber": "ACME"}, {"Name": "すみれ", "AccountNumber": "ACME"})
    stack.answered(1, 9, days_ago=3)
    stack.answered(2, 9, days_ago=3, account="山田商店")
    before = stack.everything()
    nps_reconciling.reconcile()
    assert stack.everything() == before
    assert [stack.shown(account)["answers"] for account in (one, other)] == [0, 0]


def test_a_field_that_the_org_lacks_fails_the_night_once_all_else_is_done(stack: Stack) -> None:
    stack.publish("org", login_url=stack.salesforce.url, auth="jwt_bearer", secret="sf", account_key="Nothing__c")
    stack.publish(**HEALTH)
    stack.answered(1, 9, days_ago=3)
    with pytest.raises(PermanentError, match="account_key of org production"):
        nps_reconciling.reconcile()
    shown = stack.shown("ACME", "typeform-main")
    assert (shown["answers"], shown["health"]["main"]["score"]) == (1, 100)


def test_a_link_stays_until_another_account_has_the_id_and_then_new_answers_are_that_ones(stack: Stack) -> None:
    one, other = stack.made({"Name": "つばき商事", "AccountNumber": "ACME"}, {"Name": "ふじ製作所"})
    stack.answered(1, 9, days_ago=3)
    nps_reconciling.reconcile()
    stack.numbered(one, None)
    nps_reconciling.reconcile()
    assert stack.answered(2, 9, days_ago=0)["id"] == one
    stack.numbered(other, "ACME")
    nps_reconciling.reconcile()
    assert stack.answered(3, 9, days_ago=0)["id"] == other
    assert [stack.shown(account)["answers"] for account in (one, other)] == [2, 1]


def test_counts_that_change_while_they_are_moved_wait_and_none_is_lost(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    tsubaki, tool = "account#001000000000001AAA", "account#typeform-main#ACME"
    stack.answered(1, 9, days_ago=3)
    as_read = stack.table.months(tool, NOW.date() - timedelta(days=3), NOW.date())
    day = NOW - timedelta(days=3)
    with monkeypatch.context() as reading_late:
        reading_late.setattr(HistoryTable, "months", lambda *_: as_read)
        stack.answered(2, 3, days_ago=3)
        assert move_counts(stack.table, tool, tsubaki, NOW) == 0
    assert move_counts(stack.table, tool, tsubaki, NOW) == 1
    assert move_counts(stack.table, tool, tsubaki, NOW) == 0
    ((_, found),) = stack.table.months(tsubaki, day.date(), day.date())
    assert {name: by for name, by in found.items() if name != "changed_at"} == {
        f"promoter_{day:%d}": 1,
        f"detractor_{day:%d}": 1,
    }
