"""A past period of a source, through today's mapping."""

import re
from typing import Any

from feedback_bridge.aws.archive_index import received
from feedback_bridge.aws.pages import ForeignCursor
from feedback_bridge.config.document import ID_PATTERN
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.admin.bodies import object_in
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, moment_from, unfit
from feedback_bridge.runtime.admin.cursor import cursor_of, name_in
from feedback_bridge.runtime.admin.replaying import announce_readable, new_replay

EVENTS_A_CALL = 200
"""Each is read from the archive and announced: a few seconds' work. The cursor goes on with the rest."""

_REPLAY = re.compile(r"replay-[0-9TZ]{16}-[0-9a-f]{8}")


def begin(call: Call) -> Reply:
    """`{source, since, until, mapping}`: at most EVENTS_A_CALL events, oldest first. While the answer has a `next`, the
    same request with `"cursor": next`, and the `replay` and `until` that were given, goes on."""
    asked = object_in(call)
    source, mapping = _named(asked, "source", required=True), _named(asked, "mapping")
    since = moment_from(asked.get("since"), "since")
    until = moment_from(asked["until"], "until") if asked.get("until") is not None else call.now
    if since >= until:
        raise unfit("until", "must be later than since")
    replay = asked.get("replay") or new_replay(call.now)
    if not isinstance(replay, str) or not _REPLAY.fullmatch(replay):
        raise unfit("replay", "must be the name of a replay that was begun before")
    cursor = asked.get("cursor")
    after = name_in(cursor if cursor is None or isinstance(cursor, str) else "")
    try:
        ids, further = received(settings.feedback_table(), str(source), since, until, most=EVENTS_A_CALL, after=after)
    except ForeignCursor as error:
        raise unfit("cursor", str(error)) from error
    unreadable = announce_readable(ids, replay, mapping)
    body = {
        "replay": replay,
        "count": len(ids) - len(unreadable),
        "unreadable": unreadable,
        "until": until.isoformat(),
        "next": cursor_of(further),
    }
    return Reply(202, body)


def _named(asked: dict[str, Any], key: str, *, required: bool = False) -> str | None:
    name = asked.get(key)
    if name is None and not required:
        return None
    if not isinstance(name, str) or not re.fullmatch(ID_PATTERN, name):
        raise unfit(key, "must be a document's id")
    return name


ENDPOINTS = (Endpoint("POST", "/admin/replays", "operator", begin),)
