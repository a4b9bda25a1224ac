"""Who was told of lately: an automation runs once for somebody until a time, beside the histories."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.aws.items import to_item

_NAME = "cooling"


@dataclass(frozen=True)
class Cooling:
    table: str

    def begin(self, automation: str, whom: str, feedback_id: str, now: datetime, until: datetime) -> bool:
        """Whether it may run for `whom`: no other feedback has made it run until a time that is still to come."""
        item = {"feedback_id": feedback_id, "expires_at": int(until.timestamp())}
        try:
            with translated("note who was told of"):
                client("dynamodb").put_item(
                    TableName=self.table,
                    Item=to_item({**_key(automation, whom), **item}),
                    ConditionExpression="attribute_not_exists(expires_at) OR expires_at <= :now OR feedback_id = :this",
                    ExpressionAttributeValues={
                        ":now": {"N": str(int(now.timestamp()))},
                        ":this": {"S": feedback_id},
                    },
                )
        except ConditionFailed:
            return False
        return True

    def end(self, automation: str, whom: str, feedback_id: str) -> None:
        """It came to nothing: another feedback may make it run."""
        with suppress(ConditionFailed), translated("note who was told of"):
            client("dynamodb").delete_item(
                TableName=self.table,
                Key=to_item(_key(automation, whom)),
                ConditionExpression="feedback_id = :this",
                ExpressionAttributeValues={":this": {"S": feedback_id}},
            )

    def forget(self, automation: str, whom: str) -> bool:
        """Whoever it is about is to be forgotten. Whether there was a note."""
        with translated("forget who was told of"):
            reply = client("dynamodb").delete_item(
                TableName=self.table, Key=to_item(_key(automation, whom)), ReturnValues="ALL_OLD"
            )
        return "Attributes" in reply


def _key(automation: str, whom: str) -> dict[str, str]:
    return {"owner": f"{_NAME}#{automation}#{whom}", "name": _NAME}
