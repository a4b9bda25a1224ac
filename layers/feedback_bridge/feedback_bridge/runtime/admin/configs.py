"""Config documents: drafts, their problems, publication, versions."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from feedback_bridge.automation.names import names_of
from feedback_bridge.aws.config_items import Draft, Listed, Published
from feedback_bridge.aws.configs import Conflict
from feedback_bridge.config.document import ID_PATTERN
from feedback_bridge.config.kinds import KINDS, Kind
from feedback_bridge.config.lifecycle import references, state_of
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.runtime.admin.bodies import document_in, object_in
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, Wrong, unfit
from feedback_bridge.runtime.admin.cursor import cursor_of, name_in
from feedback_bridge.runtime.admin.drafting import problems_in_force, problems_of_draft
from feedback_bridge.runtime.drift import resume
from feedback_bridge.runtime.reading import configs


def list_documents(kind: Kind, call: Call) -> Reply:
    page, after = configs().listed(kind.name, most=call.limit(), after=name_in(call.query.get("cursor")))
    return Reply(200, {"items": [_listed(kind, item) for item in page], "next": cursor_of(after)})


def show(kind: Kind, call: Call, document_id: str) -> Reply:
    draft, published = configs().draft(kind.name, document_id), configs().published(kind.name, document_id)
    if draft is None and published is None:
        raise _missing(kind, document_id)
    body: dict[str, Any] = {"id": document_id, "kind": kind.name, "draft": None, "published": None}
    if draft is not None:
        problems = problems_of_draft(kind, document_id, draft.document)
        body["draft"] = {
            "document": draft.document,
            **_saved(draft),
            "problems": [item.model_dump() for item in problems],
        }
    if published is not None:
        body["published"] = {"document": published.document, "enabled": published.enabled, **_version(published)}
    return Reply(200, body, {"ETag": f'"{draft.etag}"'} if draft else {})


def save(kind: Kind, call: Call, document_id: str) -> Reply:
    """The draft is saved as it is sent, problems and all; they are told."""
    if not re.fullmatch(ID_PATTERN, document_id):
        raise unfit("id", "must be lower-case letters, digits and hyphens, at most 63 of them")
    data = document_in(call)
    known = configs().published(kind.name, document_id) is not None
    if call.only_if_new and known:
        raise Conflict(f"There is a {kind.name} of this name already.")
    known = known or configs().draft(kind.name, document_id) is not None
    problems = problems_of_draft(kind, document_id, data)
    draft = configs().save_draft(
        kind.name, document_id, data, call.by, call.now, if_match=call.if_match, if_new=call.only_if_new
    )
    body = {"id": document_id, "kind": kind.name, **_saved(draft), "problems": [item.model_dump() for item in problems]}
    return Reply(200 if known else 201, body, {"ETag": f'"{draft.etag}"'})


def delete(kind: Kind, call: Call, document_id: str) -> Reply:
    """Its versions are kept. An org that a mapping in force writes to stays."""
    if users := _users(kind, document_id):
        raise Conflict(f"It is used by {', '.join(users)}: disable or delete that first.")
    if not configs().delete(kind.name, document_id, if_match=call.if_match):
        raise _missing(kind, document_id)
    return Reply(204)


def publish(kind: Kind, call: Call, document_id: str) -> Reply:
    """The draft comes into force unless a problem remains; one that is in force already stays the version it is."""
    draft = configs().draft(kind.name, document_id)
    if draft is None:
        raise Wrong(404, f"There is no draft of a {kind.name} named {document_id}.")
    if call.if_match not in (None, "*", draft.etag):
        raise Conflict("The draft has been changed since you read it.")
    _refuse_problems(kind, document_id, draft.document)
    in_force = configs().published(kind.name, document_id)
    if in_force is not None and in_force.document == draft.document:
        return Reply(200, _publication(kind, in_force, changed=False))
    published = configs().publish(kind.name, document_id, draft.document, call.by, call.now, draft_etag=draft.etag)
    _fits_now(kind, published, call)
    return Reply(200, _publication(kind, published, changed=True))


def rollback(kind: Kind, call: Call, document_id: str) -> Reply:
    """An earlier version's document comes into force again, as a new version; the draft follows."""
    number = object_in(call).get("version")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 1_000_000:
        raise unfit("version", "must be the number of a version")
    earlier = configs().version(kind.name, document_id, number)
    if earlier is None:
        raise Wrong(404, f"The {kind.name} {document_id} has no version {number}.")
    _refuse_problems(kind, document_id, earlier.document)
    published = configs().publish(kind.name, document_id, earlier.document, call.by, call.now, draft_follows=True)
    _fits_now(kind, published, call)
    return Reply(200, _publication(kind, published, changed=True))


