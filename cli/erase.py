"""`bridge erase`: what is stored of a person, removed everywhere, and looked for again."""

from collections import Counter
from typing import Annotated, Any

import typer

from cli.failure import Failure
from cli.options import JsonOption, Session, StackOption, begin
from cli.output import remark

EmailArgument = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's address.")]
LinkedOption = Annotated[
    bool, typer.Option("--linked", help="And what came under other addresses of the same person, as the scores know.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

_WORDS = {
    "feedback": "archived events",
    "bodies": "large bodies",
    "deliveries": "deliveries",
    "stamps": "newest-answer stamps",
    "histories": "score histories",
    "dead_letters": "dead letters",
    "unreadable": "unreadable bodies",
}


def erase(
    ctx: typer.Context,
    email: EmailArgument,
    linked: LinkedOption = False,
    yes: YesOption = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Remove a person's bodies, feedback, history and deliveries everywhere in the stack. It cannot be undone.

    Records in Salesforce stay: those that were written of the person's feedback are listed. Exits with 1 when a second
    look found something left.
    """
    session = begin(ctx, stack, json)
    if not yes and json:
        raise Failure("It cannot be undone: say --yes.")
    if not yes:
        typer.confirm(f"Remove everything that is stored of {email}?", abort=True)
    told = _run(session, {"email": email, "linked": linked})
    if not session.output.data(told):
        _show(session, told)
    if not told["complete"]:
        raise Failure("Something is left. Run it again; it goes on where it is needed.")


def _run(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    removed: Counter[str] = Counter()
    left: Counter[str] = Counter()
    feedback: list[str] = []
    records: list[dict[str, str]] = []
    linked = under_way = 0
    with session.output.progress("Erasing", None) as done:
        while True:
            page = session.api.post("erasures", body=asked)
            removed.update(page["removed"])
            left.update(page["left"])
            feedback += page["feedback"]
            records += [record for record in page["salesforce_records"] if record not in records]
            linked, under_way = max(linked, page["linked_addresses"]), under_way + page["under_way"]
            done()
            if page["next"] is None:
                break
            asked["cursor"] = page["next"]
    return {"removed": dict(removed), "left": dict(left), "feedback": feedback, "salesforce_records": records,
            "linked_addresses": linked, "under_way": under_way, "complete": not any(left.values())}  # fmt: skip


def _show(session: Session, told: dict[str, Any]) -> None:
    rows = [(_WORDS.get(kind, kind), count, told["left"].get(kind, 0)) for kind, count in told["removed"].items()]
    session.output.table(("WHAT", "REMOVED", "LEFT"), rows)
    for record in told["salesforce_records"]:
        session.output.line(f"In Salesforce still: {record['object']} {record['record_id']} of {record['org']}")
    if told["linked_addresses"]:
        remark(f"The same person has {told['linked_addresses']} other addresses; --linked erases these too.")
    if told["under_way"]:
        remark(f"{told['under_way']} deliveries were under way; their messages come to nothing.")
