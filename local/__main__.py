"""`python -m local up|down|demo|run`: the program behind make's targets of the same names."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from local import ports
from local.errors import LocalStackError
from local.home import Home
from local.lifecycle import bring_up, leave_tidily, running, take_down
from local.stack_file import Stack


def _up(home: Home, console: Console) -> int:
    if "ministack" in running(home):
        console.print("The local stack is already running; deploying again.")
    stack = bring_up(home, ports.from_environment(), console)
    console.print(_summary(stack, home), highlight=False)
    return 0


def _summary(stack: Stack, home: Home) -> str:
    rows = {
        "API": stack.api_url,
        "Console": stack.console_url,
        "AWS": f"{stack.aws_endpoint_url} ({stack.region}, stack {stack.stack_name})",
        "Salesforce": stack.salesforce_url,
        "Qualtrics": stack.qualtrics_url,
        "Pendo": stack.pendo_url,
        "All of it": str(home.stack_file),
    }
    return "\n".join(f"  {name:<11}{value}" for name, value in rows.items() if value)


def _down(home: Home, console: Console) -> int:
    stopped = take_down(home)
    console.print("\n".join(f"Stopped: {title}" for title in stopped) or "Nothing was running.")
    return 0


def _demo(home: Home, console: Console) -> int:
    from local.demo import demo

    return 0 if demo(home, ports.from_environment(), console) else 1


def _run(home: Home, _console: Console) -> int:
    """Up until standard input ends, as it does when whoever holds its other end is gone; then down.

    Says `ready` on standard output when it is; progress goes to standard error.
    """
    home.clear()
    try:
        bring_up(home, ports.from_environment(), Console(stderr=True), tied=True)
        print("ready", flush=True)
        sys.stdin.read()
    finally:
        take_down(home)
    return 0


COMMANDS = {"up": _up, "down": _down, "demo": _demo, "run": _run}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description="The local stack.")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--directory", type=Path, help="where the stack keeps its files (default: .local)")
    given = parser.parse_args()
    default = Home.named(given.command if given.command in ("demo", "run") else "")
    home = Home(given.directory.resolve()) if given.directory else default
    leave_tidily()
    console = Console()
    try:
        return COMMANDS[given.command](home, console)
    except LocalStackError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
