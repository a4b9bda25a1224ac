"""`bridge apply`: a folder of config documents becomes drafts, and with --publish comes into force."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.failure import Failure
from cli.options import FileOption, JsonOption, Session, SetOption, StackOption, begin

if TYPE_CHECKING:
    from cli.documents import Document
    from cli.publication import Bringing

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
    from cli.publication import Bringing

    session = begin(ctx, stack, json)
    documents = read_all(file, values)
    brought = [Bringing(document.kind, document.id, document.data) for document in documents]
    with session.output.progress("Saving drafts", len(documents)) as done:
        for item in brought:
            item.save(session.api)
            done()
    if publish and not any(item.problems for item in brought):
        with session.output.progress("Publishing", len(documents)) as done:
            for item in brought:
                item.publish(session.api)
                done()
    results = [_result(document, item) for document, item in zip(documents, brought, strict=True)]
    _tell(session, documents, results, published=publish)


def _result(document: "Document", item: "Bringing") -> dict[str, Any]:
    place = {"kind": document.kind.name, "id": document.id, "file": str(document.file), "line": document.text.line("")}
    problems = [_placed(document, problem) for problem in item.problems]
    told = {**place, "draft": item.draft, "version": item.version, "problems": problems}
    return {**told, "published": item.published} if item.published else told


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
    rows = [(item["kind"], item["id"], item["draft"], item["version"] or "", _in_force(item)) for item in results]
    session.output.table(("KIND", "ID", "DRAFT", "VERSION", "IN FORCE"), rows)


def _in_force(item: dict[str, Any]) -> str:
    return {"changed": "now", "unchanged": "already"}.get(item.get("published", ""), "")
