"""Each part green or red, with the reason."""

import json
from collections.abc import Iterator
from typing import Any, Literal

from feedback_bridge.automation.names import names_of
from feedback_bridge.aws.clients import client
from feedback_bridge.aws.config_items import Published
from feedback_bridge.aws.errors import translated
from feedback_bridge.aws.pauses import Pauses
from feedback_bridge.config.kinds import KINDS, Kind
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.errors import BridgeError
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, Wrong
from feedback_bridge.runtime.admin.reaching import reached
from feedback_bridge.runtime.reading import configs

Part = dict[str, Any]


def show(call: Call) -> Reply:
    """Red as a whole when one part is."""
    parts = [*_orgs(), *_queues(), *_documents()]
    red = any(part["status"] == "red" for part in parts)
    return Reply(200, {"status": "red" if red else "green", "parts": parts})


def who(call: Call) -> Reply:
    """The caller's own token, as far as it may be told."""
    token = call.token
    expires = token.expires_at.isoformat() if token.expires_at else None
    return Reply(200, {"name": token.name, "scope": token.scope, "expires_at": expires})


def _part(kind: str, name: str, status: Literal["green", "red"], reason: str, **more: Any) -> Part:
    return {"kind": kind, "name": name, "status": status, "reason": reason, **more}


def _orgs() -> Iterator[Part]:
    for published in configs().all_published("org"):
        try:
            with reached(published.id) as org:
                org.session().limits()
            yield _part("org", published.id, "green", "It lets us in.")
        except (BridgeError, Wrong) as error:
            yield _part("org", published.id, "red", str(error))


def _queues() -> Iterator[Part]:
    """Work that waits is no fault; a message that was given up is."""
    for name, (queue, dead_letters) in json.loads(settings.setting("QUEUES")).items():
        try:
            waiting = _depth(queue) if queue else 0
            dead = _depth(dead_letters)
        except BridgeError as error:
            yield _part("queue", name, "red", str(error))
            continue
        status: Literal["green", "red"] = "red" if dead else "green"
        reason = f"{waiting} waiting, {dead} given up." if dead else f"{waiting} waiting."
        yield _part("queue", name, status, reason, waiting=waiting, dead=dead)


def _depth(url: str) -> int:
    """Messages that wait or are being worked on; SQS counts approximately."""
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    with translated("look into a queue"):
        told = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(told.get(name, 0)) for name in names)


def _documents() -> Iterator[Part]:
    """Documents in force must still be readable: a newer version of ours may not know a setting. Orgs tell above."""
    paused = _paused()
    for kind in (kind for kind in KINDS if kind.name != "org"):
        for published in configs().all_published(kind.name):
            names = names_of(kind.name, published.id)
            wrong = _unreadable(kind, published) or next((paused[name] for name in names if name in paused), None)
            state = "in force" if published.enabled else "disabled"
            reason = wrong or f"Version {published.version}, {state}."
            yield _part(kind.name, published.id, "red" if wrong else "green", reason, enabled=published.enabled)


def _paused() -> dict[str, str]:
    """Why what no longer fits its org waits, by the names of its deliveries."""
    pauses = Pauses(settings.org_state_table())
    return {
        pause.mapping: f"Paused since {pause.since:%Y-%m-%d %H:%M} UTC: {pause.reason}"
        for org in configs().all_published("org")
        for pause in pauses.of_org(org.id)
    }


def _unreadable(kind: Kind, published: Published) -> str | None:
    try:
        kind.parse(published.document)
    except InvalidDocument as error:
        first = error.problems[0]
        return f"Version {published.version} can no longer be read: {first.path} {first.message}."
    return None


ENDPOINTS = (
    Endpoint("GET", "/admin/status", "viewer", show),
    Endpoint("GET", "/admin/token", "viewer", who),
)
