"""`bridge backfill`: a period of a source once more, from the archive, through today's mapping."""

import time
from typing import Annotated, Any

import typer

from cli.failure import Failure
from cli.options import JsonOption, Session, StackOption, begin
from cli.output import remark

SourceArgument = Annotated[str, typer.Argument(metavar="SOURCE", help="The source's id; salesforce-ORG for an org.")]
SinceOption = Annotated[str, typer.Option("--since", metavar="TIME", help="ISO 8601, such as 2026-11-01.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Default: now.")]
MappingOption = Annotated[str | None, typer.Option("--mapping", metavar="ID", help="Only through this mapping.")]
ReplayOption = Annotated[str | None, typer.Option("--replay", metavar="NAME", help="Go on with one that broke off.")]
CursorOption = Annotated[str | None, typer.Option("--cursor", metavar="CURSOR", help="Where it broke off.")]

_BUSY = (429, 502, 503, 504)
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before a part is asked for once more. A part that was half done is done again, which doubles nothing."""


def backfill(
    ctx: typer.Context,
    source: SourceArgument,
    since: SinceOption,
    until: UntilOption = None,
    mapping: MappingOption = None,
    replay: ReplayOption = None,
    cursor: CursorOption = None,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Send what a source sent in a period through today's mapping again. Nothing is doubled: what was written is found.

    Deliveries that it makes carry its name: bridge deliveries list shows them as they end. Exits with 1 when events
    could no longer be read.
    """
    from cli.source_access import find_source

    session = begin(ctx, stack, json)
    asked = {"source": source, "since": since, "until": until, "mapping": mapping, "replay": replay, "cursor": cursor}
    told = _run(session, {name: value for name, value in asked.items() if value is not None})
    if not told["count"] and not told["unreadable"]:
        find_source(session, source)  # nothing of a source that there is, or no such source
    if not session.output.data(told):
        remark(
            f"{told['count']} {'event is' if told['count'] == 1 else 'events are'} on the way again: {told['replay']}"
        )
        for feedback_id in told["unreadable"]:
            session.output.line(f"cannot be read: {feedback_id}")
    raise typer.Exit(1 if told["unreadable"] else 0)


def _run(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    count, unreadable = 0, []
    with session.output.progress(f"Replaying {asked['source']}", None) as done:
        while True:
            part = _part(session, asked)
            # The end is fixed by the first part: what arrives meanwhile is on its way by itself.
            asked |= {"replay": part["replay"], "cursor": part["next"], "until": part["until"]}
            count += part["count"]
            unreadable += part["unreadable"]
            for _ in range(part["count"]):
                done()
            if part["next"] is None:
                return {"replay": part["replay"], "count": count, "unreadable": unreadable}


def _part(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Raises Failure, with how to go on."""
    for pause in (*_PAUSES, None):
        try:
            part: dict[str, Any] = session.api.post("replays", body=asked)
            return part
        except Failure as failure:
            # Without a status nothing answered at all.
            if pause is None or getattr(failure, "status", _BUSY[0]) not in _BUSY:
                raise _broken_off(failure, asked) from failure
        time.sleep(pause)
    raise AssertionError("the last pause is None")


def _broken_off(failure: Failure, asked: dict[str, Any]) -> Failure:
    if "cursor" not in asked:
        return failure
    go_on = f"Go on with --replay {asked['replay']} --until {asked['until']} --cursor {asked['cursor']}"
    return Failure(failure.sentence, [*failure.lines, go_on], failure.body)
