"""`bridge diff`: what would change."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.options import JsonOption, Session, SetOption, StackOption, begin

FilesOption = Annotated[
    list[str], typer.Option("-f", "--file", metavar="DIR|FILE", help="Compare these files with what is in force.")
]
ExitCodeOption = Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when there are differences.")]
DraftsArguments = Annotated[
    list[str], typer.Argument(metavar="[KIND ID | KIND/ID...]", help="Compare these drafts with what is in force.")
]


def diff(
    ctx: typer.Context,
    documents: DraftsArguments = [],  # noqa: B006 - Typer copies it
    file: FilesOption = [],  # noqa: B006
    values: SetOption = [],  # noqa: B006
    exit_code: ExitCodeOption = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Show what files, or else drafts, would change in what is in force."""
    from cli.differences import differences

    session = begin(ctx, stack, json)
    compared = []
    for kind, document_id, wanted, in_force in _pairs(session, documents, file, values):
        found = list(differences(in_force or {}, wanted))
        state = "new" if in_force is None else "changed" if found else "same"
        compared.append(
            {"kind": kind, "id": document_id, "state": state, "differences": [asdict(item) for item in found]}
        )
        if found:
            session.output.line(f"{kind} {document_id}{' (new)' if in_force is None else ''}")
            for item in found:
                session.output.line(f"  {item}")
    changed = any(item["state"] != "same" for item in compared)
    if not session.output.data({"documents": compared, "changed": changed}) and not changed:
        session.output.line("No differences.")
    raise typer.Exit(1 if changed and exit_code else 0)


def _pairs(
    session: Session, arguments: list[str], files: list[str], values: list[str]
) -> Iterator[tuple[str, str, Any, Any]]:
    """Kind, id, what is wanted, and what is in force (None: nothing)."""
    if files:
        from cli.documents import read_all

        for document in read_all(files, values):
            held = session.api.find(document.kind.plural, document.id)
            yield document.kind.name, document.id, document.data, _in_force(held)
        return
    for kind, document_id in _drafts(session, arguments):
        held = session.api.get(kind.plural, document_id)
        if held["draft"]:
            yield kind.name, document_id, held["draft"]["document"], _in_force(held)


def _drafts(session: Session, arguments: list[str]) -> Iterator[tuple[Any, str]]:
    """Those named, or every draft that is not in force as it is."""
    from cli.references import named
    from feedback_bridge.config.kinds import KINDS

    if arguments:
        yield from named(arguments)
        return
    for kind in KINDS:
        for item in session.api.pages(kind.plural):
            if item["state"] != "published":
                yield kind, item["id"]


def _in_force(held: Any) -> Any:
    return held["published"]["document"] if held and held["published"] else None
