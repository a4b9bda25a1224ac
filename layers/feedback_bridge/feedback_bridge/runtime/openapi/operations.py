"""What each endpoint of the admin API takes and gives. An endpoint is in the document with a line here; its words are
those of its function."""

from collections.abc import Mapping
from dataclasses import dataclass

from feedback_bridge.config.kinds import KINDS, Kind
from feedback_bridge.delivery.delivery import STATUSES
from feedback_bridge.runtime.openapi.components import document_name
from feedback_bridge.runtime.openapi.shapes import (
    ANY_OBJECT,
    FLAG,
    NUMBER,
    TEXT,
    TIME,
    Schema,
    asked,
    many,
    one_of,
    or_null,
    page,
    parameter,
    ref,
    shape,
)


@dataclass(frozen=True, slots=True)
class Told:
    """`title` is what it does; `status` and `reply` what comes when it is done. `body` None: it takes none.

    `created`: 201 stands for the same, where it was not there before. `media` is the reply's type.
    """

    title: str
    reply: Schema | None
    status: int = 200
    query: tuple[Schema, ...] = ()
    body: Schema | None = None
    body_needed: bool = True
    guarded: bool = False
    created: bool = False
    media: str = "application/json"


LIMIT = parameter("limit", {"type": "integer", "minimum": 1}, "How many items a page may have; it may have fewer.")
CURSOR = parameter("cursor", TEXT, "`next` of the page before.")
PAGED = (LIMIT, CURSOR)
SOURCE = parameter("source", TEXT, "Only of this source.")
SINCE = parameter("since", TEXT, "ISO 8601; without an offset it is UTC.")
UNTIL = parameter("until", TEXT, "ISO 8601; without an offset it is UTC.")

_SAMPLED: Mapping[str, Schema] = {
    "feedback_id": TEXT,
    "sample": {},
    "source": TEXT,
    "content_type": TEXT,
    "answers": {},
    "values": ANY_OBJECT,
}
_REPLAY = shape(replay=TEXT, count=NUMBER)

