"""`bridge versions`: every publication of a document, who made it and when."""

import typer

from cli.options import DocumentArguments, JsonOption, StackOption, begin


def versions(
    ctx: typer.Context, document: DocumentArguments, stack: StackOption = None, json: JsonOption = False
) -> None:
    """List the versions of a document, newest first. `bridge diff KIND/ID --version N` shows what changed since."""
    from cli.references import one_named

    session = begin(ctx, stack, json)
    kind, document_id = one_named(document)
    found = list(session.api.pages(kind.plural, document_id, "versions"))
    in_force = session.api.get(kind.plural, document_id)["published"]
    if not session.output.data({"items": found, "next": None}):
        rows = [
            (item["version"], item["published_at"][:19], item["published_by"], _state(item["version"], in_force))
            for item in found
        ]
        session.output.table(("VERSION", "PUBLISHED", "BY", ""), rows)


def _state(version: int, in_force: dict[str, object] | None) -> str:
    if in_force is None or in_force["version"] != version:
        return ""
    return "in force" if in_force["enabled"] else "disabled"
