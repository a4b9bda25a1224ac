"""`bridge sources add` and `rotate`: a source's address and secret, and what to do with them in the tool."""

import secrets
import sys
from typing import Annotated, Any

import typer

from cli.failure import Failure
from cli.options import JsonOption, Session, StackOption, begin
from cli.output import remark

TypeArgument = Annotated[str, typer.Argument(metavar="TYPE", help="The tool: typeform, qualtrics, webhook, …")]
IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The source's name: lower-case letters, digits, hyphens.")
]
WithOption = Annotated[
    list[str], typer.Option("--with", metavar="KEY=VALUE", help="A setting, such as data_center=fra1 or fields.id=no.")
]
ValueOption = Annotated[
    str | None, typer.Option("--value", metavar="V", help="The secret's text; default: made here, or asked for.")
]
SecretOption = Annotated[
    str | None, typer.Option("--secret", metavar="NAME", help="Use this secret, which is there already.")
]
PublishOption = Annotated[bool, typer.Option("--publish", help="Bring the source into force when nothing is missing.")]
FinishOption = Annotated[bool, typer.Option("--finish", help="The tool has the new secret: forget the old one.")]


def add(
    ctx: typer.Context,
    kind: TypeArgument,
    source: IdArgument,
    settings: WithOption = [],  # noqa: B006 - Typer copies it
    value: ValueOption = None,
    secret: SecretOption = None,
    publish: PublishOption = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Make a source: its secret, its draft, and the lines to paste into the tool's settings page.

    The secret is shown this once. A tool that makes its own secret shows it there; it is asked for here.
    """
    from cli.source_access import create_secret, find_source, forget_secret

    session = begin(ctx, stack, json)
    document = _document(kind, source, secret or source, settings)
    if session.api.find("sources", source):
        raise Failure(f"There is a source {source} already.")
    text = None if secret else _new_secret(session, kind, source, value)
    if text is not None:
        create_secret(session, source, text)
    try:
        problems = session.api.put("sources", source, body=document)["problems"]
    except Failure:
        if text is not None:
            forget_secret(session, source)
        raise
    published = publish and not problems
    if published:
        session.api.post("sources", source, "publish")
    made_here = text if value is None and text is not None and _made_by_us(kind) else None
    url = find_source(session, source).url_with(text or "SECRET")
    told = {"id": source, "type": kind, "url": url, "secret_name": secret or source, "secret": made_here,
            "published": published, "problems": problems, "steps": _steps(kind, url, made_here)}  # fmt: skip
    if not session.output.data(told):
        _show_new(session, told)
    if publish and problems:
        raise typer.Exit(1)


def rotate(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="ID", help="The source's id; salesforce-ORG for an org.")],
    value: ValueOption = None,
    finish: FinishOption = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Change a source's secret without a gap: first two are valid, and with --finish only the new one.

    Workers remember a secret for up to five minutes; a request that does not fit has it read again.
    """
    from cli.source_access import find_source, read_secret, replace_secret

    session = begin(ctx, stack, json)
    found = find_source(session, source)
    lines = read_secret(session, found.secret)
    if finish:
        if len(lines) < 2:
            raise Failure(f"The secret {found.secret} is not being changed: it has one line.")
        replace_secret(session, found.secret, lines[0])
        _tell(session, {"id": source, "secret_name": found.secret, "valid": 1},
              f"Only the new secret of {source} is valid now, within five minutes everywhere.")  # fmt: skip
        return
    if len(lines) > 1:
        raise Failure(f"The secret {found.secret} is being changed already: --finish ends it.")
    new = _new_secret(session, found.type, source, value)
    replace_secret(session, found.secret, "\n".join([new, *lines]))
    made_here = new if value is None and _made_by_us(found.type) else None
    url = found.url_with(new)
    told = {"id": source, "secret_name": found.secret, "valid": 2, "secret": made_here, "url": url,
            "steps": _steps(found.type, url, made_here)}  # fmt: skip
    _tell(session, told, f"Both secrets of {source} are valid. Give the tool the new one, then: "
          f"bridge sources rotate {source} --finish")  # fmt: skip
    _show_steps(session, told)


def _document(kind: str, source: str, secret: str, settings: list[str]) -> dict[str, Any]:
    """The draft to begin with. Raises Failure."""
    from feedback_bridge.sources.registry import TOOLS, tool

    if kind not in TOOLS:
        also = " An org's outbound messages are set up in its own document." if kind == "salesforce" else ""
        raise Failure(f"There is no type {kind!r}; there are {', '.join(TOOLS)}.{also}")
    document = {"kind": "source", "id": source, "type": kind, "secret": secret, **tool(kind).SETUP.document}
    for setting in settings:
        _set(document, setting)
    return document


def _set(document: dict[str, Any], setting: str) -> None:
    import yaml

    path, equals, text = setting.partition("=")
    keys = path.split(".")
    if not equals or not all(keys):
        raise Failure(f"--with takes KEY=VALUE, not {setting!r}.")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise Failure(f"The value of {path} is no YAML.") from None
    for key in keys[:-1]:
        inside = document.get(key)
        document[key] = dict(inside) if isinstance(inside, dict) else {}
        document = document[key]
    document[keys[-1]] = value


def _made_by_us(kind: str) -> bool:
    from feedback_bridge.sources.registry import tool

    return tool(kind).SETUP.made_by == "us"


def _new_secret(session: Session, kind: str, source: str, value: str | None) -> str:
    """Given, made, or asked for once the admin knows where the tool shows it. Raises Failure."""
    if value is None and _made_by_us(kind):
        return secrets.token_urlsafe(32)
    if value is None and sys.stdin.isatty():
        for step in _steps(kind, f"{session.api.url}/in/{source}", None):
            remark(step)
        value = str(typer.prompt("Secret", hide_input=True))
    elif value is None:
        value = sys.stdin.read()
    text = value.strip()
    if not text:
        raise Failure(f"{kind} shows a secret of its own: give it on standard input or with --value.")
    if "\n" in text:
        raise Failure("A secret is one line.")
    return text


def _steps(kind: str, url: str, secret: str | None) -> list[str]:
    from feedback_bridge.sources.registry import tool

    return [step.format(url=url, secret=secret or "the secret") for step in tool(kind).SETUP.steps]


def _show_new(session: Session, told: dict[str, Any]) -> None:
    state = "is in force" if told["published"] else "is a draft"
    session.output.line(f"The source {told['id']} {state}.")
    _show_steps(session, told)
    for problem in told["problems"]:
        session.output.line(f"To be solved before it is published: {problem['path']}: {problem['message']}")
    if not told["published"]:
        session.output.line(f"Then: bridge publish source/{told['id']}, and bridge sources test {told['id']}")


def _show_steps(session: Session, told: dict[str, Any]) -> None:
    line = session.output.line
    line(f"  URL     {told['url']}")
    if told.get("secret"):
        line(f"  Secret  {told['secret']}")
        remark("The secret is not shown again.")
    for number, step in enumerate(told["steps"], 1):
        line(f"  {number}. {step}")


def _tell(session: Session, told: dict[str, Any], sentence: str) -> None:
    if not session.output.data(told):
        session.output.line(sentence)
