"""`running_org()`: the server as a real process of its own, for tests and benchmarks."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import requests

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_METADATA = REPOSITORY / "salesforce"
START_SECONDS, STOP_SECONDS, CALL_SECONDS = 30, 5, 60


@dataclass
class RunningOrg:
    """A running org. `control("POST", "/reset")` speaks to /_org; `token()` logs in by client credentials."""

    url: str
    ca_file: str
    directory: Path
    credentials: dict[str, Any]
    process: subprocess.Popen[str]

    def control(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """Raises AssertionError with the org's words when the control refuses."""
        address = f"{self.url}/_org{path}"
        answer = requests.request(method, address, json=body, params=query, verify=self.ca_file, timeout=CALL_SECONDS)
        if answer.status_code != 200:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def records(self, name: str) -> list[dict[str, Any]]:
        """Every live row of an object, with every field."""
        found: list[dict[str, Any]] = self.control("GET", f"/objects/{name}/records")
        return found

    def token(self, who: str = "admin") -> str:
        app = self.credentials[who]
        form = {
            "grant_type": "client_credentials",
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
        }
        address = f"{self.url}/services/oauth2/token"
        answer = requests.post(address, data=form, verify=self.ca_file, timeout=CALL_SECONDS)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def session(self, who: str = "admin") -> requests.Session:
        """A logged-in HTTP session that trusts the org's authority.

        `trust_env` is off because REQUESTS_CA_BUNDLE in the environment would win over `verify`.
        """
        session = requests.Session()
        session.trust_env = False
        session.verify = self.ca_file
        session.headers["Authorization"] = f"Bearer {self.token(who)}"
        return session


@contextmanager
def running_org(
    *,
    port: int | None = None,
    directory: Path | None = None,
    metadata: Path | None = DEFAULT_METADATA,
    seed_file: Path | None = None,
    users: Path | None = None,
) -> Iterator[RunningOrg]:
    """Starts the org on a free port and waits until it answers; ends it at the end of the block."""
    with tempfile.TemporaryDirectory() as scratch:
        place = directory or Path(scratch)
        command = [sys.executable, "-m", "local.salesforce_org", "--directory", str(place)]
        command += ["--port", str(port or free_port())]
        for option, value in (("--metadata", metadata), ("--seed", seed_file), ("--users", users)):
            command += [option, str(value)] if value is not None else []
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=REPOSITORY)
        try:
            yield _when_ready(process, place)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _when_ready(process: subprocess.Popen[str], place: Path) -> RunningOrg:
    output = cast("IO[str]", process.stdout)
    ready, _, _ = select.select([output], [], [], START_SECONDS)
    line = output.readline() if ready else ""
    if not line.startswith("ready "):
        raise RuntimeError(f"the org did not start: {line.strip() or 'no output'}")
    credentials = json.loads((place / "credentials.json").read_text(encoding="utf-8"))
    return RunningOrg(credentials["url"], credentials["ca_file"], place, credentials, process)
