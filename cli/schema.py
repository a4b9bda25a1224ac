"""`bridge schema`: JSON Schemas of config documents, for editors. Needs no stack."""

from typing import Annotated

import typer

from cli.options import JsonOption

KindArgument = Annotated[
    str | None, typer.Argument(metavar="[KIND]", help="source, org, mapping, …; default: one schema for all kinds.")
]


def schema(kind: KindArgument = None, json: JsonOption = False) -> None:
    """Print the JSON Schema that editors complete and check config documents with.

    Keep it as a file, and begin each YAML file with: # yaml-language-server: $schema=PATH/TO/THAT/FILE
    """
    from cli.failure import Failure
    from cli.output import print_json
    from feedback_bridge.config.kinds import KINDS, kind_named
    from feedback_bridge.config.schemas import any_document

    found = kind_named(kind) if kind else None
    if kind and found is None:
        raise Failure(f"There is no kind {kind!r}; there are {', '.join(item.name for item in KINDS)}.")
    print_json(found.schema() if found else any_document())
