"""Histories and counts in DynamoDB.

`sf#003…` / `answers`               a person's scores, the newest of them, as JSON; `version` guards them
`email#…` / `answers`               a person known by nothing better, or `same_as`: where the history is
`account#001…` / `2026-11`          what its people answered in a month, by day and band; `2026-11#tier=gold` by segment
`everybody-07` / `2026-11`          the same of everybody, in shards, so that workers seldom meet
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from feedback_bridge.aws.account_items import known_in
from feedback_bridge.aws.batch_items import read_items
from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.aws.items import from_item, to_item
from feedback_bridge.errors import TransientError
from feedback_bridge.health.known import NAME as KNOWN
from feedback_bridge.health.known import Known
from feedback_bridge.nps.counts import EVERYBODY, Bucket, buckets
from feedback_bridge.nps.history import Invited, Scored
from feedback_bridge.nps.ledger import Entry, Group, Person, Pointer

MOST_ACTIONS = 100
"""Of one transaction: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html"""

SHARDS = 16
_NAME = "answers"
_MET = {"ConditionalCheckFailed", "TransactionConflict"}


class Met(Exception):
    """Another worker changed one of the entries at the same moment: read again, and decide again."""


@dataclass(frozen=True)
class HistoryTable:
    table: str
    retention_days: int

    def read(self, keys: Iterable[str]) -> dict[str, Entry]:
        """Those that exist. Raises TransientError."""
        wanted = [{"owner": {"S": key}, "name": {"S": _NAME}} for key in sorted(set(keys))]
        return {entry.key: entry for entry in map(_entry, read_items(self.table, wanted))}

    def read_with_known(
        self, keys: Iterable[str], accounts: Iterable[str]
    ) -> tuple[dict[str, Entry], dict[str, Known]]:
        """People, and in the same call what last night knew of accounts. Raises TransientError."""
        wanted = [{"owner": {"S": key}, "name": {"S": _NAME}} for key in sorted(set(keys))]
        wanted += [{"owner": {"S": key}, "name": {"S": KNOWN}} for key in sorted(set(accounts))]
        entries: dict[str, Entry] = {}
        known: dict[str, Known] = {}
        for item in read_items(self.table, wanted):
            if item["name"]["S"] == KNOWN:
                known[item["owner"]["S"]] = known_in(item)
            else:
                entries[item["owner"]["S"]] = _entry(item)
        return entries, known

    def counts(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, int]]:
        """The counts of days in each item, by (owner, name)."""
        wanted = [{"owner": {"S": owner}, "name": {"S": name}} for owner, name in dict.fromkeys(keys)]
        found = map(from_item, read_items(self.table, wanted))
        return {(item.pop("owner"), item.pop("name")): item for item in found}

    def months(self, owner: str, since: date, until: date) -> list[tuple[str, dict[str, int]]]:
        """An account's counts in those months, as a whole and by segment; or those of a shard of everybody."""
        query = {
            "TableName": self.table,
            "KeyConditionExpression": "#owner = :owner AND #name BETWEEN :since AND :until",
            "ExpressionAttributeNames": {"#owner": "owner", "#name": "name"},
            "ExpressionAttributeValues": to_item(
                {":owner": owner, ":since": since.isoformat()[:7], ":until": f"{until.isoformat()[:7]}~"}
            ),
        }
        with translated("read the counts"):
            pages = client("dynamodb").get_paginator("query").paginate(**query)
            found = [from_item(item) for page in pages for item in page["Items"]]
        return [(item.pop("name"), {name: by for name, by in item.items() if name != "owner"}) for item in found]

    def write(self, groups: Sequence[Group], entries: Mapping[str, Entry], now: datetime, shard: int) -> None:
        """Each group with its counts, all or nothing. Raises Met, TransientError; earlier groups may stand by then."""
        expires_at = int((now + timedelta(days=self.retention_days)).timestamp())
        for batch in _batches(groups):
            owed = buckets(change for group in batch for change in group.changes)
            puts = [self._put(entries[key], expires_at) for group in batch for key in sorted(group.keys)]
            counts = [self.addition(owner, name, by, shard, now) for (owner, name), by in _by_item(owed).items()]
            for start in range(0, len(puts) + len(counts), MOST_ACTIONS):
                self.transact([*puts, *counts][start : start + MOST_ACTIONS])

    def replace(self, entries: Sequence[Entry], gone: Sequence[Entry], now: datetime) -> None:
        """These are written and those taken away, all or nothing; counts stay as they are, for nobody can be told from
        them. Raises Met, TransientError."""
        expires_at = int((now + timedelta(days=self.retention_days)).timestamp())
        deletes = [
            {
                "Delete": {
                    "TableName": self.table,
                    "Key": {"owner": {"S": entry.key}, "name": {"S": _NAME}},
                    "ConditionExpression": "version = :held",
                    "ExpressionAttributeValues": {":held": {"N": str(entry.version)}},
                }
            }
            for entry in gone
        ]
        actions = [*(self._put(entry, expires_at) for entry in entries), *deletes]
        for start in range(0, len(actions), MOST_ACTIONS):
            self.transact(actions[start : start + MOST_ACTIONS])

    def transact(self, actions: Sequence[dict[str, Any]]) -> None:
        """All or nothing. Raises Met, TransientError."""
        try:
            with translated("write the histories"):
                client("dynamodb").transact_write_items(TransactItems=actions)
        except TransientError as error:
            if _reasons(error) & _MET:
                raise Met from error
            raise

    def _put(self, entry: Entry, expires_at: int) -> dict[str, Any]:
        item = item_of(entry)
        item |= {"version": {"N": str(entry.version + 1)}, "expires_at": {"N": str(expires_at)}}
        put: dict[str, Any] = {"TableName": self.table, "Item": item}
        if entry.version:
            put["ConditionExpression"] = "version = :held"
            put["ExpressionAttributeValues"] = {":held": {"N": str(entry.version)}}
        else:
            put["ConditionExpression"] = "attribute_not_exists(version)"
        return {"Put": put}

    def addition(self, owner: str, name: str, by: Mapping[str, int], shard: int, now: datetime) -> dict[str, Any]:
        names = {f"#{index}": count for index, count in enumerate(by)}
        values = {f":{index}": {"N": str(number)} for index, number in enumerate(by.values())}
        update = {
            "TableName": self.table,
            "Key": {"owner": {"S": shard_of(shard) if owner == EVERYBODY else owner}, "name": {"S": name}},
            "UpdateExpression": "ADD "
            + ", ".join(f"#{index} :{index}" for index in range(len(by)))
            + " SET changed_at = :now",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {**values, ":now": {"N": str(int(now.timestamp()))}},
        }
        return {"Update": update}

    def everything(self) -> Iterator[dict[str, Any]]:
        """Every item, a page at a time: for what runs at night. Raises TransientError."""
        with translated("read the histories"):
            pages = client("dynamodb").get_paginator("scan").paginate(TableName=self.table, ConsistentRead=True)
            for page in pages:
                yield from page["Items"]

    def correct(self, owner: str, name: str, by: Mapping[str, int], unchanged_since: datetime) -> bool:
        """Put counts right, unless somebody has answered since; whether it was done."""
        update = self.addition(owner, name, by, 0, unchanged_since)["Update"]
        update["ExpressionAttributeValues"][":since"] = {"N": str(int(unchanged_since.timestamp()))}
        try:
            with translated("correct the counts"):
                client("dynamodb").update_item(
                    **update, ConditionExpression="attribute_not_exists(changed_at) OR changed_at < :since"
                )
        except ConditionFailed:
            return False
        return True


