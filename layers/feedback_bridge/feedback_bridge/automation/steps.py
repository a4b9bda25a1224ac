"""An automation as mappings: what it does at once, and what it does when nobody acted.

Telling somebody is a write too, of a notice: an object of our own that no org has. So words are found, looked up and
checked as fields are, and a notice is remembered by its delivery as a record is.
"""

import json
from collections.abc import Iterator
from typing import Any, get_args

from feedback_bridge.automation.document import AutomationDocument, Notify, Steps
from feedback_bridge.automation.request import MOST_TEXTS, dotted, text_name, texts_in
from feedback_bridge.config.problem import Problem
from feedback_bridge.feedback.model import FeedbackType
from feedback_bridge.mapping.document import MappingDocument
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema

EMAIL, WEBHOOK, EVENT = "Feedback_Bridge_Email", "Feedback_Bridge_Webhook", "Feedback_Bridge_Event"
REQUEST = "Feedback_Bridge_Request"
_LONGEST = 100_000


def _notice(name: str, label: str, *fields: FieldSchema) -> ObjectSchema:
    return ObjectSchema(name, label, True, True, False, False, {field.name: field for field in fields})


def _text(name: str, length: int = _LONGEST, *, nillable: bool = False) -> FieldSchema:
    return FieldSchema(name, name, "textarea", length=length, nillable=nillable)


NOTICES = {
    EMAIL: _notice(EMAIL, "e-mail", _text("to", 2000), _text("subject", 500), _text("text")),
    WEBHOOK: _notice(
        WEBHOOK, "webhook", _text("secret", 128), _text("format", 10), _text("feedback_id", 255), _text("text", 20_000)
    ),
    REQUEST: _notice(
        REQUEST,
        "request",
        _text("secret", 128),
        _text("feedback_id", 255),
        _text("body"),
        *(_text(text_name(number), nillable=True) for number in range(MOST_TEXTS)),
    ),
    EVENT: _notice(EVENT, "event", _text("name", 200), _text("text")),
}


def at_once(automation: AutomationDocument) -> MappingDocument:
    return _mapping(automation, automation, automation.when)


def when_nobody_acted(automation: AutomationDocument) -> MappingDocument | None:
    return _mapping(automation, automation.escalate, None) if automation.escalate else None


def in_automation(problem: Problem, steps: Steps, prefix: str = "") -> Problem:
    """The problem of a mapping, by its place in the automation that the mapping was made of."""
    path = problem.path
    notices = [f"notify[{index}].{_kind(item)}" for index, item in enumerate(steps.notify)]
    written = steps.write is not None
    places = {"write": notices[0]} if not written else {}
    offset = len(steps.then) if written else -1
    for index, place in enumerate(notices):
        places[f"then[{index + offset}].write"] = place
    for ours, place in places.items():
        if path == ours or path.startswith(f"{ours}."):
            path = (place + path.removeprefix(ours)).replace(".fields.", ".")
            break
    for index, item in enumerate(steps.notify):
        for number, (where, _) in enumerate(texts_in(item.request.body) if item.request else ()):
            path = path.replace(
                f"notify[{index}].request.{text_name(number)}.template", f"notify[{index}].request.body.{dotted(where)}"
            )
    return Problem(path=prefix + ("org" if path == "write.org" else path), message=problem.message)


def _mapping(automation: AutomationDocument, steps: Steps, when: Any) -> MappingDocument:
    rules = list(_notices(steps.notify))
    if steps.write is not None:
        main, follows = _dump(steps.write), [*map(_dump, steps.then), *rules]
    else:
        first, *follows = rules
        main = first["write"]
        when = _both(when, first.get("when"))
    document: dict[str, Any] = {
        "id": automation.id,
        "source": automation.source,
        "on": list(get_args(FeedbackType)),
        "write": {"org": automation.org, **main},
        "then": follows,
    }
    if when is not None:
        document["when"] = _dump(when)
    return MappingDocument.model_validate(document)


def _notices(notify: list[Notify]) -> Iterator[dict[str, Any]]:
    for item in notify:
        rule: dict[str, Any] = {"write": {"operation": "insert", **_write_of(item)}}
        if item.when is not None:
            rule["when"] = _dump(item.when)
        yield rule


def _write_of(item: Notify) -> dict[str, Any]:
    if item.email is not None:
        words: dict[str, Any] = {"to": item.email.to, "subject": item.email.subject, "text": item.email.text}
        return {"object": EMAIL, "fields": {name: _dump(word) for name, word in words.items()}}
    if item.webhook is not None:
        fixed = {"secret": {"value": item.webhook.secret}, "format": {"value": item.webhook.format}}
        fixed["feedback_id"] = {"from": "id"}
        return {"object": WEBHOOK, "fields": {**fixed, "text": _dump(item.webhook.text)}}
    if item.request is not None:
        texts = {text_name(n): {"template": text} for n, (_, text) in enumerate(texts_in(item.request.body))}
        head = {"secret": {"value": item.request.secret}, "feedback_id": {"from": "id"}}
        return {"object": REQUEST, "fields": {**head, "body": {"value": json.dumps(item.request.body)}, **texts}}
    assert item.event is not None  # noqa: S101 - the model has checked that there is exactly one
    return {"object": EVENT, "fields": {"name": _dump(item.event.name), "text": _dump(item.event.text)}}


def _kind(item: Notify) -> str:
    return next(name for name in ("email", "webhook", "request", "event") if getattr(item, name) is not None)


def _both(one: Any, other: Any) -> Any:
    return {"all": [_dump(one), other]} if one is not None and other is not None else one or other


def _dump(part: Any) -> Any:
    return part if isinstance(part, dict) else part.model_dump(by_alias=True, exclude_unset=True)
