"""What the person at the terminal sees while the stack comes up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def step(console: Console, title: str) -> Iterator[None]:
    """Say what is going on while it does, and how long it took. Where there is no terminal, a line before and after."""
    started = time.monotonic()
    if not console.is_terminal:
        console.print(f"… {title}")
    with console.status(f"{title} …"):
        yield
    console.print(f"[green]✓[/green] {title} [dim]({time.monotonic() - started:.1f} s)[/dim]")
