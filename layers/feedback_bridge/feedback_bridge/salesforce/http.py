"""One `requests` session an org: connections are kept, and every call has a time-out."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter

CONNECT_SECONDS, READ_SECONDS = 5.0, 60.0
"""Salesforce gives a request up to ten minutes; ours are small, and a worker must not hang on one."""


class _WithTimeout(HTTPAdapter):
    def __init__(self, timeout: tuple[float, float]) -> None:
        self.timeout = timeout
        super().__init__(pool_maxsize=4)

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        if options.get("timeout") is None:
            options["timeout"] = self.timeout
        return super().send(request, **options)


def new_http(connect_seconds: float = CONNECT_SECONDS, read_seconds: float = READ_SECONDS) -> requests.Session:
    """Nothing is retried here: whoever knows whether a repetition is safe repeats."""
    http = requests.Session()
    http.mount("https://", _WithTimeout((connect_seconds, read_seconds)))
    return http
