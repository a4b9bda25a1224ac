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
        """On a terminal a table; for other programs one line a row, its cells apart by tabs."""
        if self.as_json:
            return
        cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
        if not sys.stdout.isatty():
            for line in ([*columns], *cells):
                print("\t".join(line))
            return
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for line in cells:
            # Text, so that what comes from the outside is never read as markup.
            table.add_row(*map(Text, line))
        Console().print(table)

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
