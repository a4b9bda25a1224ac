"""Puts an org together from the command line's wishes and serves it until it is told to stop."""

from __future__ import annotations

import contextlib
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .certificates import ensure_certificates
from .credentials import ensure_credentials, load_users, register, write_credentials
from .org import Org
from .seeding import seed
from .server import TRANSPORT, application

HOST = "127.0.0.1"
THREADS = 256


@dataclass
class Launch:
    port: int
    directory: Path
    metadata: Path | None = None
    users: Path | None = None
    seed_file: Path | None = None
    admin: dict[str, str | None] = field(default_factory=dict)


class CuttableProtocol(HttpToolsProtocol):
    """Hands the transport to the application, so that a fault can close it without an answer."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required]


def build_org(launch: Launch) -> Org:
    launch.directory.mkdir(parents=True, exist_ok=True)
    org = Org(launch.metadata)
    org.url = f"https://localhost:{launch.port}"
    org.seed_file = launch.seed_file
    document = ensure_credentials(launch.directory, launch.admin)
    register(org, document)
    if launch.users is not None:
        load_users(org, launch.users)
    if launch.seed_file is not None:
        seed(org, launch.seed_file)
    document.update(url=org.url, ca_file=str((launch.directory / "ca.pem").resolve()))
    write_credentials(launch.directory, document)
    return org


class Server(uvicorn.Server):
    """Says on standard output when it is ready."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        await super().startup(sockets)
        print(f"ready {self._url}", flush=True)


def serve(launch: Launch) -> int:
    """Returns 1 when the port is taken."""
    try:
        with socket.create_server((HOST, launch.port)):
            pass
    except OSError:
        print(f"Port {launch.port} is already taken.", file=sys.stderr)
        return 1
    _, certificate, key = ensure_certificates_in(launch.directory)
    org = build_org(launch)
    config = uvicorn.Config(
        application(org),
        host=HOST,
        port=launch.port,
        http=CuttableProtocol,
        ssl_certfile=str(certificate),
        ssl_keyfile=str(key),
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
        lifespan="off",
    )
    with contextlib.suppress(KeyboardInterrupt):
        Server(config, org.url).run()
    return 0


def ensure_certificates_in(directory: Path) -> tuple[Path, Path, Path]:
    directory.mkdir(parents=True, exist_ok=True)
    return ensure_certificates(directory)
