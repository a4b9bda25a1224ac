"""The archive against DynamoDB and S3: what it keeps, for how long, and how it tells repetitions."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from feedback_bridge.aws.archive import MOST_IN_ITEM, Archive
from feedback_bridge.feedback.raw import Raw

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
LARGE = os.urandom(MOST_IN_ITEM + 1)


@pytest.fixture
def archive(aws: dict[str, str]) -> Archive:
    return Archive(aws["FEEDBACK_TABLE"], aws["ARCHIVE_BUCKET"], 400)


def raw(body: bytes = b"{}", digest: str = "d1", **changes: Any) -> Raw:
    return Raw("shop:1", "shop", NOW, "application/json", body, digest, **changes)


def item() -> dict[str, Any]:
    return dict(
        boto3.client("dynamodb").get_item(TableName="FeedbackTable", Key={"feedback_id": {"S": "shop:1"}})["Item"]
    )


def objects() -> list[str]:
    return [found["Key"] for found in boto3.client("s3").list_objects_v2(Bucket="archive").get("Contents", [])]


def test_the_same_content_again_is_a_duplicate_and_other_content_an_update(archive: Archive) -> None:
    assert archive.keep(raw()).status == "accepted"
    again = archive.keep(raw(b"other spelling"))
    assert (again.status, again.raw.content) == ("duplicate", 1)
    updated = archive.keep(raw(b'{"comment": 1}', "d2"))
    assert (updated.status, updated.raw.content) == ("updated", 2)
    found = archive.find("shop:1")
    assert found is not None
    assert (found.body, found.content) == (b'{"comment": 1}', 2)


@pytest.mark.parametrize(("days", "kept"), [(None, 400), (30, 30), (1, 1), (3650, 400)])
def test_an_event_is_known_as_long_as_its_source_says_and_no_longer_than_the_stack(
    archive: Archive, days: int | None, kept: int
) -> None:
    archive.keep(raw(keep_days=days))
    assert int(item()["expires_at"]["N"]) == int((NOW + timedelta(days=kept)).timestamp())


@pytest.mark.parametrize("body", [b"", b"x" * 1_000_000, LARGE, "あ".encode() * 9])
def test_a_body_comes_back_as_it_was_wherever_it_lies(archive: Archive, body: bytes) -> None:
    archive.keep(raw(body))
    found = archive.find("shop:1")
    assert found is not None
    assert found.body == body
    assert len(objects()) == (1 if body is LARGE else 0)


def test_a_large_repetition_does_not_touch_the_body_that_came_first(archive: Archive) -> None:
    archive.keep(raw(LARGE))
    assert archive.keep(raw(LARGE[::-1])).status == "duplicate"
    found = archive.find("shop:1")
    assert found is not None
    assert found.body == LARGE
    assert len(objects()) == 1


def test_large_answers_leave_nothing_behind_where_they_replace_others_or_come_too_late(archive: Archive) -> None:
    first = archive.keep(raw()).raw
    archive.add_answers(first, LARGE)
    archive.add_answers(first, LARGE[::-1])
    archive.keep(raw(b'{"comment": 1}', "d2"))
    archive.add_answers(first, LARGE)
    assert objects() == []
