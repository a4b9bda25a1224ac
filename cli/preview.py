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
ValueOption = Annotated[
    list[str],
    typer.Option("--value", metavar="PATH=VALUE", help="A value of the feedback, such as nps.score=9; several times."),
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
    value: ValueOption = [],  # noqa: B006 - Typer copies it
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
    if sum(bool(given) for given in (feedback, document, value, sample)) != 1:
        raise Failure("Give one of --feedback, --document, --value and --sample.")
    asked: dict[str, Any] = {"feedback_id": feedback}
    if value:
        asked = {"values": dict(_value(pair) for pair in value)}
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
    version = f"version {told['version']}" if told["version"] else "the draft"
    output.line(f"mapping {told['mapping']}, {version}, with the feedback {told['feedback']['id']}")
    if told["outcome"] != "written":
        output.line(f"It would be {told['outcome']}: {told['reason']}")
    for lookup in told["lookups"]:
        output.line(_looked_for(lookup))
    for write in told["writes"]:
        output.line(_headline(write))
        if write["fields"]:
            output.table(("  FIELD", "NOW", "WOULD BE"), [_change(item) for item in write["fields"]])
    for warning in told["warnings"]:
        output.line(f"warning: {warning}")
    output.line(
        f"It would cost {told['calls']} Salesforce call{'' if told['calls'] == 1 else 's'}. Nothing was written."
    )


def _headline(write: dict[str, Any]) -> str:
    where = write["record_id"] or "a new record"
    if write["external_id"]:
        where = f"{write['external_id']['field']} = {write['external_id']['value']} ({where})"
    return f"{write['effect']}: {write['operation']} {write['object']}, {where}"


def _change(item: dict[str, Any]) -> tuple[str, str, str]:
    same = item["before"] == item["after"]
    return f"  {item['field']}", _short(item["before"]), "(the same)" if same else _short(item["after"])


def _looked_for(lookup: dict[str, Any]) -> str:
    join = " or " if lookup["mode"] == "any" else " and "
    where = join.join(f"{name} = {value}" for name, value in lookup["where"].items())
    purpose = "" if lookup["purpose"] == lookup["object"] else f" for {lookup['purpose']}"
    found = ", ".join(lookup["found"]) or "none"
    return f"{lookup['effect']}: looked{purpose} for {lookup['object']} with {where}: {found}"


def _value(pair: str) -> tuple[str, Any]:
    """JSON where it is some (9, true, ["a", "b"]), else text."""
    path, equals, text = pair.partition("=")
    if not equals or not path.strip():
        raise Failure(f"--value takes PATH=VALUE, such as nps.score=9, not {pair!r}.")
    try:
        return path.strip(), jsonlib.loads(text)
    except ValueError:
        return path.strip(), text


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
