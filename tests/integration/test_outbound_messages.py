"""POST /salesforce/{org}/outbound-messages against AWS in this process."""

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import boto3
import pytest

from feedback_bridge.aws.configs import Configs
from feedback_bridge.runtime import arriving, reading
from functions.outbound_messages.app import handler
from local.salesforce_org.running import RunningOrg
from tests.integration.overheard import overheard
from tests.integration.web_events import CONTEXT, Answer, answered, web_event
from tests.outbound_message import ORGANIZATION, message, notification, notification_id, record_id

RESOURCE = "/salesforce/{org}/outbound-messages"
ACK = "{http://soap.sforce.com/2005/09/outbound}notificationsResponse/{http://soap.sforce.com/2005/09/outbound}Ack"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
NOW = datetime.now(UTC)


@pytest.fixture
def stack(aws: dict[str, str], salesforce: RunningOrg, credentials: str) -> dict[str, str]:
    put = boto3.client("secretsmanager").create_secret
    put(Name="test-stack/outbound", SecretString="k3y/+=あ")
    put(Name="test-stack/salesforce-production", SecretString=credentials)
    publish("production", salesforce.url, outbound_messages={"organization_id": ORGANIZATION, "secret": "outbound"})
    publish("silent", salesforce.url)
    return aws


def publish(org: str, url: str, **settings: Any) -> None:
    document = {"kind": "org", "id": org, "login_url": url, "secret": "salesforce-production", **settings}
    Configs("ConfigTable").publish("org", org, document, "test", NOW)


def post(
    body: bytes, org: str = "production", key: str | None = "k3y/+=あ", kind: str = "text/xml; charset=UTF-8"
) -> Answer:
    query = {} if key is None else {"key": key}
    event = web_event("POST", f"/salesforce/{org}/outbound-messages", RESOURCE, body, {"Content-Type": kind}, query)
    return answered(handler(event, CONTEXT))


def acknowledged(answer: Answer) -> bool:
    """As Salesforce reads it: HTTP 200, text/xml, the right namespace, true."""
    if answer.status != 200 or not answer.headers["content-type"].startswith("text/xml"):
        return False
    return ElementTree.fromstring(answer.text).findtext(f"{SOAP}Body/{ACK}") == "true"


def archived() -> dict[str, dict[str, Any]]:
    items = boto3.client("dynamodb").scan(TableName="FeedbackTable")["Items"]
    return {item["feedback_id"]["S"]: item for item in items}


@pytest.fixture
def bus(stack: dict[str, str]) -> Any:
    """What has been said on the bus since it was last asked."""
    told = overheard()
    return lambda: [event["detail"] for event in told()]


def test_a_message_is_acknowledged_once_it_is_in_the_archive_and_on_the_bus(bus: Any) -> None:
    assert acknowledged(post(message(notification(1, Subject="配送が遅い", Status="Closed"))))
    (said,) = bus()
    assert said["feedback_id"] == f"salesforce-production:{notification_id(1)}"
    assert said["type"] == "salesforce_event"
    assert said["scored"] is False
    assert said["feedback"]["salesforce"]["record_id"] == record_id(1)
    assert said["feedback"]["embedded"]["Subject"] == "配送が遅い"
    assert list(archived()) == [said["feedback_id"]]


def test_a_hundred_notifications_are_kept_one_by_one(bus: Any) -> None:
    assert acknowledged(post(message(*[notification(number) for number in range(100)])))
    assert len(archived()) == 100
    assert {said["feedback_id"] for said in bus()} == set(archived())


def test_a_notification_that_comes_again_with_a_later_record_is_the_same_event(bus: Any) -> None:
    post(message(notification(1, Status="New")))
    (first,) = bus()
    assert acknowledged(post(message(notification(1, Status="Closed"), notification(2))))
    again = {said["feedback_id"]: said for said in bus()}
    assert len(archived()) == 2
    repeated = again[first["feedback_id"]]
    assert repeated["content"] == 1
    assert repeated["feedback"]["received_at"] == first["feedback"]["received_at"]
    assert repeated["feedback"]["occurred_at"] == first["feedback"]["occurred_at"]


def test_what_is_archived_can_be_read_again_and_has_no_session_id(bus: Any) -> None:
    post(message(notification(1), notification(2, Subject="見積"), session="00D!AQEAQ.secret"))
    feedback_id = f"salesforce-production:{notification_id(2)}"
    raw = reading.archived(feedback_id)
    assert b"AQEAQ" not in raw.body
    again = reading.read_again(raw)
    assert again.to_document() == next(said for said in bus() if said["feedback_id"] == feedback_id)["feedback"]


def test_not_even_a_message_that_cannot_be_read_is_kept_with_its_session_id(bus: Any) -> None:
    refused = post(message(notification(1, "Not An Object"), session="00D!AQEAQ.secret"))
    assert (refused.status, refused.headers["content-type"]) == (422, "application/problem+json")
    (kept,) = archived()
    assert kept.startswith("salesforce-production:unreadable-")
    assert b"AQEAQ" not in reading.archived(kept).body
    assert bus() == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"key": None}, 401),
        ({"key": ""}, 401),
        ({"key": "k3y/+="}, 401),
        ({"org": "silent"}, 404),
        ({"org": "nowhere"}, 404),
        ({"org": "NO/../SUCH"[:2]}, 404),
        ({"kind": "application/json"}, 415),
        ({"body": b"<x/>"}, 400),
        ({"body": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'}, 400),
        ({"body": message()}, 422),
        ({"body": message(notification(1), organization="00D5g00000XXXXX")}, 401),
        ({"body": b" " * (4 * 1024 * 1024 + 1)}, 413),
    ],
)
def test_what_is_not_right_is_refused_with_a_problem_and_says_nothing(
    bus: Any, changes: dict[str, Any], status: int
) -> None:
    refused = post(**{"body": message(notification(1)), **changes})
    assert (refused.status, refused.headers["content-type"]) == (status, "application/problem+json")
    assert refused.json["status"] == status
    assert bus() == []


def test_the_message_of_another_org_is_not_kept_either(bus: Any) -> None:
    post(message(notification(1), organization="00D5g00000XXXXX"))
    assert archived() == {}


def test_a_disabled_org_is_not_listened_to(bus: Any) -> None:
    Configs("ConfigTable").set_enabled("org", "production", False)
    assert post(message(notification(1))).status == 404


def test_the_secret_can_be_changed_without_a_gap(bus: Any) -> None:
    assert acknowledged(post(message(notification(1))))
    boto3.client("secretsmanager").put_secret_value(SecretId="test-stack/outbound", SecretString="new\nk3y/+=あ")
    assert acknowledged(post(message(notification(2)), key="new"))
    assert acknowledged(post(message(notification(3))))


def test_a_message_that_cannot_be_made_durable_is_a_fault_and_comes_again(
    bus: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENT_BUS", "gone")
    arriving.intake.cache_clear()
    boto3.client("dynamodb").delete_table(TableName="FeedbackTable")
    failed = post(message(notification(1)))
    assert failed.status == 500
    fault = ElementTree.fromstring(failed.text).find(f"{SOAP}Body/{SOAP}Fault")
    assert fault is not None
    assert fault.findtext("faultstring")
    assert not acknowledged(failed)
