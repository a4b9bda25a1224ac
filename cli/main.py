"""The `bridge` command: its groups, its global options, and how it fails."""

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from cli import (
    apply,
    backfill,
    dead_letters,
    deliveries,
    diff,
    doctor,
    erase,
    ideas,
    nps,
    preview,
    promote,
    publishing,
    schema,
    secrets,
    sources,
    status,
    sync,
    tokens,
    versions,
)
from cli.failure import Failure
from cli.options import JsonOption, Settings, StackOption


class Commands(TyperGroup):
    """Ends every command in plain words: no traceback, whatever happens."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Failure as failure:
            _tell(failure, ctx)
        except (TyperException, typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if os.environ.get("BRIDGE_DEBUG"):
                raise
            sentence = f"Something unexpected happened ({type(error).__name__}); BRIDGE_DEBUG=1 shows where."
            _tell(Failure(sentence), ctx)
        raise typer.Exit(1)


def _tell(failure: Failure, ctx: Any) -> None:
    print(failure.sentence, *failure.lines, sep="\n", file=sys.stderr)
    if isinstance(ctx.obj, Settings) and ctx.obj.json:
        from cli.output import print_json

        print_json({"error": failure.sentence, **failure.body})


app = typer.Typer(
    cls=Commands,
    help="Feedback Bridge: carries what customers say into Salesforce.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def settings(ctx: typer.Context, stack: StackOption = None, json: JsonOption = False) -> None:
    """What holds for every command; each also takes these behind its own name."""
    ctx.obj = Settings(stack, json)


app.command("apply")(apply.apply)
app.command("diff")(diff.diff)
app.command("preview")(preview.preview)
app.command("publish")(publishing.publish)
app.command("rollback")(publishing.rollback)
app.command("versions")(versions.versions)
app.command("promote")(promote.promote)
app.command("schema")(schema.schema)
app.command("enable")(publishing.enable)
app.command("disable")(publishing.disable)
app.add_typer(secrets.group, name="secrets")
app.add_typer(tokens.group, name="tokens")
app.add_typer(sources.group, name="sources")
app.add_typer(deliveries.group, name="deliveries")
app.command("backfill")(backfill.backfill)
app.add_typer(dead_letters.group, name="dead-letters")
app.command("erase")(erase.erase)
app.add_typer(sync.group, name="sync")
app.command("nps")(nps.nps)
app.command("ideas")(ideas.ideas)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)


def main() -> None:
    app(prog_name="bridge")


if __name__ == "__main__":
    main()
