"""`bridge sources test`: a signed sample goes through the live stack, and what it became is shown."""

import json as jsonlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.failure import Failure
from cli.options import JsonOption, Session, StackOption, begin

if TYPE_CHECKING:
    from cli.source_access import Source

SourceArgument = Annotated[str, typer.Argument(metavar="ID", help="The source's id; salesforce-ORG for an org.")]
SampleOption = Annotated[
    Path | None, typer.Option("--sample", metavar="FILE", help="A body as the tool sends it; default: a shipped one.")
]
TimeoutOption = Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0, help="How long to wait for it.")]

_WAIT_SECONDS = 1.0


def try_out(
    ctx: typer.Context,
    source: SourceArgument,
    sample: SampleOption = None,
    timeout: TimeoutOption = 60,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Send a sample of the tool, signed as the tool signs, and show the feedback and the deliveries it became.

    It is a real event: what the mappings write of it is in Salesforce afterwards. Of a tool whose answers are fetched,
    an event is sent that asks for no answers; it proves address and secret, and becomes nothing.
    """
    from cli.source_access import find_source

    session = begin(ctx, stack, json)
    found = find_source(session, source)
    if not found.published:
        raise Failure(f"The source {source} is only a draft: bridge publish source/{source}")
    receipt = _sent(session, found, sample)
    told = {"id": source, "url": found.url, **receipt}
    if receipt.get("feedback_id"):
        told |= _became(session, str(receipt["feedback_id"]), timeout)
    if not session.output.data(told):
        _show(session, told)
    if any(item["status"] == "failed" for item in told.get("deliveries", ())):
        raise typer.Exit(1)
    if receipt.get("feedback_id") and not told["deliveries"]:
        raise Failure(
            f"It was accepted, and nothing became of it within {timeout:g} seconds; it may still be on its way."
        )


def _sent(session: Session, source: "Source", sample: Path | None) -> dict[str, Any]:
    """The stack's receipt. Raises Failure for a refusal."""
    import requests

    from cli.signing import signed
    from cli.source_access import read_secret

    lines = read_secret(session, source.secret)
    if not lines:
        raise Failure(f"The secret {source.secret} is empty: set it with `bridge secrets set {source.secret}`.")
    sending = signed(source.type, _body(source, sample), lines[0], source.document)
    try:
        with requests.Session() as http:
            # A proxy of the environment has no part in what stays on this machine.
            http.trust_env = not source.url.startswith(("http://127.0.0.1", "http://localhost"))
            reply = http.post(source.url, sending.body, headers=sending.headers, params=sending.query, timeout=(5, 40))
    except requests.RequestException as error:
        raise Failure(f"{source.url} does not answer ({type(error).__name__}).") from error
    return _receipt(source, reply.status_code, reply.content, sending.body)


def _receipt(source: "Source", status: int, content: bytes, sent: bytes) -> dict[str, Any]:
    if source.type == "salesforce" and status == 200:
        return {"status": "accepted", "feedback_id": f"{source.id}:{_notification(sent)}"}
    try:
        told = jsonlib.loads(content)
    except ValueError:
        told = {}
    if status != 202 or not isinstance(told, dict):
        problem = told if isinstance(told, dict) else {}
        lines = [f"  {error['path']}: {error['message']}" for error in problem.get("errors", [])]
        raise Failure(
            f"The stack refused the sample ({status}): {problem.get('detail', '')}", lines, {"problem": problem}
        )
    return {"status": told["status"], "feedback_id": told["feedback_id"]}


def _notification(message: bytes) -> str:
    return message.partition(b"<Notification>")[2].partition(b"<Id>")[2].partition(b"</Id>")[0].decode()


def _body(source: "Source", sample: Path | None) -> bytes:
    from cli.sample_bodies import outbound_message, renewed, sample_body
    from feedback_bridge.sources.registry import parse_source, tool

    if sample is not None:
        try:
            return sample.read_bytes()
        except OSError as error:
            raise Failure(f"{sample} cannot be read ({type(error).__name__}).") from error
    if source.type == "salesforce":
        return outbound_message(source.document["organization_id"])
    body = sample_body(source.document)
    if hasattr(tool(source.type), "answers_request"):
        return body
    settings = parse_source(source.document)
    events = tool(source.type).events(body, "application/json", settings)
    return renewed(body, events[0].id) if events else body


def _became(session: Session, feedback_id: str, timeout: float) -> dict[str, Any]:
    """The feedback, and its deliveries once all that there are have ended; whatever there is when the time is over."""
    ends = time.monotonic() + timeout
    with session.output.progress("Waiting for its deliveries", None):
        while True:
            feedback = session.api.find("feedback", feedback_id) or {}
            deliveries = feedback.pop("deliveries", [])
            ended = deliveries and all(item["status"] != "pending" for item in deliveries)
            if ended or time.monotonic() >= ends:
                return {"feedback": feedback or None, "deliveries": deliveries}
            time.sleep(min(_WAIT_SECONDS, max(0.0, ends - time.monotonic())))


def _show(session: Session, told: dict[str, Any]) -> None:
    line = session.output.line
    if not told.get("feedback_id"):
        line("The stack took the sample and its signature; it is no feedback, so nothing becomes of it.")
        return
    line(f"{told['status']}: {told['feedback_id']}")
    line(jsonlib.dumps(told["feedback"], ensure_ascii=False, indent=2))
    rows = [
        (item["status"], item["mapping"] or "no mapping", item["object"], item["record_id"], item["reason"])
        for item in told["deliveries"]
    ]
    session.output.table(("STATUS", "MAPPING", "OBJECT", "RECORD", "REASON"), rows)
