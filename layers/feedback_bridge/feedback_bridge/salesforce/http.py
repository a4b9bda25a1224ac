"""One `requests` session an org: connections are kept, and every call has a time-out."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter

CONNECT_SECONDS, READ_SECONDS = 5, 60
"""Salesforce gives a request up to ten minutes; ours are small, and a worker must not hang on one."""


class _WithTimeout(HTTPAdapter):
    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        if options.get("timeout") is None:
            options["timeout"] = (CONNECT_SECONDS, READ_SECONDS)
        return super().send(request, **options)


def new_http() -> requests.Session:
    """Nothing is retried here: whoever knows whether a repetition is safe repeats."""
    http = requests.Session()
    http.mount("https://", _WithTimeout(pool_maxsize=4))
    return http