def versions(kind: Kind, call: Call, document_id: str) -> Reply:
    """Newest first, without their documents."""
    after = name_in(call.query.get("cursor"))
    if after is not None and not re.fullmatch("[0-9]{1,6}", after):
        raise unfit("cursor", "does not belong to this list")
    most = call.limit()
    found = configs().versions(kind.name, document_id, most=most + 1, before=int(after) if after else None)
    if not found and after is None and configs().draft(kind.name, document_id) is None:
        raise _missing(kind, document_id)
    further = str(found[most - 1].version) if len(found) > most else None
    return Reply(200, {"items": [_version(item) for item in found[:most]], "next": cursor_of(further)})


def version(kind: Kind, call: Call, document_id: str, number: str) -> Reply:
    found = configs().version(kind.name, document_id, int(number)) if re.fullmatch("[0-9]{1,6}", number) else None
    if found is None:
        raise Wrong(404, f"The {kind.name} {document_id} has no such version.")
    return Reply(200, {"id": document_id, "kind": kind.name, **_version(found), "document": found.document})


def switch(kind: Kind, enabled: bool, call: Call, document_id: str) -> Reply:
    if not configs().set_enabled(kind.name, document_id, enabled):
        raise Wrong(404, f"There is no published {kind.name} named {document_id}.")
    return Reply(200, {"id": document_id, "kind": kind.name, "enabled": enabled})


def _endpoints(kind: Kind) -> Iterator[Endpoint]:
    many = f"/admin/{kind.plural}"
    one = f"{many}/<document_id>"

    def bound(function: Callable[..., Reply], *given: Any) -> Callable[..., Reply]:
        return partial(function, kind, *given)

    yield Endpoint("GET", many, "viewer", bound(list_documents))
    yield Endpoint("GET", one, "viewer", bound(show))
    yield Endpoint("PUT", one, "admin", bound(save))
    yield Endpoint("DELETE", one, "admin", bound(delete))
    yield Endpoint("POST", f"{one}/publish", "admin", bound(publish))
    yield Endpoint("POST", f"{one}/rollback", "admin", bound(rollback))
    yield Endpoint("GET", f"{one}/versions", "viewer", bound(versions))
    yield Endpoint("GET", f"{one}/versions/<number>", "viewer", bound(version))
    yield Endpoint("POST", f"{one}/enable", "operator", bound(switch, True))
    yield Endpoint("POST", f"{one}/disable", "operator", bound(switch, False))


ENDPOINTS = tuple(endpoint for kind in KINDS for endpoint in _endpoints(kind))


def _refuse_problems(kind: Kind, document_id: str, document: dict[str, Any]) -> None:
    if problems := problems_in_force(kind, document_id, document):
        raise Wrong(422, f"The {kind.name} has problems, so nothing was published.", problems)


def _fits_now(kind: Kind, published: Published, call: Call) -> None:
    """What has just been found to fit its org waits for nothing any more."""
    document = published.document
    for name in names_of(kind.name, published.id):
        resume(document["org"] if kind.name == "automation" else document["write"]["org"], name, call.now)


def _users(kind: Kind, document_id: str) -> list[str]:
    """The enabled documents that cannot work without this one."""
    if kind.name != "org":
        return []
    return [
        f"{user.name} {published.id}"
        for user in KINDS
        for published in configs().all_published(user.name)
        if published.enabled and _refers(user, published, kind.name, document_id)
    ]


def _refers(kind: Kind, published: Published, to_kind: str, to_id: str) -> bool:
    try:
        named = references(kind.name, kind.parse(published.document))
    except InvalidDocument:
        return False
    return any(item.kind == to_kind and item.id == to_id for item in named)


def _missing(kind: Kind, document_id: str) -> Wrong:
    return Wrong(404, f"There is no {kind.name} named {document_id}.")


def _listed(kind: Kind, item: Listed) -> dict[str, Any]:
    draft, published = item.draft, item.published
    return {
        "id": item.id,
        "kind": kind.name,
        "state": state_of(draft.document if draft else None, published.document if published else None),
        "version": published.version if published else None,
        "enabled": published.enabled if published else None,
        "etag": draft.etag if draft else None,
        "saved_at": draft.saved_at.isoformat() if draft else None,
        "saved_by": draft.saved_by if draft else None,
        "published_at": published.published_at.isoformat() if published else None,
        "published_by": published.published_by if published else None,
    }


def _saved(draft: Draft) -> dict[str, Any]:
    return {"etag": draft.etag, "saved_at": draft.saved_at.isoformat(), "saved_by": draft.saved_by}


def _version(published: Published) -> dict[str, Any]:
    return {
        "version": published.version,
        "published_at": published.published_at.isoformat(),
        "published_by": published.published_by,
    }


def _publication(kind: Kind, published: Published, *, changed: bool) -> dict[str, Any]:
    """`changed` is false where the draft was in force already."""
    return {
        "id": published.id,
        "kind": kind.name,
        "enabled": published.enabled,
        "changed": changed,
        **_version(published),
    }
