"""The report: what was sent, what struck, and what is true in the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from local.chaos.checks import Verdict


@dataclass
class Report:
    """`figures` in the order in which they are read."""

    figures: dict[str, Any] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    deliveries: Counter[str] = field(default_factory=Counter)
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return bool(self.verdicts) and all(verdict.holds for verdict in self.verdicts)

    def print(self, console: Console) -> None:
        console.print(_counts("What happened", "", self.figures))
        console.print(_counts("Faults", "how often", self.faults))
        console.print(_counts("Deliveries", "how many", dict(sorted(self.deliveries.items()))))
        console.print(_verdicts(self.verdicts))
        broken = sum(not verdict.holds for verdict in self.verdicts)
        console.print(
            f"[red]{broken} of {len(self.verdicts)} checks do not hold.[/red]"
            if broken
            else f"[green]All {len(self.verdicts)} checks hold.[/green]"
        )

    def save(self, file: Path) -> None:
        whole = {
            "figures": self.figures,
            "faults": dict(self.faults),
            "deliveries": dict(self.deliveries),
            "verdicts": [asdict(verdict) | {"holds": verdict.holds} for verdict in self.verdicts],
        }
        file.write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n")


def _counts(title: str, heading: str, counts: Mapping[str, Any]) -> Table:
    table = Table("", heading, title=title, title_justify="left")
    table.columns[1].justify = "right"
    for name, count in counts.items():
        table.add_row(name, str(count))
    return table


def _verdicts(verdicts: Sequence[Verdict]) -> Table:
    table = Table("check", "looked at", "wrong", "holds", title="Verdicts", title_justify="left")
    for verdict in verdicts:
        mark = "[green]✓[/green]" if verdict.holds else "[red]✗[/red]"
        told = "\n".join([verdict.promise, *(f"  [red]{case}[/red]" for case in verdict.wrong)])
        table.add_row(told, str(verdict.looked_at), str(verdict.count), mark)
    return table
