"""Mappings that wait because they no longer fit their org, beside what the org's workers share."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.aws.items import from_item, to_item

_PREFIX = "paused#"


@dataclass(frozen=True, slots=True)
class Pause:
    org: str
    mapping: str
    reason: str
    since: datetime


@dataclass(frozen=True)
class Pauses:
    table: str

    def begin(self, pause: Pause) -> bool:
        """Whether it is news: only the first worker to find out raises the alarm."""
        item = {
            "org": pause.org,
            "name": _PREFIX + pause.mapping,
            "reason": pause.reason,
            "since": pause.since.isoformat(),
        }
        try:
            with translated("pause a mapping"):
                client("dynamodb").put_item(
                    TableName=self.table, Item=to_item(item), ConditionExpression="attribute_not_exists(org)"
                )
        except ConditionFailed:
            return False
        return True

    def end(self, org: str, mapping: str) -> bool:
        """Whether it was paused until now."""
        with translated("resume a mapping"):
            reply = client("dynamodb").delete_item(
                TableName=self.table,
                Key={"org": {"S": org}, "name": {"S": _PREFIX + mapping}},
                ReturnValues="ALL_OLD",
            )
        return "Attributes" in reply

    def of_org(self, org: str) -> Iterator[Pause]:
        with translated("read the paused mappings"):
            reply = client("dynamodb").query(
                TableName=self.table,
                KeyConditionExpression="org = :org AND begins_with(#name, :prefix)",
                ExpressionAttributeNames={"#name": "name"},
                ExpressionAttributeValues={":org": {"S": org}, ":prefix": {"S": _PREFIX}},
                ConsistentRead=True,
            )
        for item in map(from_item, reply["Items"]):
            mapping = item["name"].removeprefix(_PREFIX)
            yield Pause(item["org"], mapping, item["reason"], datetime.fromisoformat(item["since"]))
