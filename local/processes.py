"""Starting programs, and finding them again later: by number, start time and command line, never by number alone."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from local.errors import LocalStackError
from local.home import ROOT, Home

GRACE_SECONDS = 3.0
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


def _status(pid: int | str) -> list[str]:
    """The fields of /proc/PID/stat from the third on (state, parent, process group ...); empty where there is no such
    process, or where it has ended and only waits for its parent to ask how."""
    try:
        # The second field is the name in brackets, which may itself hold spaces and brackets.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [] if fields[0] in "ZX" else fields


def identity_of(pid: int) -> str | None:
    """Start time and command line of a live process; None when there is none."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = _status(pid)
    return f"{fields[19]} {command.strip()}" if fields and command else None


def _identity_of_new(process: subprocess.Popen[bytes]) -> str:
    """For an instant after it was started, a program has no command line yet."""
    while process.poll() is None:
        if identity := identity_of(process.pid):
            return identity
        time.sleep(0.001)
    return ""


def is_alive(record: Record) -> bool:
    return identity_of(record.pid) == record.identity


def _end_with_parent() -> None:
    """In the child: be told to end when the program that started us is gone, however it went."""
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
    record = Record(server.name, server.title, server.port, process.pid, _identity_of_new(process))
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
        while _lives(leader) and time.monotonic() < deadline:
            time.sleep(0.02)
        if not _lives(leader):
            return


def _lives(leader: int) -> bool:
    """Whether a process of the group still runs."""
    everybody = (_status(directory.name) for directory in Path("/proc").glob("[0-9]*"))
    return any(fields and int(fields[2]) == leader for fields in everybody)


def _signal(leader: int, kind: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, kind)


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
