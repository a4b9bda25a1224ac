"""MiniStack, the local cloud, a Python package. No Docker."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from subprocess import run
from types import MappingProxyType

from local.account import REGION, endpoint
from local.home import Home
from local.ports import HOST
from local.processes import Server
from local.virtualenvs import MINISTACK_BIN

PYTHON = MINISTACK_BIN / "python"


@cache
def python_version() -> str:
    """Such as `3.12`: of the interpreter that functions run on, whatever Runtime they name. So it is what we name."""
    command = (str(PYTHON), "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
    return run(command, capture_output=True, text=True, check=True).stdout.strip()


def server(home: Home, port: int, trusted: Path, functions: Mapping[str, str] = MappingProxyType({})) -> Server:
    """`trusted` is the certificate authority that functions trust: the Salesforce org's, and no other.

    `functions` are further environment variables that functions inherit.
    """
    return Server(
        name="ministack",
        title="The local AWS (MiniStack)",
        command=(str(PYTHON), "-m", "ministack"),
        environment={**_environment(home, port, trusted), **functions},
        port=port,
        is_ready=lambda: _is_healthy(port),
    )


def _environment(home: Home, port: int, trusted: Path) -> dict[str, str]:
    """All of it, since every function inherits it: nothing of the developer's own environment may leak in."""
    temporary = home.ministack / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": f"{MINISTACK_BIN}:/usr/bin:/bin",
        "HOME": str(home.ministack),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": str(temporary),
        "STATE_DIR": str(home.ministack / "state"),
        "S3_DATA_DIR": str(home.ministack / "s3"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        # One process for each call at once: without a bound, a burst starts hundreds.
        "LAMBDA_ACCOUNT_CONCURRENCY": "12",
        # The policies of the functions' roles are enforced, as they are on AWS.
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # It would look for containers to clear away; the developer's Docker is none of its business.
        "DOCKER_HOST": f"unix://{home.ministack / 'no-docker'}",
        "REQUESTS_CA_BUNDLE": str(trusted),
        "SSL_CERT_FILE": str(trusted),
    }


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint(port)}/_ministack/health", timeout=1) as reply:  # noqa: S310
            return "services" in json.load(reply)
    except (OSError, ValueError):
        return False
