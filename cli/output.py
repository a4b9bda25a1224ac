"""What a command prints: for people on a terminal, or JSON for programs. Remarks go to standard error."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


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

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, without: str = "") -> None:
        """On a terminal a table, or a block a row where the table would not fit; for other programs one line a row, its
        cells apart by tabs. `without` is remarked where there are no rows."""
        if self.as_json:
            return
        cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
        if not cells and without:
            remark(without)
            if sys.stdout.isatty():
                return
        if not sys.stdout.isatty():
            for line in ([*columns], *cells):
                print("\t".join(line))
            return
        from rich.console import Console
        from rich.measure import Measurement

        console = Console()
        table = _table(columns, cells)
        without_edge = console.options.update(max_width=100_000)
        if Measurement.get(console, without_edge, table).maximum <= console.width:
            console.print(table)
            return
        width = max(map(len, columns)) + 2
        for row in cells:
            for name, cell in zip(columns, row, strict=True):
                if cell:
                    # Soft, so that an id stays one piece to be copied.
                    console.print(f"{name:<{width}}", _coloured(cell), sep="", soft_wrap=True, markup=False)
            console.print()

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


_COLOURS = {
    **dict.fromkeys(("green", "delivered", "ok"), "green"),
    **dict.fromkeys(("red", "failed", "PROBLEM"), "red"),
    **dict.fromkeys(("pending", "skipped"), "yellow"),
}


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*map(_coloured, row))
    return table


def _coloured(cell: str) -> "Text":
    """Plain text: what comes from the outside is never read as markup."""
    from rich.text import Text

    return Text(cell, style=_COLOURS.get(cell, ""))


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def remark(text: str) -> None:
    print(text, file=sys.stderr)
