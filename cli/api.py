"""The admin API, called with time-outs. What it refuses is a Failure with the API's own words."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from cli.failure import Failure

CONNECT_SECONDS, READ_SECONDS = 5, 40
"""The API gives up after 29 seconds itself."""

_PATIENCE = Retry(
    total=2,
    backoff_factor=0.5,
    status_forcelist=(429, 502, 503, 504),
    allowed_methods=("GET", "PUT"),
    raise_on_status=False,
    connect=0,
)
"""Only what can be asked twice without a second effect is asked again by itself."""


_UNKNOWN = "The stack does not take this token (BRIDGE_TOKEN, or the stack file's): it is wrong, expired or revoked."


class Refused(Failure):
    """The API said no. `errors` has what is wrong by path."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status = status
        self.errors: list[dict[str, str]] = body.get("errors", [])
        lines = [f"  {error['path'] or '(document)'}: {error['message']}" for error in self.errors]
        sentence = str(body.get("detail") or body.get("title") or f"HTTP {status}")
        super().__init__(_UNKNOWN if status == 401 else sentence, lines, {"problem": body})


def published_in(held: Any) -> dict[str, Any] | None:
    """The document in force, of what `Api.find` gave."""
    return held["published"]["document"] if held and held["published"] else None


class Api:
    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._http = requests.Session()
        # Proxies and .netrc of the environment are not for this address: the token goes there and nowhere else.
        self._local = self.url.startswith(("http://127.0.0.1", "http://localhost"))
        self._http.trust_env = not self._local
        self._http.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
        for scheme in ("http://", "https://"):
            self._http.mount(scheme, HTTPAdapter(max_retries=_PATIENCE))

    def get(self, *path: str, **query: Any) -> Any:
        return self.call("GET", path, params={name: value for name, value in query.items() if value is not None})

    def put(self, *path: str, body: Any) -> Any:
        return self.call("PUT", path, json=body)

    def post(self, *path: str, body: Any = None) -> Any:
        return self.call("POST", path, json=body)

    def pages(self, *path: str, most: int | None = None, **query: Any) -> Iterator[dict[str, Any]]:
        """The items of a list, page by page, at most `most`."""
        cursor, seen = None, 0
        while most is None or seen < most:
            limit = min(200, most - seen) if most is not None else 200
            page = self.get(*path, limit=limit, cursor=cursor, **query)
            yield from page["items"]
            seen += len(page["items"])
            cursor = page["next"]
            if cursor is None:
                return

    def call(self, method: str, path: tuple[str, ...], **options: Any) -> Any:
        """The answer's JSON; None where it has no body. Raises Refused, Failure."""
        address = "/".join((self.url, "admin", *(quote(part, safe=":~") for part in path)))
        try:
            reply = self._http.request(method, address, timeout=(CONNECT_SECONDS, READ_SECONDS), **options)
        except requests.RequestException as error:
            hint = " `make up` starts a local stack." if self._local else ""
            raise Failure(f"The API at {self.url} does not answer ({type(error).__name__}).{hint}") from error
        try:
            body = reply.json() if reply.content else None
        except ValueError:
            body = None
        if reply.status_code >= 400:
            raise Refused(reply.status_code, body if isinstance(body, dict) else {})
        if body is None and reply.status_code != 204:
            raise Failure(f"What answers at {self.url} is not the admin API of a stack.")
        return body

    def find(self, *path: str) -> Any:
        """As `get`, and None for what is not there."""
        try:
            return self.get(*path)
        except Refused as error:
            if error.status == 404:
                return None
            raise
