"""What customers ask for, in order of what the accounts behind it are worth."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from feedback_bridge.config.org import IdeaSettings, OrgDocument
from feedback_bridge.feedback.record_id import long_id
from feedback_bridge.ideas.ranking import Worth, ranked
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.nps.accounts import account_id
from feedback_bridge.runtime import ideas
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, unfit
from feedback_bridge.runtime.admin.cursor import cursor_of, name_in
from feedback_bridge.runtime.admin.reaching import reached
from feedback_bridge.runtime.reading import configs


def show(call: Call) -> Reply:
    """`org` says whose accounts they are; where only one org has `ideas` it is that one, where none has all are worth
    nothing. Salesforce is asked once for each account, some thousands of them a call."""
    links = list(ideas.table().all())
    org_id, settings = _org(call)
    keys = sorted({link.account for link in links if link.account})
    worth = _worth(org_id, settings, keys) if org_id and settings and keys else {}
    found = [{**asdict(item), "arr": item.arr if settings else None} for item in ranked(links, worth)]
    start, limit = _start(call), call.limit()
    following = str(start + limit) if len(found) > start + limit else None
    return Reply(200, {"org": org_id, "items": found[start : start + limit], "next": cursor_of(following)})


def _org(call: Call) -> tuple[str | None, IdeaSettings | None]:
    known = [OrgDocument.model_validate(item.document) for item in configs().all_published("org")]
    worthy = {document.id: ideas for document in known if (ideas := document.idea_settings)}
    asked = call.query.get("org")
    if asked is None and len(worthy) > 1:
        raise unfit("org", f"must be one of {', '.join(sorted(worthy))}")
    if asked is not None and asked not in worthy:
        raise unfit("org", "must be a published org whose document says under `ideas` where its accounts' revenue is")
    org_id = asked or next(iter(worthy), None)
    return org_id, worthy[org_id] if org_id else None


def _worth(org_id: str, settings: IdeaSettings, keys: Sequence[str]) -> dict[str, Worth]:
    """By account key; what Salesforce does not know is left out, and so is a tool's id that two accounts have."""
    asked = dict(_queries(settings, keys))
    with reached(org_id) as org:
        answers = org.find(list(asked.values()))
    return {
        key: Worth(str(rows[0]["Id"]), _number(rows[0], settings.arr))
        for key, rows in zip(asked, answers, strict=True)
        if len(rows) == 1
    }


def _queries(settings: IdeaSettings, keys: Sequence[str]) -> Iterator[tuple[str, RecordQuery]]:
    for key in keys:
        identity = account_id(key)
        record = long_id(identity) if identity.startswith("001") else None
        field = "Id" if record else settings.account_key
        if field is not None:
            yield key, RecordQuery("Account", ((field, record or identity),), select=(settings.arr,))


def _number(row: Row, field: str) -> float | None:
    value = next((value for name, value in row.items() if name.lower() == field.lower()), None)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _start(call: Call) -> int:
    name = name_in(call.query.get("cursor")) or "0"
    if not name.isascii() or not name.isdigit():
        raise unfit("cursor", "does not belong to this list")
    return int(name)


ENDPOINTS = (Endpoint("GET", "/admin/ideas", "viewer", show),)
