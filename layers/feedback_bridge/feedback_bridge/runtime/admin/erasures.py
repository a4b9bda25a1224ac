"""A person's data erased on request (GDPR article 17, APPI article 35)."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from unicodedata import normalize

from feedback_bridge.aws.pages import ForeignCursor
from feedback_bridge.feedback.raw import UNREADABLE_PERSON
from feedback_bridge.runtime import erasing
from feedback_bridge.runtime.admin.bodies import object_in
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, unfit
from feedback_bridge.runtime.erasing import Place, Report

LONGEST = 320
"""Characters of an address (RFC 3696, with its errata: 64 before the @, 255 after it)."""

_PERSON = re.compile(rf"email#[0-9a-f]{{32}}|{UNREADABLE_PERSON}")


def erase(call: Call) -> Reply:
    """`{"email": …}`, and `"linked": true` for the person's other addresses too. Large erasures come in pages: while
    `next` is not null, the same request with `"cursor": next` goes on. `complete` is true on the last page when a
    second look has found nothing on it."""
    asked = object_in(call)
    email, linked = asked.get("email"), asked.get("linked", False)
    if not isinstance(email, str) or "@" not in normalize("NFKC", email) or len(email) > LONGEST:
        raise unfit("email", "must be an e-mail address")
    if not isinstance(linked, bool):
        raise unfit("linked", "must be true or false")
    try:
        report = erasing.erase(email, _place(asked.get("cursor")), call.now, linked=linked)
    except ForeignCursor as error:
        raise unfit("cursor", str(error)) from error
    return Reply(200, _told(report))


def _told(report: Report) -> dict[str, Any]:
    left = {kind: report.left[kind] for kind in erasing.KINDS}
    return {
        "removed": {kind: report.removed[kind] for kind in erasing.KINDS},
        "left": left,
        "feedback": report.feedback,
        "salesforce_records": [
            {"org": org, "object": sobject, "record_id": record} for org, sobject, record in sorted(report.records)
        ],
        "linked_addresses": len(report.linked),
        "under_way": report.under_way,
        "complete": report.following is None and not any(left.values()),
        "next": _cursor(report.following),
    }


def _cursor(place: Place | None) -> str | None:
    return urlsafe_b64encode(json.dumps([place.people, place.after]).encode()).decode() if place else None


def _place(cursor: object) -> Place | None:
    """Raises ForeignCursor."""
    if cursor is None:
        return None
    try:
        people, after = json.loads(urlsafe_b64decode(str(cursor).encode()))
        known = bool(people) and all(_PERSON.fullmatch(person) for person in people)
    except (ValueError, TypeError, RecursionError):
        raise ForeignCursor from None
    if not known or not isinstance(people, list) or not isinstance(after, (str, type(None))):
        raise ForeignCursor
    return Place(tuple(people), after)


ENDPOINTS = (Endpoint("POST", "/admin/erasures", "admin", erase),)
