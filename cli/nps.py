"""`bridge nps`: the Net Promoter Score over time, with a chart."""

from collections.abc import Mapping
from itertools import dropwhile
from typing import Annotated, Any

import typer

from cli.options import JsonOption, StackOption, begin

AccountOption = Annotated[
    str | None, typer.Option("--account", metavar="ID", help="A Salesforce account; or a tool's, with --source.")
]
SourceOption = Annotated[str | None, typer.Option("--source", metavar="ID", help="The source that the account is of.")]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Default: a year ago.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Default: today.")]

HALF = 20
"""Characters of a bar from 0 to 100, and as many from 0 to -100."""


def nps(
    ctx: typer.Context,
    account: AccountOption = None,
    source: SourceOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Show the score of everybody, or of one account, by month and by segment."""
    session = begin(ctx, stack, json)
    told = session.api.get("nps", account=account, source=source, since=since, until=until)
    output = session.output
    if output.data(told):
        return
    output.line(f"NPS {_score(told)} from {told['since']} to {told['until']}: {_counts(told)}")
    months = [
        (item["month"], _score(item), item["answers"], bar(item["score"]))
        for item in dropwhile(lambda item: not item["answers"], told["months"])
    ]
    output.table(("MONTH", "SCORE", "ANSWERS", "-100" + " " * (HALF - 4) + "0" + " " * (HALF - 3) + "100"), months)
    for name, health in told.get("health", {}).items():
        output.line(f"Health {health['score']} ({name}): {health['explanation']}")
    if told["segments"]:
        rows = [(f"{item['segment']}={item['value']}", _score(item), item["answers"]) for item in told["segments"]]
        output.table(("SEGMENT", "SCORE", "ANSWERS"), rows)


def bar(score: int | None) -> str:
    """Left of the middle for a score below 0, right of it above; nothing where nobody answered."""
    if score is None:
        return ""
    length = round(abs(score) * HALF / 100)
    left, right = (length, 0) if score < 0 else (0, length)
    return f"{'█' * left:>{HALF}}│{'█' * right}"


def _score(item: Mapping[str, Any]) -> str:
    return "–" if item["score"] is None else f"{item['score']:+d}" if item["score"] else "0"


def _counts(item: Mapping[str, Any]) -> str:
    return (
        f"{item['answers']} answers ({item['promoters']} promoters, {item['passives']} passives, "
        f"{item['detractors']} detractors)"
    )
