"""`python -m local.chaos`: the program behind `make chaos`. BRIDGE_CHAOS_EVENTS says how many events."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from local import ports
from local.chaos.plan import Plan
from local.chaos.run import run
from local.errors import LocalStackError
from local.home import Home
from local.lifecycle import leave_tidily


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.chaos", description=__doc__)
    parser.add_argument("--directory", type=Path, help="where the stack keeps its files (default: .local/chaos)")
    given = parser.parse_args()
    home = Home(given.directory.resolve()) if given.directory else Home.named("chaos")
    leave_tidily()
    console = Console()
    try:
        report = run(Plan.from_environment(), home, ports.from_environment(), console)
    except LocalStackError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    report.print(console)
    report.save(home.directory / "report.json")
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
