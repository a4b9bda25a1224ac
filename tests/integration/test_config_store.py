"""The config table under people who edit at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from feedback_bridge.aws import configs as store
from feedback_bridge.aws.configs import Configs, Conflict
from feedback_bridge.errors import TransientError

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def configs(aws: dict[str, str]) -> Configs:
    return Configs(aws["CONFIG_TABLE"])


def publish(configs: Configs, number: int, **options: Any) -> Any:
    return configs.publish("source", "a", {"number": number}, f"editor {number}", NOW, **options)


def test_versions_count_up_and_are_kept_for_good(configs: Configs) -> None:
    for number in (1, 2, 3):
        assert publish(configs, number).version == number
    assert [item.version for item in configs.versions("source", "a", most=10)] == [3, 2, 1]
    assert [item.version for item in configs.versions("source", "a", most=10, before=3)] == [2, 1]
    second = configs.version("source", "a", 2)
    assert second is not None
    assert (second.document, second.published_by) == ({"number": 2}, "editor 2")


def test_a_document_is_first_published_once(configs: Configs) -> None:
    publish(configs, 1)
    later = configs.publish("source", "a", {"number": 2}, "editor", datetime(2027, 1, 1, tzinfo=UTC))
    assert later.first_published_at == NOW


def test_of_two_who_publish_at_the_same_moment_one_is_told(configs: Configs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have read version 1 as the newest."""
    publish(configs, 1)
    read = configs.published("source", "a")
    newest = configs.versions("source", "a", most=1)
    publish(configs, 2)
    monkeypatch.setattr(Configs, "published", lambda *_: read)
    monkeypatch.setattr(Configs, "versions", lambda *_, **__: newest)
    with pytest.raises(Conflict):
        publish(configs, 3)
    monkeypatch.undo()
    in_force = configs.published("source", "a")
    assert in_force is not None
    assert in_force.document == {"number": 2}


def test_disabling_is_not_lost_to_somebody_who_publishes(configs: Configs, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(configs, 1)
    read = configs.published("source", "a")
    configs.set_enabled("source", "a", False)
    monkeypatch.setattr(Configs, "published", lambda *_: read)
    with pytest.raises(Conflict):
        publish(configs, 2)


def test_only_the_draft_that_was_checked_is_published(configs: Configs) -> None:
    draft = configs.save_draft("source", "a", {"number": 1}, "editor", NOW)
    configs.save_draft("source", "a", {"number": 2}, "another", NOW)
    with pytest.raises(Conflict):
        publish(configs, 1, draft_etag=draft.etag)
    assert configs.published("source", "a") is None
    assert configs.versions("source", "a", most=1) == []


def test_of_many_who_save_over_the_same_draft_one_wins(configs: Configs) -> None:
    first = configs.save_draft("source", "a", {}, "editor", NOW)

    def save(number: int) -> bool:
        try:
            configs.save_draft("source", "a", {"number": number}, "editor", NOW, if_match=first.etag)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(save, range(16))) == 1


def collisions(monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """DynamoDB says so many times that another transaction holds the revision, as it does under load."""
    client: Any = store.client("dynamodb")
    real = client.transact_write_items
    calls: list[int] = []

    def colliding(**options: Any) -> Any:
        calls.append(1)
        if len(calls) > times:
            return real(**options)
        reasons = [{"Code": "None"}] * (len(options["TransactItems"]) - 1) + [{"Code": "TransactionConflict"}]
        answer: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
        raise ClientError(answer, "TransactWriteItems")

    monkeypatch.setattr(client, "transact_write_items", colliding)
    monkeypatch.setattr(store, "_COLLISION_PAUSES", (0.0, 0.0, 0.0))
    return calls


def test_a_collision_over_the_revision_is_no_conflict_of_editors(
    configs: Configs, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = collisions(monkeypatch, 2)
    assert publish(configs, 1).version == 1
    assert len(calls) == 3


def test_collisions_without_end_are_a_passing_trouble(configs: Configs, monkeypatch: pytest.MonkeyPatch) -> None:
    collisions(monkeypatch, 99)
    with pytest.raises(TransientError):
        publish(configs, 1)


def test_the_revision_moves_with_what_comes_into_force_and_not_with_drafts(configs: Configs) -> None:
    assert configs.revision() == 0
    configs.save_draft("source", "a", {}, "editor", NOW)
    assert configs.revision() == 0
    publish(configs, 1)
    configs.set_enabled("source", "a", False)
    assert configs.set_enabled("source", "none", False) is False
    assert configs.delete("source", "a") is True
    assert configs.delete("source", "a") is False
    assert configs.revision() == 3


def test_a_page_joins_drafts_and_published_documents_by_id(configs: Configs) -> None:
    for name in "bdf":
        configs.save_draft("source", name, {}, "editor", NOW)
    for name in "aceb":
        configs.publish("source", name, {}, "editor", NOW)
    first, after = configs.listed("source", most=4)
    second, end = configs.listed("source", most=4, after=after)
    assert [item.id for item in (*first, *second)] == list("abcdef")
    assert end is None
    assert [bool(item.draft and item.published) for item in first] == [False, True, False, False]


def test_text_in_any_script_comes_back_as_it_was(configs: Configs) -> None:
    document = {"名前": "佐藤 花子 😀", "n": 1.5, "none": None, "list": [True, {"深": ["い"]}]}
    configs.save_draft("mapping", "m", document, "編集者", NOW)
    draft = configs.draft("mapping", "m")
    assert draft is not None
    assert (draft.document, draft.saved_by) == (document, "編集者")


def test_a_table_that_is_gone_is_no_conflict(configs: Configs) -> None:
    boto3.client("dynamodb").delete_table(TableName="ConfigTable")
    with pytest.raises(Exception, match="ResourceNotFoundException"):
        publish(configs, 1)
