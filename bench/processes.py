"""Fresh interpreters: what a module takes that has a process of its own."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.home import ROOT

PYTHONPATH = f"{ROOT / 'layers/feedback_bridge'}:{ROOT}"
PATIENCE_SECONDS = 600


def run(arguments: list[str], environment: Mapping[str, str], *, patience_seconds: int = PATIENCE_SECONDS) -> str:
    """What it printed. Raises RuntimeError with its last words when it fails."""
    ended = subprocess.run(
        [sys.executable, *arguments],
        env={**environment, "PYTHONPATH": PYTHONPATH},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=patience_seconds,
    )
    if ended.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{ended.stderr[-2000:]}")
    return ended.stdout


def peak_mb() -> float:
    """The most memory that this process has had. Linux's VmHWM: `getrusage` also tells what its parent had before."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
