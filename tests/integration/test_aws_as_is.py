"""Bodies that are made at once are those that boto3 would have made, attribute by attribute."""

import json
from typing import Any

import boto3
import pytest

from feedback_bridge.aws import clients

ITEM = {
    "feedback_id": {"S": "typeform-main:1"},
    "mapping": {"S": "回答"},
    "body": {"B": b"\x00\xffzlib"},
    "attempts": {"N": "1"},
    "paused": {"BOOL": True},
    "warnings": {"L": [{"S": "NPS: 11 は点数ではありません"}]},
}
KEY = {"feedback_id": {"S": "typeform-main:1"}, "mapping": {"S": "回答"}}


def body_of(client: Any, call: str, arguments: dict[str, Any]) -> Any:
    sent: list[Any] = []

    def note(request: Any, **_: Any) -> None:
        sent.append(json.loads(request.body))

    client.meta.events.register_first("before-send", note)
    getattr(client, call)(**arguments)
    return sent[0]


@pytest.mark.parametrize(
    ("service", "call", "arguments"),
    [
        (
            "dynamodb",
            "batch_write_item",
            {"RequestItems": {"DeliveryTable": [{"PutRequest": {"Item": ITEM}}]}},
        ),
        (
            "dynamodb",
            "batch_get_item",
            {"RequestItems": {"DeliveryTable": {"Keys": [KEY], "ConsistentRead": True}}},
        ),
        (
            "dynamodb",
            "transact_write_items",
            {"TransactItems": [{"Put": {"TableName": "DeliveryTable", "Item": ITEM}}]},
        ),
        (
            "events",
            "put_events",
            {"Entries": [{"EventBusName": "bus", "Source": "s", "DetailType": "t", "Detail": '{"名前": "花子"}'}]},
        ),
    ],
)
def test_what_is_sent_is_what_boto3_itself_would_send(
    aws: dict[str, str], service: str, call: str, arguments: dict[str, Any]
) -> None:
    plain = boto3.client(service)  # type: ignore[call-overload]
    ours, theirs = body_of(clients.client(service), call, arguments), body_of(plain, call, arguments)
    # The token of a transaction is a new one each time; with it the SDK may repeat a call that got no answer.
    assert ("ClientRequestToken" in ours) == ("ClientRequestToken" in theirs)
    assert {**ours, "ClientRequestToken": ""} == {**theirs, "ClientRequestToken": ""}


def test_what_was_written_as_it_is_is_read_as_it_was(aws: dict[str, str]) -> None:
    client = clients.client("dynamodb")
    client.batch_write_item(RequestItems={"DeliveryTable": [{"PutRequest": {"Item": ITEM}}]})
    read = client.batch_get_item(RequestItems={"DeliveryTable": {"Keys": [KEY]}})
    assert read["Responses"]["DeliveryTable"] == [ITEM]
