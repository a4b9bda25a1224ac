"""Which ports the stack listens on, and a plain word when one of them is taken."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from local.errors import LocalStackError

HOST = "127.0.0.1"
AWS_VARIABLE = "BRIDGE_AWS_PORT"
SALESFORCE_VARIABLE = "BRIDGE_SALESFORCE_PORT"
AWS_DEFAULT = 4600
SALESFORCE_DEFAULT = 4610


@dataclass(frozen=True)
class Ports:
    aws: int
    salesforce: int


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As a server would: a port that merely cools down after its last owner is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def next_free(after: int) -> int:
    """The first free port above `after`."""
    for port in range(after + 1, 65536):
        if is_free(port):
            return port
    raise LocalStackError(f"There is no free port above {after}.")


def _wanted(variable: str, default: int) -> int:
    text = os.environ.get(variable, str(default))
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise LocalStackError(f"{variable} must be a port number from 1 to 65535, not {text!r}.")
    return int(text)


def from_environment() -> Ports:
    ports = Ports(_wanted(AWS_VARIABLE, AWS_DEFAULT), _wanted(SALESFORCE_VARIABLE, SALESFORCE_DEFAULT))
    if ports.aws == ports.salesforce:
        raise LocalStackError(f"{AWS_VARIABLE} and {SALESFORCE_VARIABLE} must differ; both are {ports.aws}.")
    return ports


def ensure_free(port: int, variable: str) -> None:
    """Raise LocalStackError, naming the port and what to set, where another program listens on it."""
    if not is_free(port):
        other = next_free(port)
        raise LocalStackError(
            f"Port {port} is taken by another program; set {variable} to a free one, such as {other}."
        )
