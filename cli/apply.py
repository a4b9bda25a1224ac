"""`bridge apply`: a folder of config documents becomes drafts, and with --publish comes into force."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.failure import Failure
from cli.options import FileOption, JsonOption, Session, SetOption, StackOption, begin

if TYPE_CHECKING:
    from cli.documents import Document

PublishOption = Annotated[
    bool, typer.Option("--publish", help="Bring the documents into force when none has a problem.")
]


def apply(
    ctx: typer.Context,
    file: FileOption,
    publish: PublishOption = False,
    values: SetOption = [],  # noqa: B006 - Typer copies it
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Save config documents as drafts, and publish them with --publish.

    A text may have ${NAME} in it: the value of --set NAME=VALUE, or of the environment variable NAME. It is an error
    when there is neither. $${NAME} stands for ${NAME} itself.
    """
    from cli.documents import read_all

    session = begin(ctx, stack, json)
    documents = read_all(file, values)
    results = []
    with session.output.progress("Saving drafts", len(documents)) as done:
        for document in documents:
            results.append(_save(session, document))
            done()
    refused = [document for document, result in zip(documents, results, strict=True) if result["problems"]]
    if publish and not refused:
        with session.output.progress("Publishing", len(documents)) as done:
            for document, result in zip(documents, results, strict=True):
                _publish(session, document, result)
                done()
    _tell(session, documents, results, published=publish)


def _save(session: Session, document: "Document") -> dict[str, Any]:
    """A draft that says the same already is left as it is."""
    place = {"kind": document.kind.name, "id": document.id, "file": str(document.file), "line": document.text.line("")}
    held = session.api.find(document.kind.plural, document.id)
    if held and held["draft"] and held["draft"]["document"] == document.data:
        outcome, problems = "unchanged", held["draft"]["problems"]
    else:
        outcome = "changed" if held else "created"
        problems = _saved(session, document)
    return {**place, "draft": outcome, "version": None, "problems": [_placed(document, item) for item in problems]}


def _saved(session: Session, document: "Document") -> Any:
    from cli.api import Refused

    try:
        return session.api.put(document.kind.plural, document.id, body=document.data)["problems"]
    except Refused as refused:
        if refused.status not in (413, 422):
            raise
        return refused.errors or [{"path": "", "message": refused.sentence}]


def _publish(session: Session, document: "Document", result: dict[str, Any]) -> None:
    from cli.api import Refused

    try:
        published = session.api.post(document.kind.plural, document.id, "publish")
    except Refused as refused:
        if refused.status != 422:
            raise
        result["problems"] = [_placed(document, item) for item in refused.errors]
    else:
        result["version"] = published["version"]
        result["published"] = "changed" if published["changed"] else "unchanged"


def _placed(document: "Document", problem: dict[str, str]) -> dict[str, Any]:
    return {**problem, "file": str(document.file), "line": document.text.line(problem["path"])}


def _tell(session: Session, documents: list["Document"], results: list[dict[str, Any]], *, published: bool) -> None:
    wrong = [
        document.problem(problem)
        for document, result in zip(documents, results, strict=True)
        for problem in sorted(result["problems"], key=lambda problem: int(problem["line"]))
    ]
    body = {"documents": results, "ok": not wrong}
    if wrong:
        kept = "Nothing more was published" if any(result["version"] for result in results) else "Nothing was published"
        sentence = (
            f"The drafts are saved and have problems. {kept}."
            if published
            else "The drafts are saved and have problems."
        )
        raise Failure(sentence, wrong, body)
    if session.output.data(body):
        return
    rows = [(item["kind"], item["id"], item["draft"], item["version"] or "", _result(item)) for item in results]
    session.output.table(("KIND", "ID", "DRAFT", "VERSION", "IN FORCE"), rows)


def _result(item: dict[str, Any]) -> str:
    return {"changed": "now", "unchanged": "already"}.get(item.get("published", ""), "")
