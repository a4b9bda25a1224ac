"""`bridge deliveries`: what became of feedback, and once more."""

import time
from typing import Annotated, Any, Literal

import typer

from cli.failure import Failure
from cli.options import JsonOption, Session, StackOption, begin
from cli.output import remark

group = typer.Typer(help="What became of every feedback.", no_args_is_help=True, rich_markup_mode=None)

SourceOption = Annotated[str | None, typer.Option("--source", metavar="ID", help="Only of this source.")]
MappingOption = Annotated[str | None, typer.Option("--mapping", metavar="ID", help="Only of this mapping.")]
StatusOption = Annotated[
    Literal["delivered", "skipped", "pending", "failed"] | None, typer.Option("--status", help="Only with this status.")
]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="TIME", help="ISO 8601, such as 2026-11-21.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `bridge deliveries list` shows it.")]
IdsArgument = Annotated[list[str], typer.Argument(metavar="[ID...]", help="Deliveries; or choose them by options.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Wait until they have ended; exit with 1 if one failed.")]
TimeoutOption = Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=1, help="How long to wait.")]

_WAIT_SECONDS = 1.0


@group.command("list")
def list_deliveries(
    ctx: typer.Context,
    source: SourceOption = None,
    mapping: MappingOption = None,
    status: StatusOption = None,
    since: SinceOption = None,
    limit: LimitOption = 50,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """List deliveries, newest first."""
    session = begin(ctx, stack, json)
    wanted = {"source": source, "mapping": mapping, "status": status, "since": since}
    found = list(session.api.pages("deliveries", most=limit, **wanted))
    if not session.output.data({"items": found, "next": None}):
        rows = [
            (item["created_at"][:19], item["status"], item["id"], item["object"], item["record_id"], item["reason"])
            for item in found
        ]
        session.output.table(("CREATED", "STATUS", "ID", "OBJECT", "RECORD", "REASON"), rows, without="There are none.")


@group.command("show")
def show(ctx: typer.Context, delivery: IdArgument, stack: StackOption = None, json: JsonOption = False) -> None:
    """Show one delivery with everything that is known of it."""
    session = begin(ctx, stack, json)
    found = session.api.get("deliveries", delivery)
    if session.output.data(found):
        return
    for name, value in found.items():
        if value not in (None, []):
            session.output.line(f"{name:<16} {_shown(value)}")


@group.command("replay")
def replay(
    ctx: typer.Context,
    deliveries: IdsArgument = [],  # noqa: B006 - Typer copies it
    source: SourceOption = None,
    mapping: MappingOption = None,
    status: StatusOption = None,
    since: SinceOption = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = 120,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Send archived events through today's mapping again. Nothing is doubled: what was written is found."""
    session = begin(ctx, stack, json)
    wanted = {"source": source, "mapping": mapping, "status": status, "since": since}
    ids = deliveries or _chosen(session, wanted)
    asked = []
    with session.output.progress("Replaying", len(ids)) as done:
        for delivery in ids:
            asked.append(session.api.post("deliveries", delivery, "replay"))
            done()
    ended = _awaited(session, asked, timeout) if wait else []
    if not session.output.data({"replays": asked, "deliveries": ended}):
        remark(f"{len(asked)} {'delivery is' if len(asked) == 1 else 'deliveries are'} on the way again.")
        for item in ended:
            session.output.line(f"{item['status']} {item['id']} {item['reason'] or item['record_id'] or ''}".rstrip())
    if any(item["status"] == "failed" for item in ended):
        raise typer.Exit(1)


def _chosen(session: Session, wanted: dict[str, Any]) -> list[str]:
    if not any(wanted.values()):
        raise Failure("Name deliveries, or choose them with --source, --mapping, --status or --since.")
    ids = [item["id"] for item in session.api.pages("deliveries", **wanted)]
    if not ids:
        raise Failure("There is no such delivery.")
    return ids


def _awaited(session: Session, asked: list[dict[str, Any]], timeout: float) -> list[dict[str, Any]]:
    """The deliveries as these replays left them. Raises Failure when it takes too long."""
    ends = time.monotonic() + timeout
    ended = []
    for item in asked:
        while True:
            found = session.api.get("deliveries", item["delivery_id"])
            if found["replay"] == item["replay"] and found["status"] != "pending":
                ended.append(found)
                break
            if time.monotonic() > ends:
                raise Failure(f"Not all have ended within {timeout:g} seconds; they go on by themselves.")
            time.sleep(_WAIT_SECONDS)
    return ended


def _shown(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    parts = [
        " ".join(str(part) for part in item.values() if part is not None) if isinstance(item, dict) else str(item)
        for item in value
    ]
    return f"\n{'':17}".join(parts)
