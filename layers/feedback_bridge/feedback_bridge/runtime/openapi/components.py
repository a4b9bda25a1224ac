"""The shapes that several answers have, and those of feedback and config documents, taken from their models."""

import json
from collections.abc import Mapping
from typing import Any

from feedback_bridge.config.kinds import KINDS
from feedback_bridge.config.lifecycle import State
from feedback_bridge.delivery.delivery import STATUSES
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.runtime.erasing import KINDS as ERASED
from feedback_bridge.runtime.openapi.shapes import (
    ANY_OBJECT,
    ANYTHING,
    FLAG,
    NUMBER,
    TEXT,
    TIME,
    Schema,
    many,
    one_of,
    or_null,
    ref,
    shape,
)

_DELIVERY = shape(
    id=TEXT,
    feedback_id=TEXT,
    source=TEXT,
    mapping=or_null(TEXT),
    mapping_version=or_null(NUMBER),
    status=one_of(STATUSES),
    reason=or_null(TEXT),
    org=or_null(TEXT),
    object=or_null(TEXT),
    record_id=or_null(TEXT),
    records=many(shape(effect=TEXT, object=TEXT, operation=TEXT, record_id=TEXT)),
    warnings=many(TEXT),
    attempts=NUMBER,
    replay=or_null(TEXT),
    created_at=TIME,
    updated_at=TIME,
)
_PROBLEM = shape(type=TEXT, title=TEXT, status=NUMBER)
_PROBLEM = {**_PROBLEM, "properties": {**_PROBLEM["properties"], "detail": TEXT, "errors": many(ref("Fault"))}}

_VERSION = {"version": NUMBER, "published_at": TIME, "published_by": TEXT}
_DRAFT = {"etag": TEXT, "saved_at": TIME, "saved_by": TEXT, "problems": many(ref("Fault"))}

_LISTED = shape(
    id=TEXT,
    kind=TEXT,
    state=one_of(State.__args__),  # type: ignore[attr-defined]
    version=or_null(NUMBER),
    enabled=or_null(FLAG),
    etag=or_null(TEXT),
    saved_at=or_null(TIME),
    saved_by=or_null(TEXT),
    published_at=or_null(TIME),
    published_by=or_null(TEXT),
)
_LETTER = shape(
    id=TEXT,
    queue=TEXT,
    feedback_id=or_null(TEXT),
    source=or_null(TEXT),
    receives=NUMBER,
    sent_at=TIME,
    explanation=TEXT,
    deliveries=many(ref("Delivery")),
)
_SAMPLE = shape(
    id=TEXT,
    received_at=TIME,
    content_type=TEXT,
    bytes=NUMBER,
    content=NUMBER,
    sample=ANYTHING,
    answers=ANYTHING,
    problem=or_null(shape(detail=TEXT, errors=many(ref("Fault")))),
)
_RUN = shape(
    id=TEXT,
    sync=TEXT,
    version=NUMBER,
    direction=TEXT,
    dry_run=FLAG,
    by=TEXT,
    status=TEXT,
    reason=or_null(TEXT),
    phase=or_null(TEXT),
    progress=or_null(shape(done=NUMBER, total=or_null(NUMBER))),
    counts=ANY_OBJECT,
    started_at=TIME,
    ended_at=or_null(TIME),
    seconds=or_null({"type": "number"}),
)

_COUNTS = shape(**dict.fromkeys(ERASED, NUMBER))

SHAPES: Mapping[str, Schema] = {
    "Problem": _PROBLEM,
    "Fault": shape(path=TEXT, message=TEXT),
    "Receipt": shape(feedback_id=or_null(TEXT), status=one_of(("accepted", "duplicate", "ignored"))),
    "Delivery": _DELIVERY,
    "Listed": _LISTED,
    "Version": shape(**_VERSION),
    "Saved": shape(id=TEXT, kind=TEXT, **_DRAFT),
    "Shown": shape(
        id=TEXT,
        kind=TEXT,
        draft=or_null(shape(document=ANY_OBJECT, **_DRAFT)),
        published=or_null(shape(document=ANY_OBJECT, enabled=FLAG, **_VERSION)),
    ),
    "Publication": shape(id=TEXT, kind=TEXT, enabled=FLAG, changed=FLAG, **_VERSION),
    "Sample": _SAMPLE,
    "DeadLetter": _LETTER,
    "Run": _RUN,
    "Idea": shape(
        idea=TEXT,
        title=TEXT,
        accounts=NUMBER,
        people=NUMBER,
        arr=or_null({"type": "number"}),
        accounts_without_arr=NUMBER,
        last_at=TIME,
    ),
    "Erasure": shape(
        removed=_COUNTS,
        left=_COUNTS,
        feedback=many(TEXT),
        salesforce_records=many(shape(org=TEXT, object=TEXT, record_id=TEXT)),
        linked_addresses=NUMBER,
        under_way=NUMBER,
        complete=FLAG,
        next=or_null(TEXT),
    ),
    "Rehearsal": shape(
        outcome=TEXT, writes=many(ANY_OBJECT), lookups=many(ANY_OBJECT), warnings=many(TEXT), calls=NUMBER
    ),
}


def components() -> dict[str, Any]:
    """By name: the shapes, `Feedback`, and each kind of config document (`Source`, `Org`, `Mapping`, …)."""
    found: dict[str, Any] = dict(SHAPES)
    feedback = Feedback.model_json_schema(mode="serialization")
    # Some answers add to it, such as its deliveries.
    feedback.pop("additionalProperties")
    _lift("Feedback", feedback, found)
    for kind in KINDS:
        _lift(document_name(kind.name), kind.schema(), found)
    return found


def document_name(kind: str) -> str:
    return kind.capitalize()


def _lift(name: str, schema: dict[str, Any], into: dict[str, Any]) -> None:
    """A model's own definitions become components, by names that cannot meet those of another model."""
    text = json.dumps(schema, ensure_ascii=False).replace("#/$defs/", f"#/components/schemas/{name}.")
    lifted: dict[str, Any] = json.loads(text)
    for key in ("$schema", "$id"):
        lifted.pop(key, None)
    for part, definition in lifted.pop("$defs", {}).items():
        into[f"{name}.{part}"] = definition
    into[name] = lifted
