"""`bridge sources`: the tools that send us events, and what they have sent."""

import json as jsonlib
from typing import Annotated, Any

import typer

from cli import source_setup, source_trial
from cli.options import JsonOption, Session, StackOption, begin
from cli.output import remark

group = typer.Typer(help="The tools that send us events.", no_args_is_help=True, rich_markup_mode=None)

group.command("add", short_help="Make a source: secret, draft, and what to paste.")(source_setup.add)
group.command("test", short_help="Send a signed sample and show what becomes of it.")(source_trial.try_out)
group.command("rotate", short_help="Change a source's secret without a gap.")(source_setup.rotate)

SourceArgument = Annotated[str, typer.Argument(metavar="ID", help="The source's id; salesforce-ORG for an org.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=50, help="At most so many, the newest.")]


@group.command("samples", short_help="Show the last raw bodies, the people masked.")
def samples(
    ctx: typer.Context,
    source: SourceArgument,
    limit: LimitOption = 5,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Show the last raw bodies of a source, the people in them masked, each with what keeps it from being read.

    An id can be previewed: bridge preview MAPPING --feedback ID
    """
    session = begin(ctx, stack, json)
    found = session.api.get("sources", source, "samples", limit=limit)
    if session.output.data(found):
        return
    if not found["items"]:
        remark(f"{source} has sent nothing yet.")
    for item in found["items"]:
        _show(session, item)


def _show(session: Session, item: dict[str, Any]) -> None:
    line = session.output.line
    line(
        f"{item['id']}  {item['received_at'][:19]}  {item['content_type'] or 'no content type'}  {item['bytes']} bytes"
    )
    if item["problem"]:
        line(f"  problem: {item['problem']['detail']}")
        for error in item["problem"]["errors"]:
            line(f"    {error['path']}: {error['message']}")
    for title, value in (("sample", item["sample"]), ("answers", item["answers"])):
        if value is not None:
            text = jsonlib.dumps(value, ensure_ascii=False, indent=2)
            line(f"  {title}: " + text.replace("\n", "\n  "))
