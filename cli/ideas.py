"""`bridge ideas`: what customers ask for, the ideas of the worthiest accounts first."""

from typing import Annotated

import typer

from cli.options import JsonOption, StackOption, begin

OrgOption = Annotated[
    str | None, typer.Option("--org", metavar="ID", help="Whose accounts; not needed where only one org has `ideas`.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="At most so many, the worthiest.")]


def ideas(
    ctx: typer.Context,
    org: OrgOption = None,
    limit: LimitOption = 50,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Rank what customers ask for by the yearly revenue of the accounts behind it."""
    session = begin(ctx, stack, json)
    found = list(session.api.pages("ideas", most=limit, org=org))
    if session.output.data({"items": found, "next": None}):
        return
    rows = [
        (
            "–" if item["arr"] is None else f"{item['arr']:,.0f}",
            item["accounts"],
            item["people"],
            item["idea"],
            item["title"],
            item["last_at"][:10],
        )
        for item in found
    ]
    session.output.table(("ARR", "ACCOUNTS", "PEOPLE", "IDEA", "TITLE", "LAST ASKED"), rows, without="There are none.")
