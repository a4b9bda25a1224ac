"""`bridge sync`: run a sync now, watch it, and see what became of its rows."""

import csv
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import typer

from cli.failure import Failure
from cli.options import JsonOption, Session, StackOption, begin
from cli.output import remark
from feedback_bridge.sync.report import COLUMNS, csv_cells

group = typer.Typer(help="A tool's data and Salesforce, both ways.", no_args_is_help=True, rich_markup_mode=None)

SyncArgument = Annotated[str, typer.Argument(metavar="SYNC", help="The id of a published sync.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="As `bridge sync runs` shows it; `last`: the newest.")]
DirectionOption = Annotated[
    Literal["push", "pull", "both"] | None, typer.Option("--direction", help="Default: all that the sync does.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Compare, and write nothing.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Also where a guard objects.")]
WaitOption = Annotated[bool, typer.Option("--wait/--no-wait", help="Until it has ended; exit with 1 if not well.")]
TimeoutOption = Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=1, help="How long to wait.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest.")]
TroubleOption = Annotated[
    Literal["unmatched", "ambiguous", "invalid", "refused"] | None, typer.Option("--trouble", help="Only these.")
]
CsvOption = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write all rows there as CSV.")]

_WAIT_SECONDS = 1.0
_COUNTS = ("read", "matched", "changed", "written", "unmatched", "ambiguous", "invalid", "failed", "calls")


@group.command("run")
def run(
    ctx: typer.Context,
    sync: SyncArgument,
    direction: DirectionOption = None,
    dry_run: DryRunOption = False,
    force: ForceOption = False,
    wait: WaitOption = True,
    timeout: TimeoutOption = 3600,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Run a sync now."""
    session = begin(ctx, stack, json)
    asked = {"dry_run": dry_run, "force": force, **({"direction": direction} if direction else {})}
    found = session.api.post("syncs", sync, "runs", body=asked)
    if wait:
        found = _awaited(session, found, timeout)
    if not session.output.data(found):
        _tell(session, found)
    if wait and found["status"] != "succeeded":
        raise typer.Exit(1)


@group.command("runs")
def runs(
    ctx: typer.Context, sync: SyncArgument, limit: LimitOption = 20, stack: StackOption = None, json: JsonOption = False
) -> None:
    """List the runs of a sync, newest first."""
    session = begin(ctx, stack, json)
    found = list(session.api.pages("syncs", sync, "runs", most=limit))
    if not found:
        session.api.get("syncs", sync)  # one that has not run yet, or no such sync
    if not session.output.data({"items": found, "next": None}):
        session.output.table(
            ("RUN", "STATUS", "DIRECTION", "READ", "CHANGED", "WRITTEN", "TROUBLE", "SECONDS", "REASON"),
            [_line(item) for item in found],
            without=f"The sync {sync} has not run yet.",
        )


@group.command("show")
def show(
    ctx: typer.Context,
    sync: SyncArgument,
    run: RunArgument = "last",
    trouble: TroubleOption = None,
    csv_file: CsvOption = None,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Show one run with its counts, and the rows that were not written."""
    session = begin(ctx, stack, json)
    run = _named(session, sync, run)
    if csv_file is not None:
        remark(f"{_save(session, sync, run, trouble, csv_file)} rows are in {csv_file}.")
        return
    found = session.api.get("syncs", sync, "runs", run)
    rows = list(session.api.pages("syncs", sync, "runs", run, "rows", most=200, trouble=trouble))
    if session.output.data({**found, "rows": rows}):
        return
    _tell(session, found)
    if rows:
        session.output.table([name.upper() for name in COLUMNS], [[row[name] for name in COLUMNS] for row in rows])


@group.command("cancel")
def cancel(
    ctx: typer.Context,
    sync: SyncArgument,
    run: RunArgument = "last",
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Cancel a run that is under way. What it has written stays written."""
    session = begin(ctx, stack, json)
    found = session.api.post("syncs", sync, "runs", _named(session, sync, run), "cancel")
    if not session.output.data(found):
        remark(f"The run {found['id']} ends after the piece of work that it is at.")


class _Bar(Protocol):
    def __call__(self, run: dict[str, Any]) -> None: ...


def _awaited(session: Session, found: dict[str, Any], timeout: float) -> dict[str, Any]:
    """The run as it ended. Raises Failure when it takes too long."""
    ends = time.monotonic() + timeout
    with _bar(quiet=session.output.as_json) as move:
        while found["status"] == "running":
            if time.monotonic() > ends:
                raise Failure(f"The run {found['id']} has not ended within {timeout:g} seconds; it goes on by itself.")
            time.sleep(_WAIT_SECONDS)
            found = session.api.get("syncs", found["sync"], "runs", found["id"])
            move(found)
    return found


@contextmanager
def _bar(*, quiet: bool) -> Iterator[_Bar]:
    """Phase by phase, on a terminal; nothing where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield lambda run: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def move(run: dict[str, Any]) -> None:
            about = run["progress"] or {"done": 1, "total": 1}
            title = str(run["phase"] or "done").replace("_", " ")
            bar.update(task, description=title, completed=about["done"], total=about["total"] or None)

        yield move


def _tell(session: Session, run: dict[str, Any]) -> None:
    counts = run["counts"]
    told = ", ".join(f"{counts[name]} {name}" for name in _COUNTS if counts[name] or name in ("read", "written"))
    pulled = ", ".join(
        f"{counts[name]} {name.replace('_', ' ')}" for name in counts if "pulled" in name and counts[name]
    )
    session.output.line(f"{run['id']} {run['status']}: {told}{'; ' + pulled if pulled else ''}")
    if run["reason"]:
        session.output.line(str(run["reason"]))


def _line(run: dict[str, Any]) -> list[object]:
    counts = run["counts"]
    trouble = sum(counts[name] for name in ("unmatched", "ambiguous", "invalid", "failed"))
    return [
        run["id"],
        run["status"],
        run["direction"],
        counts["read"],
        counts["changed"],
        counts["written"],
        trouble,
        run["seconds"],
        run["reason"],
    ]


def _named(session: Session, sync: str, run: str) -> str:
    if run != "last":
        return run
    newest = list(session.api.pages("syncs", sync, "runs", most=1))
    if not newest:
        raise Failure(f"The sync {sync} has not run yet.")
    return str(newest[0]["id"])


def _save(session: Session, sync: str, run: str, trouble: str | None, file: Path) -> int:
    count = 0
    with file.open("w", encoding="utf-8-sig", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(COLUMNS)
        for row in session.api.pages("syncs", sync, "runs", run, "rows", trouble=trouble):
            writer.writerow(csv_cells(row))
            count += 1
    return count
