"""Pendo's REST API, as far as a sync needs it: aggregations, report results, metadata values.

https://engageapi.pendo.io/ ; hosts by region. The key must have write access even for aggregations.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from feedback_bridge.errors import PermanentError, TransientError

TIMEOUT = (5, 60)
PACE_SECONDS = 0.5
"""Between two calls of one worker: Pendo refuses those that come too thick, and a sync has all night."""

WAIT_AFTER_429 = 30.0
BLOCK_BYTES = 1024 * 1024


@dataclass
class PendoApi:
    """`address` without a slash at its end; `key` gives the integration key as it is now."""

    address: str
    key: Callable[[], str]
    http: requests.Session
    pause: Callable[[float], None] = time.sleep
    calls: int = 0

    def aggregate(self, pipeline: Sequence[Mapping[str, Any]], request_id: str) -> list[dict[str, Any]]:
        """The rows of an aggregation. Raises PermanentError, TransientError."""
        body = {
            "response": {"mimeType": "application/json"},
            "request": {"requestId": request_id, "pipeline": list(pipeline)},
        }
        with self._call("POST", "/api/v1/aggregation", json=body) as reply:
            return list(self._json(reply).get("results") or [])

    def report(self, report: str) -> Iterator[bytes]:
        """A report's results as CSV, block by block. Raises PermanentError, TransientError."""
        with self._call("GET", f"/api/v1/report/{report}/results.csv", stream=True) as reply:
            try:
                yield from reply.iter_content(BLOCK_BYTES)
            except requests.RequestException as error:
                raise TransientError(f"Pendo broke off a report ({type(error).__name__}).") from None

    def set_metadata(self, kind: str, group: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Without `create`, so that what Pendo does not know is told as missing and not made."""
        with self._call("POST", f"/api/v1/metadata/{kind}/{group}/value", json=list(rows)) as reply:
            return self._json(reply)

    def _call(self, method: str, path: str, **options: Any) -> requests.Response:
        if self.calls:
            self.pause(PACE_SECONDS)
        self.calls += 1
        headers = {"x-pendo-integration-key": self.key().strip(), "Content-Type": "application/json"}
        try:
            reply = self.http.request(
                method, self.address + path, headers=headers, timeout=TIMEOUT, allow_redirects=False, **options
            )
        except requests.exceptions.InvalidHeader:
            raise PermanentError("The integration key cannot be sent in a header.") from None
        except requests.RequestException as error:
            raise TransientError(f"Pendo did not answer ({type(error).__name__}).") from None
        _check(reply)
        return reply

    def _json(self, reply: requests.Response) -> dict[str, Any]:
        try:
            body = reply.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise TransientError("Pendo gave an answer that cannot be read.")
        return body


def _check(reply: requests.Response) -> None:
    status = reply.status_code
    if status == 200:
        return
    reply.close()
    if status == 429:
        told = reply.headers.get("Retry-After", "")
        raise TransientError(
            "Pendo asks for fewer calls.", retry_after=float(told) if told.isdecimal() else WAIT_AFTER_429
        )
    if status in (401, 403):
        raise PermanentError(f"Pendo refuses the integration key, or it has no write access (HTTP {status}).")
    if status == 404:
        raise PermanentError("Pendo does not have what the sync names (HTTP 404).")
    if status == 408 or status >= 500:
        raise TransientError(f"Pendo has trouble (HTTP {status}).")
    raise PermanentError(f"Pendo did not understand the request (HTTP {status}).")
