"""`make bench`: every figure beside its promise. `python -m bench writer ingest` runs those alone.

Exits 1 when a promise is not kept.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console

from bench import (
    answers,
    imports,
    ingest,
    ingest_burst,
    mapping_plan,
    nps_histories,
    per_event,
    sync_nights,
    webhooks,
    writer,
)
from bench.figure import Figure
from bench.report import print_table, write_results
from bench.stage import Stage, stage

ALONE: dict[str, Callable[[], Iterable[Figure]]] = {
    "mapping": lambda: mapping_plan.measure().values(),
    "imports": imports.measure,
    "burst": ingest_burst.measure,
}
ON_STAGE: dict[str, Callable[[Stage], Iterable[Figure]]] = {
    "ingest": ingest.measure,
    "writer": writer.measure,
    "per_event": per_event.measure,
    "nps": nps_histories.measure,
    "sync": sync_nights.measure,
}


def main(wanted: Sequence[str]) -> int:
    unknown = sorted(set(wanted) - ALONE.keys() - ON_STAGE.keys())
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(ALONE | ON_STAGE)}.", file=sys.stderr)
        return 2
    console = Console()
    figures: list[Figure] = []
    try:
        figures += _measured(wanted or [*ALONE, *ON_STAGE], console)
    finally:
        print_table(figures, console)
        write_results(figures)
    return 0 if all(figure.holds for figure in figures) else 1


def _measured(wanted: Sequence[str], console: Console) -> Iterator[Figure]:
    for name in (name for name in ALONE if name in wanted):
        with _told(name, console):
            yield from ALONE[name]()
    if not ON_STAGE.keys() & set(wanted):
        return
    with stage() as ready:
        with _told("the stage", console):
            webhooks.prepare(ready)
            answers.prepare(ready)
        for name in (name for name in ON_STAGE if name in wanted):
            with _told(name, console):
                yield from ON_STAGE[name](ready)


@contextmanager
def _told(name: str, console: Console) -> Iterator[None]:
    with console.status(f"Measuring {name}"):
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
