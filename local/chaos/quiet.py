"""Waiting until nothing is under way any more."""

from __future__ import annotations

import time

from rich.console import Console

from local.chaos.bridge import Bridge

TOLD_EVERY = 15
SURE_AFTER = 3
"""Looks in a row at empty queues: a message can be between the bus and a queue."""


def until_quiet(bridge: Bridge, patience: float, console: Console) -> bool:
    """Whether the queues are empty and no delivery is pending."""
    begun, told, empty = time.monotonic(), 0.0, 0
    while time.monotonic() - begun < patience:
        depths = bridge.depths()
        empty = empty + 1 if sum(depth.all for depth in depths.values()) == 0 else 0
        if empty >= SURE_AFTER:
            return True
        if time.monotonic() - told > TOLD_EVERY:
            told = time.monotonic()
            under_way = ", ".join(f"{name} {depth.all}" for name, depth in depths.items())
            console.print(f"  {told - begun:4.0f} s: {under_way}", style="dim", highlight=False)
        time.sleep(0.5)
    return False
