"""Makes the project's virtual environments, each only when its pins have changed.

Runs on a bare Python 3.11: standard library only. `python -m local.virtualenvs run sam ministack`.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".local" / "venvs"


@dataclass(frozen=True)
class Virtualenv:
    """One environment: where it is, what pip is told, and the files whose text decides whether it is up to date."""

    name: str
    directory: Path
    arguments: tuple[str, ...]
    pins: tuple[Path, ...]
    satisfied_by: tuple[str, ...] = ()
    """Names of the larger environments in the same directory that also hold everything this one needs."""

    @property
    def python(self) -> Path:
        return self.directory / "bin" / "python"

    @property
    def stamp(self) -> Path:
        return self.directory / ".installed"

    def fingerprint(self) -> str:
        digest = hashlib.sha256(repr((sys.version_info[:2], self.arguments, str(self.directory))).encode())
        for pin in self.pins:
            digest.update(pin.read_bytes() if pin.exists() else b"")
        return digest.hexdigest()


def _project(name: str, extras: str, satisfied_by: tuple[str, ...] = ()) -> Virtualenv:
    pins = (ROOT / "pyproject.toml", ROOT / "layers" / "feedback_bridge" / "requirements.txt")
    return Virtualenv(name, ROOT / ".venv", ("-e", f"{ROOT}[{extras}]"), pins, satisfied_by)


def _tool(name: str) -> Virtualenv:
    requirements = ROOT / "local" / f"requirements-{name}.txt"
    return Virtualenv(name, HOME / name, ("-r", str(requirements)), (requirements,))


VIRTUALENVS = {
    venv.name: venv
    for venv in (
        _project("run", "cli,local", satisfied_by=("dev",)),
        _project("dev", "cli,local,dev"),
        _tool("sam"),
        _tool("ministack"),
        _tool("microburst"),
    )
}
SAM_BIN = VIRTUALENVS["sam"].directory / "bin"
MINISTACK_BIN = VIRTUALENVS["ministack"].directory / "bin"
MICROBURST_BIN = VIRTUALENVS["microburst"].directory / "bin"


class InstallError(Exception):
    """An environment could not be made; the text is what pip or venv said last."""


def is_current(venv: Virtualenv) -> bool:
    if not (venv.stamp.exists() and venv.python.exists()):
        return False
    good = {VIRTUALENVS[name].fingerprint() for name in (venv.name, *venv.satisfied_by)}
    return venv.stamp.read_text() in good


@contextmanager
def _locked(venv: Virtualenv) -> Iterator[None]:
    """Two makes in one clone must not install into the same directory at once."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / f".{venv.directory.name.lstrip('.')}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if not line.startswith("WARNING")]
        raise InstallError("\n".join(said[-20:]))


def _python_version(venv: Virtualenv) -> str:
    command = (str(venv.python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def install(venv: Virtualenv) -> None:
    """Make `venv` what its pins say. A tool's environment is made anew, so that nothing of an older one stays in it."""
    with _locked(venv):
        if is_current(venv):
            return
        started = time.monotonic()
        print(f"  installing {venv.name} ...", flush=True)
        is_project = venv.directory == ROOT / ".venv"
        venv.stamp.unlink(missing_ok=True)
        if not is_project or _python_version(venv) != "{}.{}".format(*sys.version_info[:2]):
            _run(sys.executable, "-m", "venv", "--clear", str(venv.directory))
        # Compiling every file of every package takes longer than compiling the few that are imported, when they are.
        _run(str(venv.python), "-m", "pip", "install", "--quiet", "--no-compile", "--no-input", *venv.arguments)
        venv.stamp.write_text(venv.fingerprint())
        print(f"  installed {venv.name} in {time.monotonic() - started:.0f} s", flush=True)


def main(names: list[str]) -> int:
    missing = [VIRTUALENVS[name] for name in names if not is_current(VIRTUALENVS[name])]
    if not missing:
        return 0
    print("Installing what is missing (only when its pins have changed):", flush=True)
    failed = False
    with ThreadPoolExecutor(max_workers=3) as pool:
        for venv, result in [(venv, pool.submit(install, venv)) for venv in missing]:
            error = result.exception()
            if error is not None:
                failed = True
                print(f"  {venv.name} could not be installed:\n{error}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
