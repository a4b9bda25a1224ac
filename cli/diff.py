"""`bridge diff`: what would change."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.failure import Failure
from cli.options import JsonOption, Session, SetOption, StackOption, begin

FilesOption = Annotated[
    list[str], typer.Option("-f", "--file", metavar="DIR|FILE", help="Compare these files with what is in force.")
]
VersionOption = Annotated[
    list[int],
    typer.Option(
        "--version", metavar="N", min=1, help="Compare this version with what is in force; twice: two versions."
    ),
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
    version: VersionOption = [],  # noqa: B006
    exit_code: ExitCodeOption = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Show what files, or else drafts, would change in what is in force; or what changed between versions."""
    from cli.differences import differences, told

    session = begin(ctx, stack, json)
    compared = []
    pairs = _versions(session, documents, version) if version else _pairs(session, documents, file, values)
    for kind, document_id, wanted, in_force in pairs:
        found = list(differences(in_force or {}, wanted))
        state = "new" if in_force is None else "changed" if found else "same"
        compared.append(
            {"kind": kind, "id": document_id, "state": state, "differences": [asdict(item) for item in found]}
        )
        for line in told(kind, document_id, in_force, wanted):
            session.output.line(line)
    changed = any(item["state"] != "same" for item in compared)
    if not session.output.data({"documents": compared, "changed": changed}) and not changed:
        session.output.line("No differences.")
    raise typer.Exit(1 if changed and exit_code else 0)


def _pairs(
    session: Session, arguments: list[str], files: list[str], values: list[str]
) -> Iterator[tuple[str, str, Any, Any]]:
    """Kind, id, what is wanted, and what is in force (None: nothing)."""
    from cli.api import published_in

    if files:
        from cli.documents import read_all

        for document in read_all(files, values):
            held = session.api.find(document.kind.plural, document.id)
            yield document.kind.name, document.id, document.data, published_in(held)
        return
    for kind, document_id in _drafts(session, arguments):
        held = session.api.get(kind.plural, document_id)
        if held["draft"]:
            yield kind.name, document_id, held["draft"]["document"], published_in(held)


def _versions(session: Session, arguments: list[str], versions: list[int]) -> Iterator[tuple[str, str, Any, Any]]:
    """Kind, id, the later document and the earlier one."""
    from cli.references import one_named

    kind, document_id = one_named(arguments)
    if len(versions) > 2:
        raise Failure("Give --version once or twice.")
    before, *after = (session.api.get(kind.plural, document_id, "versions", str(number)) for number in versions)
    shown = after[0] if after else session.api.get(kind.plural, document_id)["published"]
    if shown is None:
        raise Failure(f"{kind.name} {document_id} is not in force.")
    yield kind.name, document_id, shown["document"], before["document"]


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
