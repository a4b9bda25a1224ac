"""`bridge dead-letters`: messages that were given up, why, and back to work with them."""

import json as jsonlib
from typing import Annotated, Any

import typer

from cli.failure import Failure
from cli.options import JsonOption, Session, StackOption, begin
from cli.output import remark

group = typer.Typer(help="Messages that were given up.", no_args_is_help=True, rich_markup_mode=None)

QueueOption = Annotated[
    str | None, typer.Option("--queue", metavar="NAME", help="Only of this queue: `bridge status`.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=100, help="At most so many.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `bridge dead-letters list` shows it.")]
IdsArgument = Annotated[list[str], typer.Argument(metavar="[ID...]", help="These; or choose them by options.")]
AllOption = Annotated[bool, typer.Option("--all", help="All of all queues.")]


@group.command("list", short_help="List them, each with the reason.")
def list_letters(
    ctx: typer.Context,
    queue: QueueOption = None,
    limit: LimitOption = 50,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """List dead letters, each with the reason and what became of its feedback so far."""
    session = begin(ctx, stack, json)
    found = session.api.get("dead-letters", queue=queue, limit=limit)
    if session.output.data(found):
        return
    rows = [
        (item["queue"], item["sent_at"][:19], item["id"], item["feedback_id"], _ended(item), item["explanation"])
        for item in found["items"]
    ]
    columns = ("QUEUE", "SENT", "ID", "FEEDBACK", "DELIVERIES", "WHY")
    session.output.table(columns, rows, without="There are no dead letters.")
    if found["more"]:
        remark("There are more; --queue and --limit choose among them.")


@group.command("show", short_help="Show one: what it is about, and why it was given up.")
def show(ctx: typer.Context, letter: IdArgument, stack: StackOption = None, json: JsonOption = False) -> None:
    """Show one dead letter: what it is about, why it was given up, and what it says, the people in it masked."""
    session = begin(ctx, stack, json)
    found = session.api.get("dead-letters", letter)
    if session.output.data(found):
        return
    line = session.output.line
    for name in ("id", "queue", "feedback_id", "source", "mapping", "replay", "sent_at", "receives", "explanation"):
        if found[name] is not None:
            line(f"{name:<12} {found[name]}")
    for item in found["deliveries"]:
        line(f"{'delivery':<12} {item['id']}: {item['status']} {item['reason'] or ''}".rstrip())
    line(f"{'body':<12} " + jsonlib.dumps(found["body"], ensure_ascii=False, indent=2).replace("\n", f"\n{'':13}"))


@group.command("redrive")
def redrive(
    ctx: typer.Context,
    letters: IdsArgument = [],  # noqa: B006 - Typer copies it
    queue: QueueOption = None,
    everything: AllOption = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Send dead letters back to work. Each is in its work queue before it leaves the dead letters, so none is lost.

    Exits with 1 when one of them could not be sent back.
    """
    session = begin(ctx, stack, json)
    if not letters and not queue and not everything:
        raise Failure("Name dead letters, or choose them with --queue or --all.")
    asked: dict[str, Any] = {key: value for key, value in (("queue", queue), ("ids", letters)) if value}
    sent, left = _sent_back(session, asked, len(letters) or None)
    if letters and (unknown := set(letters) - {item["id"] for item in [*sent, *left]}):
        raise Failure(f"There is no dead letter {', '.join(sorted(unknown))}.", body={"redriven": sent, "left": left})
    if not session.output.data({"redriven": sent, "left": left}):
        remark(f"{len(sent)} {'message is' if len(sent) == 1 else 'messages are'} back at work.")
        for item in left:
            session.output.line(
                f"{item['queue']} {item['id']}: stays, for no function could read it or it has no queue"
            )
    raise typer.Exit(1 if left else 0)


def _sent_back(
    session: Session, asked: dict[str, Any], total: int | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Until there are no more, or a call sends none."""
    sent: list[dict[str, Any]] = []
    with session.output.progress("Sending back", total) as done:
        while True:
            told = session.api.post("dead-letters", "redrive", body=asked)
            sent += told["redriven"]
            for _ in told["redriven"]:
                done()
            if not told["more"] or not told["redriven"]:
                return sent, told["left"]


def _ended(item: dict[str, Any]) -> str:
    return ", ".join(f"{part['mapping'] or '-'} {part['status']}" for part in item["deliveries"])
