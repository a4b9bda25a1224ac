"""The stand-in for the Qualtrics API, from which the answers of a completed response are fetched."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys

from local.ports import HOST
from local.processes import Server

MODULE = "local.qualtrics_api"


def server(port: int) -> Server | None:
    """None in a project that has no such program."""
    if importlib.util.find_spec(MODULE) is None:
        return None
    return Server(
        name="qualtrics",
        title="The Qualtrics API stand-in",
        command=(sys.executable, "-m", MODULE, "--port", str(port)),
        environment=os.environ,
        port=port,
        is_ready=lambda: _listens(port),
    )


def _listens(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
