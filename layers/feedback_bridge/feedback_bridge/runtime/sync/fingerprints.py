"""What each record last gave to the tool, as eight bytes: in the stack's bucket, cut so that a page touches little."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from feedback_bridge.aws.sync_files import SyncFiles
from feedback_bridge.sync.partitions import part_of

PARTS = 64
_STATE = "state"
"""Stands in the place of a run's id: what is here outlives runs."""


@dataclass(frozen=True)
class Fingerprints:
    files: SyncFiles

    def of(self, records: Sequence[str]) -> dict[str, str]:
        """Of those that have one."""
        wanted = set(records)
        return {
            record: own
            for part, _ in self._cut(records)
            for record, own in self._held(part).items()
            if record in wanted
        }

    def put(self, news: Mapping[str, str]) -> None:
        for part, records in self._cut(list(news)):
            held = self._held(part) | {record: news[record] for record in records}
            self.files.put_lines(self._name(part), [held], kept=True, run=_STATE)

    def _held(self, part: int) -> dict[str, str]:
        lines = self.files.lines(self._name(part), kept=True, run=_STATE)
        return dict(lines[0]) if lines else {}

    def _cut(self, records: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
        parts: dict[int, list[str]] = {}
        for record in records:
            parts.setdefault(part_of(record, PARTS), []).append(record)
        yield from parts.items()

    def _name(self, part: int) -> str:
        return f"pulled/{part:02}"
