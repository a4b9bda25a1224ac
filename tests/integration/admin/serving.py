"""The admin API over real HTTP: what API Gateway does between a client and the handler, and nothing more."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from functions.admin_api.app import handler
from tests.integration.admin.calling import CONTEXT, answered, event

PORTS = range(18300, 18400)
_STAGE = "/v1"
_one_at_a_time = Lock()
"""A Lambda worker answers one event at a time."""


class _Gateway(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        path = self.path.removeprefix(_STAGE)
        with _one_at_a_time:
            answer = answered(handler(event(self.command, path, dict(self.headers.items()), body), CONTEXT))
        data = answer.text.encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - names that http.server calls

    def log_message(self, *_: Any) -> None:
        """Tests print nothing."""


@contextmanager
def serving() -> Iterator[str]:
    """The API's URL, ending in /v1, while it is served."""
    server = _bound()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{_STAGE}"
    finally:
        server.shutdown()
        server.server_close()


def _bound() -> ThreadingHTTPServer:
    for port in PORTS:
        try:
            return ThreadingHTTPServer(("127.0.0.1", port), _Gateway)
        except OSError:
            continue
    raise RuntimeError(f"no port of {PORTS} is free")
