"""`bridge publish`, `rollback`, `enable` and `disable`: what is in force."""

from typing import Annotated, Any

import typer

from cli.failure import Failure
from cli.options import DocumentArguments, JsonOption, Session, StackOption, begin


def publish(
    ctx: typer.Context, documents: DocumentArguments, stack: StackOption = None, json: JsonOption = False
) -> None:
    """Bring the drafts of documents into force."""
    _act(begin(ctx, stack, json), documents, "publish")


def enable(
    ctx: typer.Context, documents: DocumentArguments, stack: StackOption = None, json: JsonOption = False
) -> None:
    """Let published documents work again."""
    _act(begin(ctx, stack, json), documents, "enable")


def disable(
    ctx: typer.Context, documents: DocumentArguments, stack: StackOption = None, json: JsonOption = False
) -> None:
    """Stop published documents without deleting them."""
    _act(begin(ctx, stack, json), documents, "disable")


ToOption = Annotated[
    int | None,
    typer.Option("--to", "--version", metavar="N", help="The version to go back to; default: the one before."),
]


def rollback(
    ctx: typer.Context,
    document: DocumentArguments,
    to: ToOption = None,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Bring an earlier version of a document into force again, as a new version. The draft becomes that too."""
    from cli.references import one_named

    session = begin(ctx, stack, json)
    kind, document_id = one_named(document)
    version = to or _before(session, kind.plural, document_id)
    done = session.api.post(kind.plural, document_id, "rollback", body={"version": version})
    if not session.output.data(done):
        session.output.line(f"{kind.name} {document_id}: version {done['version']} is version {version} again.")


def _before(session: Session, plural: str, document_id: str) -> int:
    """The newest version older than what is in force that says something else."""
    shown = session.api.get(plural, document_id)
    in_force = shown["published"]
    if in_force is None:
        raise Failure(f"{shown['kind']} {document_id} is not published.")
    for item in session.api.pages(plural, document_id, "versions"):
        if item["version"] < in_force["version"]:
            earlier = session.api.get(plural, document_id, "versions", str(item["version"]))
            if earlier["document"] != in_force["document"]:
                return int(item["version"])
    raise Failure(f"{shown['kind']} {document_id} has no earlier version that says something else.")


def _act(session: Session, arguments: list[str], action: str) -> None:
    from cli.references import named

    done: list[dict[str, Any]] = []
    wanted = named(arguments)
    with session.output.progress(action.capitalize(), len(wanted)) as step:
        for kind, document_id in wanted:
            done.append(session.api.post(kind.plural, document_id, action))
            step()
    if not session.output.data({"documents": done}):
        for item in done:
            session.output.line(f"{item['kind']} {item['id']}: {_words(item)}")


def _words(item: dict[str, Any]) -> str:
    state = "in force" if item["enabled"] else "disabled"
    if "version" not in item:
        return f"{'enabled' if item['enabled'] else 'disabled'}."
    return (
        f"version {item['version']} is {state}."
        if item["changed"]
        else f"version {item['version']} was {state} already."
    )
