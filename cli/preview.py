"""`bridge preview`: what a mapping or an automation would do with a feedback, writing nothing."""

import json as jsonlib
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.failure import Failure
from cli.options import JsonOption, StackOption, begin
from cli.output import Output

DocumentArgument = Annotated[
    str, typer.Argument(metavar="DOCUMENT", help="mapping/ID or automation/ID; an id alone is a mapping's.")
]
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
    name: DocumentArgument,
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
    """Show what a draft would write for one feedback. Nothing is written.

    Exits with 1 where it could not be written (a skip is no failure).
    """
    from cli.references import one_named

    session = begin(ctx, stack, json)
    kind, document_id = one_named([name if "/" in name else f"mapping/{name}"])
    if kind.name not in ("mapping", "automation"):
        raise Failure(f"{name} writes nothing: name a mapping or an automation.")
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
    told = session.api.post(kind.plural, document_id, "preview", body=asked)
    if not session.output.data(told):
        _show(session.output, f"{kind.name} {document_id}", told)
    stages = [told, told.get("escalation") or told]
    raise typer.Exit(1 if any(stage["outcome"] == "failed" for stage in stages) else 0)


def _show(output: Output, named: str, told: dict[str, Any]) -> None:
    version = f"version {told['version']}" if told["version"] else "the draft"
    output.line(f"{named}, {version}, with the feedback {told['feedback']['id']}")
    for signal in told.get("signals", []):
        output.line(f"{signal['signal']}: {signal['reason']}")
    _show_stage(output, told)
    if later := told.get("escalation"):
        output.line(f"When nobody has acted after {later['after_minutes']} minutes:")
        _show_stage(output, later)
    output.line("Nothing was written.")


def _show_stage(output: Output, told: dict[str, Any]) -> None:
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
    output.line(f"It would cost {told['calls']} Salesforce call{'' if told['calls'] == 1 else 's'}.")


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
