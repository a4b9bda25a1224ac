"""The stand-ins for the tools that we ask ourselves: Qualtrics, for a response's answers, and Pendo, both ways."""

from __future__ import annotations

import os
import socket
import sys

from local.ports import HOST
from local.processes import Server


def server(tool: str, port: int) -> Server:
    return Server(
        name=tool,
        title=f"The {tool.capitalize()} API stand-in",
        command=(sys.executable, "-m", f"local.{tool}_api", "--port", str(port)),
        environment=os.environ,
        port=port,
        is_ready=lambda: _listens(port),
    )


def _listens(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
