"""The Net Promoter Score of a period: as a whole, month by month, and by segment."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from feedback_bridge.nps.counts import Counts, counted, months

Items = Sequence[tuple[str, Mapping[str, int]]]
"""(`2026-11` or `2026-11#tier=gold`, counts of its days); a name may come several times."""


def report(items: Items, since: date, until: date) -> dict[str, Any]:
    """For JSON: `score` is None where nobody answered."""
    whole = [item for item in items if "#" not in item[0]]
    by_segment: dict[str, list[tuple[str, Mapping[str, int]]]] = {}
    for name, counts in items:
        month, mark, segment = name.partition("#")
        if mark:
            by_segment.setdefault(segment, []).append((month, counts))
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        **told(counted(whole, since, until)),
        "months": [
            {"month": month, **told(counted([item for item in whole if item[0] == month], since, until))}
            for month in months(since, until)
        ],
        "segments": [
            {"segment": segment.partition("=")[0], "value": segment.partition("=")[2], **told(total)}
            for segment, found in sorted(by_segment.items())
            if (total := counted(found, since, until)).answers
        ],
    }


def told(counts: Counts) -> dict[str, int | None]:
    return {"score": counts.score, "answers": counts.answers, **asdict(counts)}
