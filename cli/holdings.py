"""`bridge list`, `show` and `delete`: the config documents that the stack holds."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from cli.failure import Failure
from cli.options import DocumentArguments, JsonOption, StackOption, begin

KindArgument = Annotated[
    str | None, typer.Argument(metavar="[KIND]", help="source, org, mapping, …; default: every kind.")
]
DraftOption = Annotated[bool, typer.Option("--draft", help="The draft, where it differs from what is in force.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def list_documents(
    ctx: typer.Context, kind: KindArgument = None, stack: StackOption = None, json: JsonOption = False
) -> None:
    """List the config documents that the stack holds, each with the version in force."""
    from cli.references import one_kind
    from feedback_bridge.config.kinds import KINDS

    session = begin(ctx, stack, json)
    kinds: Sequence[Any] = [one_kind(kind)] if kind else KINDS
    found = [{"kind": item.name, **held} for item in kinds for held in session.api.pages(item.plural)]
    if not session.output.data({"items": found, "next": None}):
        rows = [(item["kind"], item["id"], item["version"], _state(item)) for item in found]
        session.output.table(("KIND", "ID", "VERSION", "STATE"), rows, without="There are none.")


def show(
    ctx: typer.Context,
    document: DocumentArguments,
    draft: DraftOption = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Print a document as YAML, as it is in force or, where it is not, as it is drafted: a file for `bridge apply`."""
    import yaml

    from cli.references import one_named

    session = begin(ctx, stack, json)
    kind, document_id = one_named(document)
    held = session.api.get(kind.plural, document_id)
    if session.output.data(held):
        return
    chosen = (held["draft"] if draft else held["published"]) or held["draft"] or held["published"]
    text = yaml.safe_dump(chosen["document"], allow_unicode=True, sort_keys=False, default_flow_style=None, width=100)
    session.output.line(text.rstrip("\n"))


def delete(
    ctx: typer.Context,
    document: DocumentArguments,
    yes: YesOption = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Take a document away. Its versions are kept; a document that another one in force needs stays."""
    from cli.references import one_named

    session = begin(ctx, stack, json)
    kind, document_id = one_named(document)
    if not yes and json:
        raise Failure("Say --yes.")
    if not yes:
        typer.confirm(f"Delete the {kind.name} {document_id}?", abort=True)
    session.api.call("DELETE", (kind.plural, document_id))
    if not session.output.data({"kind": kind.name, "id": document_id, "deleted": True}):
        session.output.line(f"The {kind.name} {document_id} has been deleted.")


def _state(item: dict[str, Any]) -> str:
    if item["version"] is None:
        return "draft"
    state = "in force" if item["enabled"] else "disabled"
    return state if item["state"] == "published" else f"{state}, with a newer draft"
