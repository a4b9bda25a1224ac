"""`bridge doctor`: what is in the way, from here to the org, and what to do about it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import typer

from cli.failure import Failure
from cli.options import JsonOption, Session, StackOption, begin
from feedback_bridge.automation.names import document_of


@dataclass(frozen=True, slots=True)
class Finding:
    """`ok` is False where something is in the way; `told` says what, and what to do."""

    check: str
    ok: bool
    told: str


def doctor(ctx: typer.Context, stack: StackOption = None, json: JsonOption = False) -> None:
    """Check the way to the API, the token, every org's login and every document. Exits with 1 when one is not well.

    Every mapping and automation in force is compared with its org as the org is now: what is missing is named.
    """
    session = begin(ctx, stack, json)
    findings = list(_findings(session))
    well = all(finding.ok for finding in findings)
    if not session.output.data({"ok": well, "findings": [asdict(finding) for finding in findings]}):
        rows = [("ok" if finding.ok else "PROBLEM", finding.check, finding.told) for finding in findings]
        session.output.table(("", "CHECK", "FOUND"), rows)
    raise typer.Exit(0 if well else 1)


def _findings(session: Session) -> Iterator[Finding]:
    """Stops at the first that makes the rest pointless."""
    try:
        token = session.api.get("token")
    except Failure as failure:
        yield Finding("API", False, f"{session.stack.name}: {failure.sentence}")
        return
    yield Finding("API", True, session.api.url)
    yield _scope(token)
    try:
        drifted = _drifted(session)
        parts = session.api.get("status")["parts"]
    except Failure as failure:
        yield Finding("status", False, failure.sentence)
        return
    if not any(part["kind"] == "org" for part in parts):
        yield Finding("orgs", False, "No org is published: apply one with `bridge apply -f … --publish`.")
    for part in parts:
        name = f"{part['kind']} {part['name']}"
        for told in drifted.get(name, ()):
            yield Finding(name, False, told)
        if name not in drifted:
            yield Finding(name, part["status"] == "green", part["reason"])
    yield from _drafts(session)


def _drifted(session: Session) -> dict[str, list[str]]:
    """What no longer fits, by document, and secrets that no longer let us in, by org. An org that cannot be asked at
    all says so itself among the parts of the status."""
    told: dict[str, list[str]] = {}
    for org in session.api.pages("orgs"):
        try:
            checked = session.api.post("orgs", org["id"], "check") if org["version"] else None
        except Failure:
            continue
        if checked is None:
            continue
        if checked.get("login_problem"):
            told[f"org {org['id']}"] = [checked["login_problem"]]
        for item in checked["mappings"]:
            since = f"paused since {item['paused_since'][:16].replace('T', ' ')} UTC" if item["paused_since"] else ""
            for problem in item["problems"]:
                line = f"{problem['path']}: {problem['message']}"
                found = told.setdefault(" ".join(document_of(item["mapping"])), [])
                found.append(f"{line} ({since})" if since else line)
    return told


def _scope(token: dict[str, Any]) -> Finding:
    expires = f", expires {token['expires_at']}" if token["expires_at"] else ""
    told = f"{token['name']}, scope {token['scope']}{expires}"
    return Finding(
        "token", token["scope"] == "admin", told if token["scope"] == "admin" else f"{told}; some need admin"
    )


def _drafts(session: Session) -> Iterator[Finding]:
    """Drafts whose problems wait to be solved."""
    from feedback_bridge.config.kinds import KINDS

    for kind in KINDS:
        for item in session.api.pages(kind.plural):
            if item["state"] == "published":
                continue
            problems = session.api.get(kind.plural, item["id"])["draft"]["problems"]
            if problems:
                first = problems[0]
                told = f"{len(problems)} in the draft, such as {first['path']}: {first['message']}"
                yield Finding(f"{kind.name} {item['id']}", False, told)
