"""Who asks for which idea, in the table of histories. A link is kept three times, for the three who look for it:

`ideas` / `{link}`                        everybody, to rank all ideas: one partition, never the table
`ideas-of#account#001…` / `{link}`        what one account asks for
`email#…` / `idea#{link}`                 what one person has asked for, when the person is to be forgotten
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.aws.items import from_item, to_item
from feedback_bridge.ideas.link import Link

_ALL, _OF_ACCOUNT, _OF_PERSON = "ideas", "ideas-of#", "idea#"


@dataclass(frozen=True)
class IdeaTable:
    table: str
    retention_days: int

    def keep(self, link: Link, now: datetime) -> None:
        """As often as it is told; an older telling leaves what a newer one says. Raises TransientError."""
        expires_at = int((now + timedelta(days=self.retention_days)).timestamp())
        values = {name: getattr(link, name) for name in ("idea", "title", "account", "person", "at", "feedback_id")}
        for key in _keys(link):
            with suppress(ConditionFailed), translated("keep who asks for an idea"):
                client("dynamodb").put_item(
                    TableName=self.table,
                    Item=to_item({**key, **values, "expires_at": expires_at}),
                    ConditionExpression="attribute_not_exists(#at) OR #at <= :at",
                    ExpressionAttributeNames={"#at": "at"},
                    ExpressionAttributeValues={":at": {"S": link.at}},
                )

    def all(self) -> Iterator[Link]:
        return self._links({"owner": _ALL})

    def of_account(self, account: str) -> Iterator[Link]:
        """With what has been kept until now."""
        return self._links({"owner": _OF_ACCOUNT + account}, ConsistentRead=True)

    def of_person(self, person: str) -> list[Link]:
        return list(self._links({"owner": person, "name": _OF_PERSON}, ConsistentRead=True))

    def forget(self, link: Link) -> None:
        for key in reversed(_keys(link)):
            with translated("forget who asked for an idea"):
                client("dynamodb").delete_item(TableName=self.table, Key=to_item(key))

    def _links(self, key: dict[str, str], **more: Any) -> Iterator[Link]:
        condition = "#owner = :owner" + (" AND begins_with(#name, :name)" if "name" in key else "")
        query = {
            "TableName": self.table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{part}": part for part in key},
            "ExpressionAttributeValues": {f":{part}": {"S": value} for part, value in key.items()},
            **more,
        }
        with translated("read who asks for which idea"):
            for page in client("dynamodb").get_paginator("query").paginate(**query):
                yield from (_link(item) for item in page["Items"])


def _keys(link: Link) -> list[dict[str, str]]:
    """The person's is kept first and forgotten last: by it an erasure finds the others."""
    owners = [_ALL] if link.account is None else [_ALL, _OF_ACCOUNT + link.account]
    return [{"owner": link.person, "name": _OF_PERSON + link.name}, *({"owner": o, "name": link.name} for o in owners)]


def _link(item: dict[str, Any]) -> Link:
    held = from_item(item)
    return Link(
        idea=held["idea"],
        title=held["title"],
        account=held.get("account"),
        person=held["person"],
        at=held["at"],
        feedback_id=held["feedback_id"],
    )