_ONCE: Mapping[tuple[str, str], Told] = {
    ("POST", "/admin/mappings/<document_id>/preview"): Told(
        "Preview a mapping", ref("Rehearsal"), body=asked(**_SAMPLED)
    ),
    ("POST", "/admin/automations/<document_id>/preview"): Told(
        "Preview an automation", ref("Rehearsal"), body=asked(**_SAMPLED)
    ),
    ("POST", "/admin/sources/<document_id>/preview"): Told(
        "Preview a source", shape(source=TEXT, feedback=ref("Feedback")), body=asked(**_SAMPLED)
    ),
    ("GET", "/admin/sources/<document_id>/samples"): Told("List raw samples", page(ref("Sample")), query=PAGED),
    ("GET", "/admin/schemas"): Told("List the kinds of documents", page(shape(kind=TEXT, plural=TEXT))),
    ("GET", "/admin/schemas/<kind>"): Told("Show the JSON Schema of a kind", ANY_OBJECT),
    ("GET", "/admin/orgs/<org_id>/objects"): Told("List an org's objects", page(ANY_OBJECT)),
    ("GET", "/admin/orgs/<org_id>/objects/<sobject>"): Told(
        "Show an org's object",
        shape(name=TEXT, label=TEXT, fields=many(ANY_OBJECT)),
        query=(parameter("fresh", one_of(("true", "false")), "As it is this moment."),),
    ),
    ("POST", "/admin/orgs/<org_id>/check"): Told(
        "Check the login and that the mappings fit",
        shape(org=TEXT, login_problem=or_null(TEXT), mappings=many(ANY_OBJECT)),
    ),
    ("GET", "/admin/feedback/<feedback_id>"): Told(
        "Show a feedback", {"allOf": [ref("Feedback"), shape(deliveries=many(ref("Delivery")))]}
    ),
    ("GET", "/admin/deliveries"): Told(
        "List deliveries",
        page(ref("Delivery")),
        query=(
            SOURCE,
            parameter("mapping", TEXT, "Only of this mapping."),
            parameter("status", one_of(STATUSES), "Only with this status."),
            SINCE,
            *PAGED,
        ),
    ),
    ("GET", "/admin/deliveries/<delivery_id>"): Told("Show a delivery", ref("Delivery")),
    ("POST", "/admin/deliveries/<delivery_id>/replay"): Told(
        "Replay a delivery", shape(replay=TEXT, count=NUMBER, delivery_id=TEXT), status=202
    ),
    ("POST", "/admin/replays"): Told(
        "Replay a period",
        {
            **_REPLAY,
            "properties": {**_REPLAY["properties"], "unreadable": many(TEXT), "until": TIME, "next": or_null(TEXT)},
        },
        status=202,
        body={
            **asked(
                source=TEXT, since=TEXT, until=or_null(TEXT), mapping=or_null(TEXT), replay=TEXT, cursor=or_null(TEXT)
            ),
            "required": ["source", "since"],
        },
    ),
    ("GET", "/admin/dead-letters"): Told(
        "List dead letters",
        page(ref("DeadLetter"), more=FLAG),
        query=(parameter("queue", TEXT, "Only of this queue."), LIMIT),
    ),
    ("GET", "/admin/dead-letters/<letter_id>"): Told("Show a dead letter", ref("DeadLetter")),
    ("POST", "/admin/dead-letters/redrive"): Told(
        "Send dead letters back to work",
        shape(redriven=many(ANY_OBJECT), left=many(ANY_OBJECT), more=FLAG),
        status=202,
        body=asked(queue=TEXT, ids={**many(TEXT), "minItems": 1}),
        body_needed=False,
    ),
    ("POST", "/admin/erasures"): Told(
        "Erase a person",
        ref("Erasure"),
        body={**asked(email=TEXT, linked=FLAG, cursor=or_null(TEXT)), "required": ["email"]},
    ),
    ("GET", "/admin/status"): Told("Show each part, green or red", shape(status=TEXT, parts=many(ANY_OBJECT))),
    ("GET", "/admin/token"): Told(
        "Show the caller's own token", shape(name=TEXT, scope=TEXT, expires_at=or_null(TIME))
    ),
    ("GET", "/admin/nps"): Told(
        "Show Net Promoter Scores",
        shape(account=or_null(TEXT)),
        query=(parameter("account", TEXT, "A Salesforce id, or a tool's own with its source."), SOURCE, SINCE, UNTIL),
    ),
    ("GET", "/admin/ideas"): Told(
        "List what customers ask for, by the yearly revenue of the accounts behind it",
        page(ref("Idea"), org=or_null(TEXT)),
        query=(parameter("org", TEXT, "Whose accounts they are."), *PAGED),
    ),
    ("POST", "/admin/syncs/<sync_id>/runs"): Told(
        "Begin a run",
        ref("Run"),
        status=202,
        body=asked(direction=one_of(("push", "pull", "both")), dry_run=FLAG, force=FLAG),
        body_needed=False,
    ),
    ("GET", "/admin/syncs/<sync_id>/runs"): Told("List runs", page(ref("Run")), query=PAGED),
    ("GET", "/admin/syncs/<sync_id>/runs/<run_id>"): Told("Show a run", ref("Run")),
    ("GET", "/admin/syncs/<sync_id>/runs/<run_id>/rows"): Told(
        "List rows that were not written",
        page(ANY_OBJECT),
        query=(parameter("trouble", TEXT, "unmatched, ambiguous, invalid or refused."), *PAGED),
    ),
    ("GET", "/admin/syncs/<sync_id>/runs/<run_id>/rows.csv"): Told(
        "Give rows that were not written as CSV", TEXT, query=(CURSOR,), media="text/csv"
    ),
    ("POST", "/admin/syncs/<sync_id>/runs/<run_id>/cancel"): Told("Cancel a run", ref("Run"), status=202),
}


def operations() -> Mapping[tuple[str, str], Told]:
    """By method and rule."""
    return {**_ONCE, **{key: told for kind in KINDS for key, told in _of_documents(kind).items()}}


def _of_documents(kind: Kind) -> Mapping[tuple[str, str], Told]:
    many_of = f"/admin/{kind.plural}"
    one = f"{many_of}/<document_id>"
    switched = shape(id=TEXT, kind=TEXT, enabled=FLAG)
    # A draft is saved as it is sent, problems and all.
    document = {"anyOf": [ref(document_name(kind.name)), ANY_OBJECT]}
    return {
        ("GET", many_of): Told(f"List {kind.plural}", page(ref("Listed")), query=PAGED),
        ("GET", one): Told(f"Show the {kind.name}", ref("Shown")),
        ("PUT", one): Told(
            f"Save the draft of the {kind.name}", ref("Saved"), body=document, guarded=True, created=True
        ),
        ("DELETE", one): Told(f"Delete the {kind.name}", None, status=204, guarded=True),
        ("POST", f"{one}/publish"): Told(f"Publish the {kind.name}", ref("Publication"), guarded=True),
        ("POST", f"{one}/rollback"): Told(
            f"Bring back a version of the {kind.name}",
            ref("Publication"),
            body=shape(version={"type": "integer", "minimum": 1, "maximum": 999_999}),
        ),
        ("GET", f"{one}/versions"): Told(f"List versions of the {kind.name}", page(ref("Version")), query=PAGED),
        ("GET", f"{one}/versions/<number>"): Told(f"Show a version of the {kind.name}", ref("Version")),
        ("POST", f"{one}/enable"): Told(f"Enable the {kind.name}", switched),
        ("POST", f"{one}/disable"): Told(f"Disable the {kind.name}", switched),
    }
