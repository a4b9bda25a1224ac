"""What stands under a tool's account goes to the Salesforce id that it is linked to: histories, then counts.

Neither step needs the other: a history names the account, a count is a sum, and the sum of both accounts stays the same
wherever the work breaks off.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, get_args

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.aws.history import HistoryTable, Met, item_of
from feedback_bridge.nps.counts import count_name
from feedback_bridge.nps.ledger import Person
from feedback_bridge.nps.score import Band

_COUNTS = [count_name(band, day) for band in get_args(Band) for day in range(1, 32)]


def rename(table: HistoryTable, person: Person) -> bool:
    """The accounts of the history as they are here, unless it has changed since it was read; whether it was done.

    When it expires stays as it is, and so do the counts.
    """
    item = item_of(person)
    named = {name: item[name] for name in ("answers", "account") if name in item}
    update = {
        "TableName": table.table,
        "Key": {"owner": item["owner"], "name": item["name"]},
        "UpdateExpression": "SET #version = :next, " + ", ".join(f"#{name} = :{name}" for name in named),
        "ConditionExpression": "#version = :held",
        "ExpressionAttributeNames": {f"#{name}": name for name in (*named, "version")},
        "ExpressionAttributeValues": {
            **{f":{name}": value for name, value in named.items()},
            ":held": {"N": str(person.version)},
            ":next": {"N": str(person.version + 1)},
        },
    }
    try:
        with translated("rename an account in a history"):
            client("dynamodb").update_item(**update)
    except ConditionFailed:
        return False
    return True


def move_counts(table: HistoryTable, tool: str, account: str, now: datetime) -> int:
    """All months of the one to the other, each of them once; how many items. What changes meanwhile waits."""
    done = 0
    for name, counts in table.months(tool, date.min, date.max):
        held = {count: by for count, by in counts.items() if count in _COUNTS}
        gains = {count: by for count, by in held.items() if by}
        actions = [_taken(table.table, tool, name, held)]
        if gains:
            actions.append(table.addition(account, name, gains, 0, now))
        try:
            table.transact(actions)
            done += 1
        except Met:
            continue
    return done


def _taken(table: str, owner: str, name: str, held: Mapping[str, int]) -> dict[str, Any]:
    """The item taken away, if every count of it is what it was."""
    names = {f"#{index}": count for index, count in enumerate(_COUNTS)}
    values = {f":{_COUNTS.index(count)}": {"N": str(by)} for count, by in held.items()}
    as_read = (
        f"#{index} = :{index}" if count in held else f"attribute_not_exists(#{index})"
        for index, count in enumerate(_COUNTS)
    )
    delete = {
        "TableName": table,
        "Key": {"owner": {"S": owner}, "name": {"S": name}},
        "ConditionExpression": " AND ".join(as_read),
        "ExpressionAttributeNames": names,
    }
    return {"Delete": delete | ({"ExpressionAttributeValues": values} if values else {})}
