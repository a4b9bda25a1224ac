"""Starting programs, and finding them again later: by number, start time and command line, never by number alone."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from local.errors import LocalStackError
from local.home import ROOT, Home

GRACE_SECONDS = 8.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Server:
    """A program to run. `is_ready` answers without raising, whatever state the program is in."""

    name: str
    title: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    port: int
    is_ready: Callable[[], bool]


@dataclass(frozen=True)
class Record:
    """A program that was started. `identity` is what tells it from a later process with the same number."""

    name: str
    title: str
    port: int
    pid: int
    identity: str


def identity_of(pid: int) -> str | None:
    """Start time and command line of a live process; None when there is none (or only its zombie)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except FileNotFoundError:
        return None if sys.platform == "linux" else _identity_by_ps(pid)
    except ProcessLookupError:
        return None
    # After the name in brackets, which may itself hold spaces and brackets: state is field 3, start time field 22.
    fields = status.rpartition(")")[2].split()
    return None if fields[0] == "Z" else f"{fields[19]} {command.strip()}"


def _identity_by_ps(pid: int) -> str | None:
    """For systems without /proc."""
    done = subprocess.run(["ps", "-p", str(pid), "-o", "lstart=,command="], capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def is_alive(record: Record) -> bool:
    return identity_of(record.pid) == record.identity


def _end_with_parent() -> None:
    """In the child: be told to end when the program that started us is gone, however it went (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _last_lines(log: Path, count: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])


def start(server: Server, home: Home, *, tied: bool, patience: float = 30.0) -> Record:
    """Start `server` in a session of its own and wait until it is ready. `tied`: it ends when we do.

    It is on record from its first moment, so that it is found and stopped whatever happens next. Raises LocalStackError
    with the end of its log when it dies or is not ready within `patience` seconds.
    """
    log = home.logs / f"{server.name}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            server.command,
            env=dict(server.environment),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent if tied else None,
        )
    record = Record(server.name, server.title, server.port, process.pid, identity_of(process.pid) or "")
    _record_file(home, server.name).write_text(json.dumps(asdict(record), ensure_ascii=False, indent=2))
    deadline = time.monotonic() + patience
    while not server.is_ready():
        if process.poll() is not None:
            raise LocalStackError(f"{server.title} ended at once. Its log, {log}:\n{_last_lines(log)}")
        if time.monotonic() > deadline:
            raise LocalStackError(f"{server.title} was not ready in time. Its log, {log}:\n{_last_lines(log)}")
        time.sleep(0.05)
    return record


def run(command: Sequence[str], environment: Mapping[str, str], log: Path, *, cwd: Path) -> None:
    """Run a command to its end, its output in `log`. Raises LocalStackError with the end of it when it fails.

    It has a process group of its own, ended as a whole when we are interrupted: pip below SAM does not stay behind.
    """
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
    try:
        code = process.wait()
    except BaseException:
        _end_group(process.pid)
        raise
    if code:
        raise LocalStackError(f"`{' '.join(command[:2])}` failed. The end of {log}:\n{_last_lines(log, 25)}")


def _end_group(leader: int) -> None:
    """End a process group: kindly, and where that does not help within a few seconds, without asking."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        _signal(leader, kind)
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline:
            _reap(leader)
            if not _signal(leader, 0):
                return
            time.sleep(0.02)


def _reap(pid: int) -> None:
    """Our own child stays a zombie, and its group a group, until somebody asks how it ended."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _signal(leader: int, kind: int) -> bool:
    """Whether there was such a process group; signal 0 only asks."""
    try:
        os.killpg(leader, kind)
    except ProcessLookupError:
        return False
    return True


def _record_file(home: Home, name: str) -> Path:
    return home.records / f"{name}.json"


def recorded(home: Home) -> list[Record]:
    """Every server that was started and not yet stopped, whether it still runs or not."""
    return [Record(**json.loads(path.read_text())) for path in sorted(home.records.glob("*.json"))]


def stop(home: Home, records: Sequence[Record]) -> list[Record]:
    """End the programs and all in their process groups, and forget them. Returns those that were still running.

    One whose number belongs to another process by now is only forgotten.
    """
    alive = [record for record in records if is_alive(record)]
    for record in alive:
        _signal(record.pid, signal.SIGTERM)
    for record in alive:
        _end_group(record.pid)
    for record in records:
        _record_file(home, record.name).unlink(missing_ok=True)
    return alive
