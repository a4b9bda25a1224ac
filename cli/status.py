"""`bridge status`: each part of the stack, green or red."""

import typer

from cli.options import JsonOption, StackOption, begin


def status(ctx: typer.Context, stack: StackOption = None, json: JsonOption = False) -> None:
    """Show each part green or red, with the reason. Exits with 1 when one is red."""
    session = begin(ctx, stack, json)
    told = session.api.get("status")
    if not session.output.data(told):
        rows = [(part["status"], part["kind"], part["name"], part["reason"]) for part in told["parts"]]
        session.output.table(("STATUS", "PART", "NAME", "REASON"), rows)
    raise typer.Exit(1 if told["status"] == "red" else 0)
