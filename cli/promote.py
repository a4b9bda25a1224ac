"""`bridge promote`: what writes to one org comes into force for another, such as from sandbox to production."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from cli.failure import Failure
from cli.options import JsonOption, Session, SetOption, StackOption, begin

if TYPE_CHECKING:
    from cli.promotion import Promotion

FromOption = Annotated[str, typer.Option("--from", metavar="ORG", help="The org whose documents are promoted.")]
ToOption = Annotated[str, typer.Option("--to", metavar="ORG", help="The org that they are promoted to.")]
FilesOption = Annotated[
    list[str],
    typer.Option("-f", "--file", metavar="DIR|FILE", help="Take the documents from files, not from what is in force."),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]
DocumentsArguments = Annotated[
    list[str], typer.Argument(metavar="[KIND ID | KIND/ID...]", help="Only these; default: all that name the org.")
]


def promote(
    ctx: typer.Context,
    source: FromOption,
    target: ToOption,
    documents: DocumentsArguments = [],  # noqa: B006 - Typer copies it
    file: FilesOption = [],  # noqa: B006
    values: SetOption = [],  # noqa: B006
    dry_run: DryRunOption = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Bring what is in force for one org into force for another, all or nothing.

    What is different in the other org stands in its org document, under overrides. A promoted document keeps its id
    where that is free, and else has the org's name added; doing it again changes nothing.
    """
    from cli.promotion import promotions

    session = begin(ctx, stack, json)
    if source == target:
        raise Failure("--from and --to name the same org.")
    wanted = promotions(session.api, source, target, documents, (file, values))
    if not dry_run:
        _bring(session, wanted)
    _tell(session, wanted, dry_run=dry_run)


def _bring(session: Session, wanted: list["Promotion"]) -> None:
    with session.output.progress("Saving drafts", len(wanted)) as done:
        for item in wanted:
            item.bringing.save(session.api)
            done()
    if any(item.bringing.problems for item in wanted):
        return
    with session.output.progress("Publishing", len(wanted)) as done:
        for item in wanted:
            item.bringing.publish(session.api)
            done()


def _tell(session: Session, wanted: list["Promotion"], *, dry_run: bool) -> None:
    wrong = [line for item in wanted for line in item.problems()]
    body = {"documents": [item.told() for item in wanted], "ok": not wrong}
    if wrong:
        published = any(item.bringing.version for item in wanted)
        kept = "Nothing more was published" if published else "Nothing was published"
        raise Failure(f"The promoted drafts are saved and have problems. {kept}.", wrong, body)
    if session.output.data(body):
        return
    for line in _changes(wanted):
        session.output.line(line)
    if dry_run:
        session.output.line("Nothing was changed.")
        return
    rows = [
        (bringing.kind.name, item.original_id, bringing.id, bringing.version, bringing.in_force)
        for item in wanted
        for bringing in [item.bringing]
    ]
    session.output.table(("KIND", "FROM", "TO", "VERSION", "IN FORCE"), rows)


def _changes(wanted: list["Promotion"]) -> Iterator[str]:
    from cli.differences import told

    for item in wanted:
        yield from told(item.bringing.kind.name, item.bringing.id, item.in_force, item.bringing.data)
