"""What a night knows of each account: its counts of scores by month, and the use of the product by its people."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from feedback_bridge.health.document import HealthDocument, Measure
from feedback_bridge.health.usage import Usage, Use, usage, uses_in
from feedback_bridge.nps.counts import counted, window


@dataclass
class AccountBooks:
    """By the account's key. `counts` are (month, counts of its days), of all segments together."""

    counts: dict[str, list[tuple[str, Mapping[str, int]]]] = field(default_factory=lambda: defaultdict(list))
    uses: dict[str, list[Use]] = field(default_factory=lambda: defaultdict(list))

    def add_counts(self, owner: str, name: str, counts: Mapping[str, int]) -> None:
        if "#" not in name:
            self.counts[owner].append((name, counts))

    def add_uses(self, owner: str, name: str, days: Mapping[str, Collection[str]]) -> None:
        self.uses[owner] += uses_in(name, days)

    def join(self, links: Mapping[str, str]) -> set[str]:
        """What is known of a linked account (a key of `links`) is known of its link; the links that gain counts."""
        gaining = {account for tool, account in links.items() if tool in self.counts}
        for tool, account in links.items():
            if tool in self.counts:
                self.counts[account] += self.counts.pop(tool)
            if tool in self.uses:
                self.uses[account] += self.uses.pop(tool)
        return gaining

    def accounts(self) -> list[str]:
        return sorted(self.counts.keys() | self.uses.keys())

    def last_answer(self, account: str) -> date | None:
        days = (
            date.fromisoformat(f"{month}-{name[-2:]}")
            for month, counts in self.counts.get(account, ())
            for name, number in counts.items()
            if number > 0
        )
        return max(days, default=None)

    def score(self, account: str, until: date, days: int) -> int | None:
        return counted(self.counts.get(account, ()), *window(until, days)).score

    def usage(self, account: str, until: date, days: int) -> Usage | None:
        return usage(self.uses.get(account, ()), until, days)

    def measured(
        self, account: str, document: HealthDocument, today: date, window_days: int, renewal: date | None
    ) -> dict[Measure, float | None]:
        """`trend` is the score less that of the window before."""
        score = self.score(account, today, window_days)
        before = self.score(account, today - timedelta(days=window_days), window_days)
        used = self.usage(account, today, document.usage.days)
        return {
            "score": score,
            "trend": score - before if score is not None and before is not None else None,
            "breadth": used.breadth if used else None,
            "depth": used.depth if used else None,
            "frequency": used.frequency if used else None,
            "days_to_renewal": (renewal - today).days if renewal else None,
        }
