"""`make demo`: the whole way of a signed webhook into a Salesforce record, in a stack that is gone afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable

from rich.console import Console

from cli.stack import STACK_VARIABLE
from local import showcase
from local.home import Home
from local.lifecycle import bring_up, take_down
from local.ports import Ports
from local.stack_file import Stack

Part = Callable[[Stack, Console], bool]

PARTS: tuple[Part, ...] = (showcase.run,)
"""What is shown on the running stack, in order. Each says whether all it promised came true."""


def demo(home: Home, ports: Ports, console: Console) -> bool:
    """Whether every part came true. Nothing is left running, however it ends."""
    home.clear()
    try:
        stack = bring_up(home, ports, console, tied=True)
        os.environ[STACK_VARIABLE] = str(home.stack_file)
        return all(part(stack, console) for part in PARTS)
    finally:
        take_down(home)
