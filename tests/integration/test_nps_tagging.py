"""The real handler of nps_tagging with SQS events, against moto's AWS: histories, accounts, and what is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feedback_bridge.aws.configs import Configs
from feedback_bridge.aws.history import HistoryTable, Met
from feedback_bridge.config.source import NpsSettings
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.runtime import histories, nps_tagging, reading
from tests.integration.overheard import overheard
from tests.integration.queue_events import LONG_AGO, feedback, sqs_event

TODAY = datetime.now(UTC).replace(microsecond=0)
SOURCE = {
    "kind": "source",
    "type": "typeform",
    "secret": "typeform-main",
    "nps": {"segments": {"tier": "embedded.tier"}},
}


class Tagging:
    """The deployed function, and what it tells the bus."""

    def __init__(self, aws: dict[str, str]) -> None:
        self._told = overheard()
        configs = Configs(aws["CONFIG_TABLE"])
        for name in ("typeform-main", "delighted-main"):
            configs.publish("source", name, {**SOURCE, "id": name}, "test", LONG_AGO)

    def send(self, *documents: dict[str, Any], **detail: Any) -> list[dict[str, Any]]:
        """What the bus was told, in its order."""
        event = sqs_event(*documents, detail_type="FeedbackReceived", **detail)
        assert nps_tagging.tag_batch(event["Records"]) == {"batchItemFailures": []}
        return self._told()

    def tagged(self, *documents: dict[str, Any], **detail: Any) -> list[dict[str, Any]]:
        return [item for item in self.send(*documents, **detail) if item["detail-type"] == "NpsTagged"]

    def signals(self, *documents: dict[str, Any], **detail: Any) -> list[tuple[str, str]]:
        told = [item["detail"] for item in self.send(*documents, **detail) if item["detail-type"] == "NpsSignal"]
        assert all(item["version"] == 1 and item["person"] for item in told)
        return [(item["signal"], item["reason"]) for item in told]

    def nps(self, *documents: dict[str, Any], **detail: Any) -> dict[str, Any]:
        """The tagged score of the last one."""
        told = [item["detail"] for item in self.send(*documents, **detail) if item["detail-type"] == "NpsTagged"]
        return dict(told[-1]["feedback"]["nps"])


@pytest.fixture
def tagging(aws: dict[str, str]) -> Tagging:
    return Tagging(aws)


def answer(number: int, score: Any, day: int = 21, **changes: Any) -> dict[str, Any]:
    """Of day 21, which is today, or so many days before it."""
    at = (TODAY - timedelta(days=21 - day)).isoformat()
    return feedback(number, nps={"score": score}, occurred_at=at, received_at=at, **changes)


def account_of(told: list[dict[str, Any]]) -> dict[str, Any]:
    return dict(told[-1]["detail"]["feedback"]["account"])


HANA = {"email": "hanako.sato@example.jp", "account_id": "001000000000001AAA"}


def test_a_second_score_knows_the_first_whichever_tool_it_came_from(tagging: Tagging) -> None:
    first = tagging.nps(answer(1, "９", day=1))
    assert (first["score"], first["average"], first["answers"]) == (9, 9.0, 1)
    assert "previous_score" not in first
    assert "trend" not in first
    second = tagging.nps(answer(2, 3, source="delighted-main", id="delighted-main:00002"))
    assert (second["previous_score"], second["previous_band"], second["change"]) == (9, "promoter", -6)
    assert (second["trend"], second["average"], second["answers"]) == ("falling", 6.0, 2)
    assert datetime.fromisoformat(second["previous_at"]) == TODAY - timedelta(days=20)


def test_the_same_event_again_is_told_again_and_counts_once(tagging: Tagging) -> None:
    tagging.send(answer(1, 9, day=1, respondent=HANA))
    before = tagging.nps(answer(2, 3, respondent=HANA))
    told = tagging.tagged(answer(2, 3, respondent=HANA), answer(1, 9, day=1, respondent=HANA))
    assert [item["detail"]["feedback"]["nps"]["score"] for item in told] == [3, 9]
    assert told[0]["detail"]["feedback"]["nps"] == before
    assert account_of(told)["nps"]["answers"] == 2


def test_newer_content_of_an_answer_replaces_it_in_the_history_and_in_the_account(tagging: Tagging) -> None:
    tagging.send(answer(1, 9, respondent=HANA))
    account = account_of(tagging.tagged(answer(1, 2, respondent=HANA), content=2))
    assert account["id"] == "001000000000001AAA"
    assert account["nps"] == {
        "score": -100, "answers": 1, "promoters": 0, "passives": 0, "detractors": 1, "window_days": 90,
    }  # fmt: skip


def test_an_update_without_a_score_takes_the_answer_back(tagging: Tagging) -> None:
    tagging.send(answer(1, 9, day=1, respondent=HANA))
    tagging.send(answer(2, 2, day=2, respondent=HANA))
    tagging.send(answer(2, "none", day=2, respondent=HANA), content=2)
    third = tagging.tagged(answer(3, 7, day=3, respondent=HANA))
    assert third[-1]["detail"]["feedback"]["nps"]["previous_score"] == 9
    assert account_of(third)["nps"]["answers"] == 2


def test_a_late_answer_has_the_one_after_it_told_once_more(tagging: Tagging) -> None:
    tagging.send(answer(1, 9, day=1))
    tagging.send(answer(3, 3, day=21))
    told = tagging.tagged(answer(2, 6, day=10))
    assert told[0]["detail"]["feedback"]["nps"]["previous_score"] == 9
    again = told[1]["detail"]
    assert (told[1]["detail-type"], again["feedback_id"]) == ("NpsTagged", "typeform-main:00003")
    assert again["replay"] == "history-typeform-main:00002-1"
    assert "feedback" not in again


def test_an_account_has_the_score_of_all_its_people_and_an_answer_without_account_counts_for_the_persons(
    tagging: Tagging,
) -> None:
    tagging.send(answer(1, 9, respondent=HANA))
    tagging.send(answer(2, 10, respondent={**HANA, "email": "ken@example.jp"}))
    tagging.send(answer(3, 7, respondent={**HANA, "email": "yui@example.jp"}))
    account = account_of(tagging.tagged(answer(4, 0, day=21, respondent={"email": "ken@example.jp"})))
    assert account["nps"]["score"] == 25
    assert account["nps"]["answers"] == 4


def test_a_batch_of_a_hundred_costs_a_read_and_two_transactions(
    tagging: Tagging, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    table = histories.table()
    real_read, real_write = HistoryTable.read_with_known, HistoryTable.transact
    monkeypatch.setattr(HistoryTable, "read_with_known", lambda *asked: calls.append("read") or real_read(*asked))
    monkeypatch.setattr(HistoryTable, "transact", lambda self, acts: calls.append("write") or real_write(self, acts))
    tagging.send(*(answer(number, 9, respondent={"email": f"p{number}@example.jp"}) for number in range(100)))
    assert calls == ["read", "write", "write"]
    assert table.read(["email#none"]) == {}


def test_a_person_who_answers_twice_in_a_batch_is_written_once_and_the_second_knows_the_first(tagging: Tagging) -> None:
    told = tagging.tagged(answer(2, 3, day=20), answer(1, 9, day=1))
    scores = {item["detail"]["feedback_id"][-1]: item["detail"]["feedback"]["nps"] for item in told}
    assert len(told) == 2
    assert scores["2"]["previous_score"] == 9
    assert "previous_score" not in scores["1"]


def test_two_workers_who_meet_on_a_person_both_count(tagging: Tagging, monkeypatch: pytest.MonkeyPatch) -> None:
    real = HistoryTable.write
    met: list[int] = []

    def other_first(self: HistoryTable, *given: Any) -> None:
        monkeypatch.setattr(HistoryTable, "write", real)
        histories.remember([histories.Answer(_tagged(answer(1, 9, day=1)), 1, _settings())], LONG_AGO)
        try:
            real(self, *given)
        except Met:
            met.append(1)
            raise

    monkeypatch.setattr(HistoryTable, "write", other_first)
    assert tagging.nps(answer(2, 3))["previous_score"] == 9
    assert met == [1]


def _tagged(document: dict[str, Any]) -> Any:
    return reading.tagged(Feedback.model_validate(document), _settings())


def _settings() -> Any:
    return NpsSettings()


def test_a_score_that_is_none_leaves_no_history(tagging: Tagging) -> None:
    nps = tagging.nps(answer(1, 11))
    assert "problem" in nps
    assert "average" not in nps
    assert "previous_score" not in tagging.nps(answer(2, 9))


def test_people_without_any_identifier_are_counted_and_have_no_history(tagging: Tagging) -> None:
    tagging.send(answer(1, 9, respondent={"account_id": "001000000000001AAA"}))
    told = tagging.tagged(answer(2, 3, respondent={"account_id": "001000000000001AAA"}))
    assert "previous_score" not in told[-1]["detail"]["feedback"]["nps"]
    assert account_of(told)["nps"]["answers"] == 2


def test_what_is_read_again_from_the_archive_tells_the_same(tagging: Tagging) -> None:
    tagging.send(answer(1, 9, day=1, respondent=HANA))
    told = tagging.tagged(answer(2, 3, respondent=HANA))[-1]["detail"]["feedback"]
    again = histories.recalled(_tagged(answer(2, 3, respondent=HANA)), _settings(), datetime.now(UTC))
    assert again.to_document()["nps"] == told["nps"]
    assert again.to_document()["account"]["id"] == told["account"]["id"]


def test_signals_are_told_with_their_reason_beside_the_tagged_score(tagging: Tagging) -> None:
    assert tagging.signals(answer(1, 9, day=1)) == [("promoter", "The score is 9.")]
    fallen = tagging.signals(answer(2, 3, source="delighted-main", id="delighted-main:00002"))
    assert fallen == [("detractor", "The score is 3."), ("score_fell", "The score fell by 6, from 9 to 3.")]
    assert tagging.signals(answer(3, 7, respondent={"email": "ken@example.jp"})) == [("passive", "The score is 7.")]


def test_a_replay_of_a_mapping_signals_nothing_and_one_of_an_automation_is_told_to_it_alone(tagging: Tagging) -> None:
    assert tagging.signals(answer(1, 3), replay="replay-1", mapping="nps-to-contact") == []
    told = tagging.send(answer(1, 3), replay="replay-1", mapping="automation.rescue")
    assert [item["detail-type"] for item in told] == ["NpsSignal"]
    assert told[0]["detail"]["replay"] == "replay-1"
