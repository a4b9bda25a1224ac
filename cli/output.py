"""What a command prints: for people on a terminal, or JSON for programs. Remarks go to standard error."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol


class Step(Protocol):
    """Called once for each piece of work that is done."""

    def __call__(self) -> None: ...


@dataclass(frozen=True)
class Output:
    as_json: bool

    def data(self, value: Any) -> bool:
        """Prints the value where JSON is wanted; whether it was."""
        if self.as_json:
            print_json(value)
        return self.as_json

    def line(self, text: str) -> None:
        if not self.as_json:
            print(text)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Plain text is never read as markup: values come from the outside."""
        if self.as_json:
            return
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
        console = Console()
        # A file or a pipe has no width: nothing there is to be cut or folded.
        console.print(table, width=None if console.is_terminal else 400, no_wrap=not console.is_terminal)

    @contextmanager
    def progress(self, title: str, total: int | None) -> Iterator[Step]:
        """A bar on the terminal while work goes on; nothing where nobody looks."""
        if self.as_json or not sys.stderr.isatty() or total == 1:
            yield lambda: None
            return
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=total)
            yield lambda: bar.advance(task)


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def remark(text: str) -> None:
    print(text, file=sys.stderr)
