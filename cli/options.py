"""The options that every command has, and what a command begins with."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output import Output

if TYPE_CHECKING:
    from cli.api import Api
    from cli.stack import Stack

StackOption = Annotated[
    str | None, typer.Option("--stack", metavar="NAME", help="A stack in AWS, by its name; default: .local/stack.json.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FileOption = Annotated[
    list[str], typer.Option("-f", "--file", metavar="DIR|FILE", help="A YAML or JSON file, or a folder of them.")
]
SetOption = Annotated[
    list[str], typer.Option("--set", metavar="NAME=VALUE", help="What ${NAME} stands for in the files.")
]

DocumentArguments = Annotated[
    list[str], typer.Argument(metavar="KIND ID | KIND/ID...", help="Such as: mapping nps-to-contact")
]


@dataclass
class Settings:
    """Of the whole command line, as the root saw them."""

    stack: str | None = None
    json: bool = False


@dataclass(frozen=True)
class Session:
    """One run of a command. The stack is looked for, and the API called, when a command first needs it."""

    settings: Settings

    @property
    def output(self) -> Output:
        return Output(self.settings.json)

    @cached_property
    def stack(self) -> "Stack":
        from cli.stack import find_stack

        return find_stack(self.settings.stack)

    @cached_property
    def api(self) -> "Api":
        from cli.api import Api

        return Api(self.stack.api_url, self.stack.token)


def begin(ctx: typer.Context, stack: str | None, json: bool) -> Session:
    """An option behind the command goes before the same one in front of it."""
    settings: Settings = ctx.find_root().obj
    settings.stack = stack or settings.stack
    settings.json = json or settings.json
    return Session(settings)
