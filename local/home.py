"""Where one running stack keeps its files. Each has a directory of its own, so that several can live in one clone."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from local.virtualenvs import ROOT

__all__ = ["ROOT", "Home"]


@dataclass(frozen=True)
class Home:
    """The directory of one stack: `.local` for `make up`, one below it for the demo and for the tests."""

    directory: Path

    @classmethod
    def named(cls, name: str = "") -> Home:
        return cls(ROOT / ".local" / name)

    @property
    def stack_file(self) -> Path:
        return self.directory / "stack.json"

    @property
    def records(self) -> Path:
        """One file per server that was started: how to find it again, and to stop it and nothing else."""
        return self.directory / "servers"

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def ministack(self) -> Path:
        return self.directory / "ministack"

    @property
    def salesforce(self) -> Path:
        return self.directory / "salesforce"

    def prepare(self) -> None:
        for directory in (self.records, self.logs):
            directory.mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Begin with nothing, for a stack that lives once. The logs of the last one stay until then."""
        self.forget_cloud()
        for directory in (self.records, self.logs, self.salesforce):
            shutil.rmtree(directory, ignore_errors=True)

    def forget_cloud(self) -> None:
        """Drop what MiniStack unpacked: it keeps its state in memory, so none of it outlives the process."""
        shutil.rmtree(self.ministack, ignore_errors=True)
        self.stack_file.unlink(missing_ok=True)
