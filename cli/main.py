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
    holdings,
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


app.command("apply", short_help="Save config documents as drafts, and publish them.")(apply.apply)
app.command("diff", short_help="Show what files, drafts or versions would change.")(diff.diff)
app.command("preview")(preview.preview)
app.command("publish")(publishing.publish)
app.command("rollback", short_help="Bring an earlier version into force again.")(publishing.rollback)
app.command("list", short_help="List the config documents that the stack holds.")(holdings.list_documents)
app.command("show", short_help="Print a config document as YAML.")(holdings.show)
app.command("delete", short_help="Take a config document away.")(holdings.delete)
app.command("versions")(versions.versions)
app.command("promote", short_help="Bring what one org has into force for another.")(promote.promote)
app.command("schema", short_help="Print the JSON Schema of config documents.")(schema.schema)
app.command("enable")(publishing.enable)
app.command("disable")(publishing.disable)
app.add_typer(secrets.group, name="secrets")
app.add_typer(tokens.group, name="tokens")
app.add_typer(sources.group, name="sources")
app.add_typer(deliveries.group, name="deliveries")
app.command("backfill", short_help="Send a period of a source through today's mapping again.")(backfill.backfill)
app.add_typer(dead_letters.group, name="dead-letters")
app.command("erase", short_help="Remove a person's data everywhere in the stack.")(erase.erase)
app.add_typer(sync.group, name="sync")
app.command("nps", short_help="Show the Net Promoter Score by month and segment.")(nps.nps)
app.command("ideas", short_help="Rank what customers ask for by revenue.")(ideas.ideas)
app.command("status")(status.status)
app.command("doctor", short_help="Check API, token, logins, permissions and drift.")(doctor.doctor)


def main() -> None:
    app(prog_name="bridge")


if __name__ == "__main__":
    main()
