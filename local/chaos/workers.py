"""Killing the workers of response_mapping in the middle of a batch: SIGKILL, no chance to say goodbye."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

from local.chaos.org import OrgControl
from local.home import Home
from local.processes import recorded

FUNCTION = b"AWS_LAMBDA_FUNCTION_NAME=feedback-bridge-ResponseMappingFunction"
HELD_SECONDS = 3
PATIENCE = 30
DIED = "Worker process died"
"""What MiniStack writes when a worker is gone while it had a batch."""


@dataclass
class Killer:
    """Each kill waits for a write to Salesforce and happens while it is held there: before or after its commit."""

    home: Home
    org: OrgControl
    kills: int = 0
    moments: Any = field(default_factory=lambda: cycle(("after", "before")))

    def strike(self) -> bool:
        """Whether there was a write to kill a worker at."""
        name = f"held for kill {self.kills + 1}"
        held = {"when": next(self.moments), "slow_seconds": HELD_SECONDS}
        rule = {"name": name, "match": {"path": "/composite/sobjects"}, "effect": held, "times": 1}
        self.org.ask("POST", "/faults", rule)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if any(rule["fired"] for rule in self.org.ask("GET", "/faults") if rule["name"] == name):
                for pid in self._workers():
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                self.kills += 1
                return True
            time.sleep(0.05)
        return False

    def batches_lost(self) -> int:
        """Batches that a killed worker had, as MiniStack saw it."""
        return (self.home.logs / "ministack.log").read_text(errors="replace").count(DIED)

    def _workers(self) -> list[int]:
        """All workers of the function at that moment: those of this stack's local AWS and no other's."""
        (aws,) = (record.pid for record in recorded(self.home) if record.name == "ministack")
        return [pid for pid in _children_of(aws) if FUNCTION in _environment(pid)]


def _children_of(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
