"""A gateway in front of the org simulator that misbehaves as gateways and Salesforce's edge do.

It speaks HTTPS with the simulator's own certificate and passes on whatever its rule does not answer.
"""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from local.salesforce_org.running import RunningOrg


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """`cut` closes the connection after so many bytes of the body."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    cut: int | None = None


Rule = Callable[[Asked], "Reply | None"]
NEVER = Reply(status=0)
"""No answer at all, until the gateway closes."""


@dataclass
class Gateway:
    org: RunningOrg
    url: str
    rule: Rule = lambda asked: None
    asked: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    http: requests.Session = field(default_factory=requests.Session)

    @property
    def credentials(self) -> dict[str, Any]:
        return self.org.credentials

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        return self.rule(asked) or self.passed_on(asked)

    def passed_on(self, asked: Asked) -> Reply:
        """The org's answer, with this gateway for its address."""
        headers = {name: value for name, value in asked.headers.items() if name.lower() not in ("host", "connection")}
        headers["Accept-Encoding"] = "identity"
        reply = requests.request(
            asked.method,
            self.org.url + asked.path,
            data=asked.body,
            headers=headers,
            verify=self.org.ca_file,
            timeout=60,
        )
        kept = ("content-type", "sforce-limit-info", "sforce-locator", "www-authenticate")
        body = reply.content.replace(self.org.url.encode(), self.url.encode())
        return Reply(
            reply.status_code, body, {name: reply.headers[name] for name in reply.headers if name.lower() in kept}
        )

    def data_calls(self) -> list[Asked]:
        return [asked for asked in self.asked if "/services/data/" in asked.path]

    def logins(self) -> int:
        return sum("/oauth2/token" in asked.path for asked in self.asked)


@contextmanager
def gateway(org: RunningOrg) -> Iterator[Gateway]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(org.directory / "server.pem", org.directory / "server.key")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    gate = Gateway(org, f"https://localhost:{server.server_address[1]}")
    server.gate = gate  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield gate
    finally:
        gate.closing.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        gate: Gateway = self.server.gate  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = gate.answer(Asked(self.command, self.path, dict(self.headers.items()), body))
        if reply is NEVER:
            gate.closing.wait(60)
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[: reply.cut])
        self.close_connection = reply.cut is not None

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any  # noqa: N815 - names of http.server

    def log_message(self, *arguments: Any) -> None:
        """Nothing to say."""
