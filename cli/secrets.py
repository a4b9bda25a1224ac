"""`bridge secrets`: what config documents name and never contain, in Secrets Manager below the stack's name."""

import re
import sys
from typing import Annotated

import typer

from cli.failure import Failure
from cli.options import JsonOption, StackOption, begin

group = typer.Typer(help="Secrets that config documents name.", no_args_is_help=True, rich_markup_mode=None)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As it stands in the document: secret: NAME")]
ValueOption = Annotated[
    str | None,
    typer.Option(
        "--value", metavar="V", help="Its text; other programs of this machine may see it. Default: standard input."
    ),
]


@group.command("set")
def set_secret(
    ctx: typer.Context,
    name: NameArgument,
    value: ValueOption = None,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Set a secret, made anew or replaced.

    Two lines are two secrets that are both valid: that is how one is changed without a gap.
    """
    from cli.stack import aws_sentences
    from feedback_bridge.config.document import SECRET_PATTERN

    session = begin(ctx, stack, json)
    if not re.fullmatch(SECRET_PATTERN, name):
        raise Failure("A secret's name has letters, digits and _+=.@-, at most 128 of them.")
    text = value if value is not None else _read()
    if not text.strip():
        raise Failure("A secret must not be empty.")
    full_name = f"{session.stack.name}/{name}"
    with aws_sentences(f"set the secret {name}"):
        client = session.stack.client("secretsmanager")
        try:
            client.create_secret(Name=full_name, SecretString=text)
            outcome = "created"
        except client.exceptions.ResourceExistsException:
            client.put_secret_value(SecretId=full_name, SecretString=text)
            outcome = "changed"
    if not session.output.data({"name": name, "secret": full_name, "outcome": outcome}):
        session.output.line(f"The secret {name} has been {outcome}.")


def _read() -> str:
    """Typed unseen on a terminal, else all of standard input without its last line's end."""
    if sys.stdin.isatty():
        return str(typer.prompt("Value", hide_input=True))
    return sys.stdin.read().removesuffix("\n").removesuffix("\r")
