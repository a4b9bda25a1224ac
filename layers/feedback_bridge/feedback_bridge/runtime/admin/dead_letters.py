"""Messages that were given up: listed with what became of their feedback, and sent back to work."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from feedback_bridge.aws import dead_letters
from feedback_bridge.aws.dead_letters import DeadLetter
from feedback_bridge.delivery.given_up import explanation
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.admin.bodies import object_in
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, Wrong, unfit
from feedback_bridge.runtime.admin.deliveries import told
from feedback_bridge.runtime.deliveries import table
from feedback_bridge.sources.body import JSON
from feedback_bridge.sources.masking import masked_body

AT_ONCE = 100
"""Messages looked at in one call: a second or two of SQS."""

SEARCHED = 500
"""Messages of a queue among which certain ones are looked for."""

BUS = "bus"
FED_BY_THE_BUS = frozenset({BUS, "answer_fetching", "nps_tagging", "response_mapping"})
"""Queues of which every message is about a feedback."""


def list_letters(call: Call) -> Reply:
    """Of one queue or all, in no order. SQS has no pages: `more` says that there are others."""
    most = min(call.limit(), AT_ONCE)
    found = _of_each(_queues(call.query.get("queue")), lambda name, url: dead_letters.look(url, most + 1))
    letters = [(name, letter) for name, held in found for letter in held]
    items = [_told(name, letter) for name, letter in letters[:most]]
    return Reply(200, {"items": items, "next": None, "more": len(letters) > most})


def show(call: Call, letter_id: str) -> Reply:
    for name, held in _of_each(_queues(None), lambda name, url: dead_letters.look(url, SEARCHED)):
        for letter in held:
            if letter.id == letter_id:
                return Reply(200, _told(name, letter) | {"body": masked_body(letter.body.encode(), JSON)})
    raise Wrong(404, "There is no such dead letter.")


def redrive(call: Call) -> Reply:
    """`{"queue": …}` those of one queue, `{"ids": […]}` some, `{}` all: at most AT_ONCE a queue and call. While `more`
    is true, the same request goes on."""
    asked = object_in(call, optional=True)
    ids, queue = _ids(asked.get("ids")), asked.get("queue")
    if queue is not None and not isinstance(queue, str):
        raise unfit("queue", "must be the name of a queue")
    most = SEARCHED if ids else AT_ONCE

    def send_back(name: str, url: str) -> tuple[list[DeadLetter], list[DeadLetter]]:
        chosen = (lambda letter: True) if ids is None else (lambda letter: letter.id in ids)
        return dead_letters.send_back(url, most, lambda letter: _work_queue(name, letter), chosen)

    done = _of_each(_queues(queue), send_back)
    body = {
        "redriven": [_named(name, letter) for name, (sent, _) in done for letter in sent],
        "left": [_named(name, letter) for name, (_, left) in done for letter in left],
        "more": any(len(sent) + len(left) == most for _, (sent, left) in done),
    }
    return Reply(202, body)


T = TypeVar("T")


def _of_each(queues: Mapping[str, tuple[str | None, str]], function: Callable[[str, str], T]) -> list[tuple[str, T]]:
    """With the name and the dead letters of each queue, all at the same time: an empty one takes SQS a second."""
    with ThreadPoolExecutor(max_workers=len(queues)) as pool:
        results = pool.map(function, queues, [dead for _, dead in queues.values()])
        return list(zip(queues, results, strict=True))


def _queues(wanted: str | None) -> Mapping[str, tuple[str | None, str]]:
    """Work queue and dead letters by name. Raises Wrong for a name that is none."""
    known: dict[str, tuple[str | None, str]] = {
        name: (pair[0], pair[1]) for name, pair in json.loads(settings.setting("QUEUES")).items()
    }
    if wanted is None:
        return known
    if wanted not in known:
        raise unfit("queue", f"must be one of {', '.join(known)}")
    return {wanted: known[wanted]}


def _work_queue(name: str, letter: DeadLetter) -> str | None:
    """Where the message was to be worked on; None where that is no queue of ours, or nobody there can read it."""
    if not _readable(name, letter):
        return None
    if name != BUS:
        return _queues(None)[name][0]
    target = letter.attributes.get("TARGET_ARN", "").rpartition(":")[2]
    return next((url for url, _ in _queues(None).values() if url and url.rpartition("/")[2] == target), None)


def _readable(name: str, letter: DeadLetter) -> bool:
    return _detail(letter) is not None or (name not in FED_BY_THE_BUS and letter.body.lstrip().startswith("{"))


def _detail(letter: DeadLetter) -> dict[str, Any] | None:
    """The fact in the message; None where it is no event of our bus about a feedback."""
    try:
        detail = json.loads(letter.body)["detail"]
        detail["feedback_id"], detail["source"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return dict(detail)


def feedback_of(letter: DeadLetter) -> str | None:
    detail = _detail(letter)
    return str(detail["feedback_id"]) if detail else None


def _named(queue: str, letter: DeadLetter) -> dict[str, Any]:
    return {"id": letter.id, "queue": queue, "feedback_id": feedback_of(letter)}


def _told(queue: str, letter: DeadLetter) -> dict[str, Any]:
    detail = _detail(letter) or {}
    feedback_id = feedback_of(letter)
    deliveries = table().of_feedback(feedback_id) if feedback_id else []
    return {
        **_named(queue, letter),
        "source": detail.get("source"),
        "replay": detail.get("replay"),
        "mapping": detail.get("mapping"),
        "receives": letter.receives,
        "sent_at": letter.sent_at.isoformat(),
        "explanation": explanation(queue, _readable(queue, letter), letter.attributes, deliveries),
        "deliveries": [told(delivery) for delivery in deliveries],
    }


def _ids(given: object) -> frozenset[str] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not given or not all(isinstance(item, str) for item in given):
        raise unfit("ids", "must be a list of the ids of dead letters")
    return frozenset(given)


ENDPOINTS = (
    Endpoint("GET", "/admin/dead-letters", "viewer", list_letters),
    Endpoint("GET", "/admin/dead-letters/<letter_id>", "viewer", show),
    Endpoint("POST", "/admin/dead-letters/redrive", "operator", redrive),
)
