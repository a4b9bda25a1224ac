"""Run by `writer.py` in a process of its own: the mapping function handles one batch, and says what memory it took."""

import sys

from bench.answers import batch
from bench.handlers import handler
from bench.processes import peak_mb


def main(start: int, size: int) -> None:
    failed = handler("response_mapping")(batch(start, size))["batchItemFailures"]
    if failed:
        raise SystemExit(f"{len(failed)} messages failed")
    print(peak_mb())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