def shard_of(number: int) -> str:
    return f"{EVERYBODY}-{number:02}"


def _by_item(owed: Mapping[Bucket, int]) -> dict[tuple[str, str], dict[str, int]]:
    items: dict[tuple[str, str], dict[str, int]] = {}
    for (owner, name, count), by in owed.items():
        items.setdefault((owner, name), {})[count] = by
    return items


def _batches(groups: Sequence[Group]) -> list[list[Group]]:
    """As many groups as fit one transaction with their counts; a group too large for one goes alone."""
    batches: list[list[Group]] = []
    size, items = MOST_ACTIONS, set[tuple[str, str]]()
    for group in groups:
        own = {(owner, name) for owner, name, _ in buckets(group.changes)}
        if size + len(group.keys) + len(items | own) > MOST_ACTIONS:
            batches.append([])
            size, items = 0, set()
        batches[-1].append(group)
        size += len(group.keys)
        items |= own
    return batches


def item_of(entry: Entry) -> dict[str, Any]:
    if isinstance(entry, Pointer):
        return to_item({"owner": entry.key, "name": _NAME, "same_as": entry.to or ""})
    return to_item(
        {
            "owner": entry.key,
            "name": _NAME,
            "answers": json.dumps(entry.answers, ensure_ascii=False, separators=(",", ":")),
            "floor": entry.floor or None,
            "known_as": list(entry.known_as) or None,
            "account": entry.account,
            "invited": json.dumps(entry.invited) if entry.invited else None,
        }
    )


def counts_in(item: Mapping[str, Any]) -> tuple[str, str, dict[str, int]]:
    """Owner, name and counts of an item of counts."""
    found = from_item(item)
    owner, name = found.pop("owner"), found.pop("name")
    found.pop("changed_at", None)
    return owner, name, found


def entry_in(item: Mapping[str, Any]) -> Entry | None:
    """The person or pointer of an item, or None for one that is neither."""
    return _entry(item) if item["name"]["S"] == _NAME else None


def _entry(item: Mapping[str, Any]) -> Entry:
    key, version = item["owner"]["S"], int(item["version"]["N"])
    if "same_as" in item:
        return Pointer(key, item["same_as"]["S"] or None, version)
    return Person(
        key=key,
        version=version,
        answers=tuple(_scored(row) for row in json.loads(item["answers"]["S"])),
        floor=item["floor"]["S"] if "floor" in item else "",
        known_as=tuple(known["S"] for known in item["known_as"]["L"]) if "known_as" in item else (),
        account=item["account"]["S"] if "account" in item else None,
        invited=tuple(Invited(*pair) for pair in json.loads(item["invited"]["S"])) if "invited" in item else (),
    )


def _scored(row: list[Any]) -> Scored:
    return Scored._make([*row[:7], tuple(row[7])])


def _reasons(error: TransientError) -> set[str]:
    cause = error.__cause__
    answer: Any = cause.response if isinstance(cause, ClientError) else {}
    reasons = {reason.get("Code", "") for reason in answer.get("CancellationReasons", ())}
    return reasons | {answer.get("Error", {}).get("Code", "").removesuffix("Exception")}
