"""Mappings as admins write them, published against the simulated org, and fed through the real handler of the queue.

A test file gets the fixture with a line of its own:

pytest_plugins = ["tests.integration.mapping_in_use"]
"""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from feedback_bridge.aws.configs import Configs
from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.config.text import one_document, read_documents
from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.mapping.document import parse_mapping
from feedback_bridge.runtime import response_mapping
from feedback_bridge.runtime.admin.fitting import misfits
from local.salesforce_org.running import RunningOrg
from tests.integration.queue_events import feedback, sqs_event

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PERMISSION_SET = "Feedback_Bridge"


class InUse:
    """The deployed function, the org it writes to, and what can be seen of its work."""

    def __init__(self, aws: dict[str, str], salesforce: RunningOrg) -> None:
        self.configs = Configs(aws["CONFIG_TABLE"])
        self.deliveries = Deliveries(aws["DELIVERY_TABLE"])
        self.salesforce = salesforce
        self.queue = aws["QUEUE_URL"]

    def publish_org(self, **settings: Any) -> None:
        org = {"kind": "org", "id": "production", "login_url": self.salesforce.url, "secret": "salesforce-production"}
        self._put({**org, "timezone": "Asia/Tokyo", "daily_calls": {"reserve_for_others": 0.1}, **settings})

    def publish(self, text: str, at: datetime = LONG_AGO) -> None:
        """What has no problem, as the admin API would publish it. `kind`, `source`, `on` and `org` need not be said."""
        document = one_document(read_documents(text)).data
        document = {"kind": "mapping", "id": "m", "source": "typeform-main", "on": "survey_response", **document}
        document["write"] = {"org": "production", **document["write"]}
        assert misfits(parse_mapping(document), fresh=True) == []
        self._put(document, at)

    def problems(self, text: str) -> dict[str, str]:
        document = one_document(read_documents(text)).data
        document = {"kind": "mapping", "id": "m", "source": "typeform-main", "on": "survey_response", **document}
        document["write"] = {"org": "production", **document["write"]}
        return {problem.path: problem.message for problem in misfits(parse_mapping(document), fresh=True)}

    def _put(self, document: dict[str, Any], at: datetime = LONG_AGO) -> None:
        self.configs.publish(document["kind"], document["id"], document, "test", at)

    def send(self, *documents: dict[str, Any], **detail: Any) -> None:
        records = sqs_event(*(documents or (feedback(),)), **detail)["Records"]
        assert response_mapping.map_batch(records) == {"batchItemFailures": []}

    def delivery(self, number: int = 1, mapping: str = "m") -> Delivery:
        key = (f"typeform-main:{number:05}", mapping)
        return self.deliveries.find_all([key])[key]

    def outcome(self, number: int = 1, mapping: str = "m") -> tuple[str, str | None]:
        delivery = self.delivery(number, mapping)
        return delivery.status, delivery.reason

    def waiting(self) -> int:
        """How many messages were put off."""
        name = "ApproximateNumberOfMessagesDelayed"
        told = boto3.client("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=[name])
        return int(told["Attributes"][name])

    def next_hour(self) -> None:
        """As if it had come: what this hour has counted is no more."""
        table = boto3.resource("dynamodb").Table("OrgStateTable")
        for item in table.scan()["Items"]:
            if str(item["name"]).startswith("deletes#"):
                table.delete_item(Key={"org": item["org"], "name": item["name"]})

    def records(self, sobject: str, **wanted: Any) -> list[dict[str, Any]]:
        rows = self.salesforce.records(sobject)
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def record(self, sobject: str, **wanted: Any) -> dict[str, Any]:
        (row,) = self.records(sobject, **wanted)
        return row

    def load(self, sobject: str, **fields: Any) -> str:
        """A record that the org has already; its id."""
        (record_id,) = self.salesforce.control("POST", f"/objects/{sobject}/records", [fields])
        return str(record_id)

    def grant(self, sobject: str, **access: bool) -> None:
        self.salesforce.control("PUT", f"/permissions/{PERMISSION_SET}/objects/{sobject}", access)


@pytest.fixture
def bridge(aws: dict[str, str], salesforce: RunningOrg, credentials: str) -> InUse:
    boto3.client("secretsmanager").create_secret(Name="test-stack/salesforce-production", SecretString=credentials)
    bridge = InUse(aws, salesforce)
    bridge.publish_org()
    return bridge
