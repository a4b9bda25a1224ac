"""The stand-in for Pendo's API, from which a sync reads and to which it writes metadata."""

from __future__ import annotations

import os
import socket
import sys

from local.ports import HOST
from local.processes import Server

MODULE = "local.pendo_api"


def server(port: int) -> Server:
    return Server(
        name="pendo",
        title="The Pendo API stand-in",
        command=(sys.executable, "-m", MODULE, "--port", str(port)),
        environment=os.environ,
        port=port,
        is_ready=lambda: _listens(port),
    )


def _listens(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
