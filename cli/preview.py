"""`bridge preview`: what a mapping would do with a feedback, writing nothing."""

import json as jsonlib
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.failure import Failure
from cli.options import JsonOption, Session, StackOption, begin

MappingArgument = Annotated[str, typer.Argument(metavar="MAPPING", help="The mapping's id.")]
FeedbackOption = Annotated[str | None, typer.Option("--feedback", metavar="ID", help="A feedback of the archive.")]
DocumentOption = Annotated[
    Path | None, typer.Option("--document", metavar="FILE", help="A feedback, as JSON in its canonical shape.")
]
SampleOption = Annotated[
    Path | None, typer.Option("--sample", metavar="FILE", help="What a tool sends, as it sends it; with --source.")
]
SourceOption = Annotated[str | None, typer.Option("--source", metavar="ID", help="The source that the sample is of.")]
AnswersOption = Annotated[
    Path | None, typer.Option("--answers", metavar="FILE", help="What the tool's API gives for the sample, as JSON.")
]
TypeOption = Annotated[str | None, typer.Option("--content-type", help="Of the sample; default: the tool's usual one.")]


def preview(
    ctx: typer.Context,
    mapping: MappingArgument,
    feedback: FeedbackOption = None,
    document: DocumentOption = None,
    sample: SampleOption = None,
    source: SourceOption = None,
    answers: AnswersOption = None,
    content_type: TypeOption = None,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Show what a mapping's draft would write for one feedback. Nothing is written.

    Exits with 1 where the mapping could not write it (a skip is no failure).
    """
    session = begin(ctx, stack, json)
    if sum(given is not None for given in (feedback, document, sample)) != 1:
        raise Failure("Give one of --feedback, --document and --sample.")
    asked: dict[str, Any] = {"feedback_id": feedback}
    if document:
        asked = _json(document)
    if sample:
        asked = {"sample": _text(sample), "source": source, "content_type": content_type}
        asked |= {"answers": _json(answers)} if answers else {}
    told = session.api.post("mappings", mapping.removeprefix("mapping/"), "preview", body=asked)
    if not session.output.data(told):
        _show(session, told)
    raise typer.Exit(1 if told["outcome"] == "failed" else 0)


def _show(session: Session, told: dict[str, Any]) -> None:
    output = session.output
    if told["outcome"] != "written":
        output.line(f"It would be {told['outcome']}: {told['reason']}")
    for write in told["writes"]:
        where = write["record_id"] or "a new record"
        if write["external_id"]:
            where = f"{write['external_id']['field']} = {write['external_id']['value']} ({where})"
        output.line(f"{write['effect']}: {write['operation']} {write['object']}, {where}")
        rows = [(f"  {item['field']}", _short(item["before"]), _short(item["after"])) for item in write["fields"]]
        output.table(("  FIELD", "BEFORE", "AFTER"), rows)
    for lookup in told["lookups"]:
        where = " and ".join(lookup["where"])
        output.line(f"looked for {lookup['object']} by {where}: {', '.join(lookup['found']) or 'none'}")
    for warning in told["warnings"]:
        output.line(f"warning: {warning}")
    output.line(f"Salesforce calls: {told['calls']}")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else jsonlib.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file} cannot be read ({type(error).__name__}).") from error


def _json(file: Path) -> dict[str, Any]:
    try:
        found = jsonlib.loads(_text(file))
    except ValueError as error:
        raise Failure(f"{file} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise Failure(f"{file} holds no JSON object.")
    return found
