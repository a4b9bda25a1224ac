"""The figures as a table to read and as JSON to compare."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.figure import Figure

RESULTS = Path(__file__).parent / "results.json"


def print_table(figures: Sequence[Figure], console: Console) -> None:
    table = Table()
    table.add_column("figure", no_wrap=True)
    table.add_column("value", justify="right")
    table.add_column("limit", justify="right")
    table.add_column("holds")
    for figure in figures:
        limit = "" if figure.limit is None else f"{figure.limit:g}"
        holds = "" if figure.limit is None else "yes" if figure.holds else "[bold red]NO[/]"
        table.add_row(figure.name, f"{figure.value:,.10g}", limit, holds)
    console.print(table)


def write_results(figures: Sequence[Figure]) -> None:
    document = {
        figure.name: {"value": figure.value, "limit": figure.limit, "holds": figure.holds} for figure in figures
    }
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
