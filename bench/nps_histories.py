"""What it costs to tag a score and remember it, beside the same calls made with no rules between; and whether it grows.

`nps.cpu_ratio`: CPU of the tagging function for a batch, over that of a bare loop that parses the same messages and
makes the same calls with the same items: reads, conditional writes, events.
`nps.growth_ratio`: CPU for a new answer with 1,000,000 answers of history in the table (25,000 people who gave 40 each,
the most that is kept) over that with 1,000 (25 such people). `nps.cpu_ms_per_answer_at_<answers>` is the curve.
"""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from bench.counted import AwsCall, aws_calls
from bench.figure import Figure, at_most, without_limit
from bench.handlers import handler
from bench.stage import Stage
from feedback_bridge.aws.batch_items import write_items
from feedback_bridge.aws.clients import client
from feedback_bridge.aws.history import item_of
from feedback_bridge.nps.history import MOST_ANSWERS, Scored
from feedback_bridge.nps.identity import email_key
from feedback_bridge.nps.ledger import Person
from feedback_bridge.runtime import histories
from tests.integration.queue_events import feedback, sqs_event

RATIO_LIMIT, GROWTH_LIMIT = 1.5, 1.2
BATCH, ROUNDS = 100, 7
PEOPLE = (25, 250, 2_500, 25_000)
NOW = datetime.now(UTC).replace(microsecond=0)


def measure(stage: Stage) -> list[Figure]:
    table = stage.environment["HISTORY_TABLE"]
    handle = handler("nps_tagging")
    ratio = _ratio(handle, table)
    curve = _curve(handle, table)
    first, last = curve[PEOPLE[0] * MOST_ANSWERS], curve[PEOPLE[-1] * MOST_ANSWERS]
    shown = [without_limit(f"nps.cpu_ms_per_answer_at_{answers}", round(ms, 3)) for answers, ms in curve.items()]
    return [
        at_most("nps.cpu_ratio", round(ratio, 2), RATIO_LIMIT),
        at_most("nps.growth_ratio", round(last / first, 2), GROWTH_LIMIT),
        *shown,
    ]


def _address(group: str, number: int) -> str:
    return f"{group}-{number:06}@example.jp"


def _events(group: str, round_: int, people: int, batch: int = BATCH) -> dict[str, Any]:
    """A new answer of each of the first people of a group, or of some of them where they are more than a batch."""
    at = (NOW - timedelta(hours=2) + timedelta(seconds=round_)).isoformat()
    step = max(1, people // batch)
    chosen = [number * step for number in range(min(batch, people))]
    documents = [
        feedback(
            round_ * 1_000_000 + number,
            id=f"typeform-main:{group}-{round_}-{number}",
            occurred_at=at,
            received_at=at,
            nps={"score": (number + round_) % 11, "comment": "対応がとても早くて助かりました。"},
            respondent={"email": _address(group, number), "account_id": f"ACME-{group}-{number % 20}"},
        )
        for number in chosen
    ]
    return sqs_event(*documents, detail_type="FeedbackReceived")


def _fill(table: str, group: str, people: int, answers: int) -> None:
    """People who have answered before, once a week."""
    items = []
    for number in range(people):
        history = tuple(
            Scored(
                (NOW - timedelta(weeks=answers - week, days=1)).isoformat(timespec="microseconds"),
                f"typeform-main:{group}-{number}-{week}",
                week % 11,
                "passive",
                survey="f1",
                account=f"account#typeform-main#ACME-{group}-{number % 20}",
            )
            for week in range(answers)
        )
        person = Person(email_key(_address(group, number)), 1, history, account=history[-1].account)
        items.append({**item_of(person), "version": {"N": "1"}})
    write_items(table, items)


def _cpu(run: Callable[[], Any]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


def _ratio(handle: Callable[[dict[str, Any]], dict[str, Any]], table: str) -> float:
    """In turns; the best round of each side."""
    _fill(table, "ratio", BATCH, 4)
    handle(_events("ratio", 0, BATCH))
    ours, theirs = [], []
    for round_ in range(1, ROUNDS + 1):
        event = _events("ratio", round_, BATCH)
        with aws_calls() as made:
            handle(event)
        bare = _bare(event, made.made)
        theirs.append(_cpu(bare))
        ours.append(_cpu(partial(_handled, handle, _events("ratio", round_ + 100, BATCH))))
    return min(ours) / min(theirs)


def _bare(event: dict[str, Any], calls: list[AwsCall]) -> Callable[[], None]:
    """The same messages parsed, the same calls made; each write holds the version that the read has shown."""

    def run() -> None:
        for record in event["Records"]:
            json.loads(record["body"])
        versions: dict[str, str] = {}
        for call in calls:
            service = client(call.service)
            if call.operation == "BatchGetItem":
                for items in service.batch_get_item(**call.arguments)["Responses"].values():
                    versions |= {item["owner"]["S"]: item["version"]["N"] for item in items if "version" in item}
            elif call.operation == "TransactWriteItems":
                for action in call.arguments["TransactItems"]:
                    if "Put" in action:
                        held = versions[action["Put"]["Item"]["owner"]["S"]]
                        action["Put"]["ExpressionAttributeValues"] = {":held": {"N": held}}
                        action["Put"]["Item"]["version"] = {"N": str(int(held) + 1)}
                call.arguments.pop("ClientRequestToken", None)
                service.transact_write_items(**call.arguments)
            elif call.operation == "PutEvents":
                service.put_events(**call.arguments)
            elif call.operation == "GetItem":
                service.get_item(**call.arguments)

    return run


def _curve(handle: Callable[[dict[str, Any]], dict[str, Any]], table: str) -> dict[int, float]:
    """Answers in the table, and CPU milliseconds for a new one, with batches of as many people as the smallest has.

    Each size has a table of its own, and the rounds go through all of them in turn: a machine that is busy for a while
    is so for every size.
    """
    sized = {people: _another_table(table, f"{table}-{people}") for people in PEOPLE}
    best = dict.fromkeys(PEOPLE, float("inf"))
    for people, name in sized.items():
        _fill(name, "curve", people, MOST_ANSWERS)
    for round_ in range(4 * ROUNDS):
        for people, name in sized.items():
            os.environ["HISTORY_TABLE"] = name
            histories.table.cache_clear()
            event = _events("curve", round_, people, PEOPLE[0])
            best[people] = min(best[people], _cpu(partial(_handled, handle, event)))
    os.environ["HISTORY_TABLE"] = table
    histories.table.cache_clear()
    return {people * MOST_ANSWERS: seconds * 1000 / PEOPLE[0] for people, seconds in best.items()}


def _another_table(like: str, name: str) -> str:
    told = client("dynamodb").describe_table(TableName=like)["Table"]
    client("dynamodb").create_table(
        TableName=name,
        KeySchema=told["KeySchema"],
        AttributeDefinitions=told["AttributeDefinitions"],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def _handled(handle: Callable[[dict[str, Any]], dict[str, Any]], event: dict[str, Any]) -> None:
    if failed := handle(event)["batchItemFailures"]:
        raise RuntimeError(f"{len(failed)} messages failed")
