"""`bridge tokens`: who may call the admin API. The table holds hashes: a token is seen once, when it is made."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli.failure import Failure
from cli.options import JsonOption, Session, StackOption, begin
from cli.output import remark

if TYPE_CHECKING:
    from feedback_bridge.aws.tokens import Token

group = typer.Typer(help="Tokens of the admin API.", no_args_is_help=True, rich_markup_mode=None)

NameOption = Annotated[
    str, typer.Option("--name", help="Who it is for: stands beside everything that is changed with it.")
]
ScopeOption = Annotated[
    Literal["admin", "operator", "viewer", "agent"], typer.Option("--scope", help="What it may do.")
]
DaysOption = Annotated[int | None, typer.Option("--days", min=1, max=3650, help="When it expires; default: never.")]
TokenArgument = Annotated[str, typer.Argument(metavar="ID|NAME", help="As `bridge tokens list` shows it.")]

SHOWN = 12
"""Characters of a token's hash that stand for it in lists."""


@group.command("create")
def create(
    ctx: typer.Context,
    name: NameOption,
    scope: ScopeOption,
    days: DaysOption = None,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Make a token. It is printed once and cannot be shown again."""
    from cli.stack import aws_sentences
    from feedback_bridge.aws.tokens import create_token, token_hash

    session = begin(ctx, stack, json)
    if not name.strip() or len(name) > 100:
        raise Failure("A token's name has 1 to 100 characters.")
    with aws_sentences("make the token"):
        token = create_token(_table(session), name, scope, datetime.now(UTC), days=days)
    told = {"id": token_hash(token)[:SHOWN], "name": name, "scope": scope, "days": days, "token": token}
    if not session.output.data(told):
        remark(f"A token of scope {scope} for {name}. Keep it: it is not shown again.")
        session.output.line(token)


@group.command("list")
def list_tokens(ctx: typer.Context, stack: StackOption = None, json: JsonOption = False) -> None:
    """List the tokens, without their text."""
    session = begin(ctx, stack, json)
    found = [_told(token) for token in sorted(_tokens(session), key=lambda token: token.created_at)]
    if not session.output.data({"items": found, "next": None}):
        rows = [(item["id"], item["name"], item["scope"], item["created_at"], item["expires_at"]) for item in found]
        session.output.table(("ID", "NAME", "SCOPE", "CREATED", "EXPIRES"), rows)


@group.command("revoke")
def revoke(ctx: typer.Context, token: TokenArgument, stack: StackOption = None, json: JsonOption = False) -> None:
    """Take a token away: it stops working at once."""
    from cli.stack import aws_sentences
    from feedback_bridge.aws.tokens import revoke_token

    session = begin(ctx, stack, json)
    found = [
        item for item in _tokens(session) if item.name == token or (len(token) >= 6 and item.hash.startswith(token))
    ]
    if not found:
        raise Failure(f"There is no token {token}.")
    if len(found) > 1:
        raise Failure(f"There are {len(found)} tokens {token}: give the id of one.")
    with aws_sentences("revoke the token"):
        revoke_token(_table(session), found[0].hash)
    if not session.output.data({**_told(found[0]), "revoked": True}):
        session.output.line(f"The token of {found[0].name} has been revoked.")


def _tokens(session: Session) -> list["Token"]:
    from cli.stack import aws_sentences
    from feedback_bridge.aws.tokens import list_tokens as all_tokens

    with aws_sentences("list the tokens"):
        return list(all_tokens(_table(session), datetime.now(UTC)))


def _table(session: Session) -> str:
    return session.stack.output("TokenTable")


def _told(token: "Token") -> dict[str, Any]:
    return {
        "id": token.hash[:SHOWN],
        "name": token.name,
        "scope": token.scope,
        "created_at": token.created_at.isoformat(timespec="seconds"),
        "expires_at": token.expires_at.isoformat(timespec="seconds") if token.expires_at else None,
    }
