"""A bare client of the org's REST API, for tests and benchmarks: it sends what it is told and hides nothing."""

from __future__ import annotations

from typing import Any

import requests

from .running import RunningOrg

VERSION = "62.0"
TIMEOUT_SECONDS = 60


class RestClient:
    """The REST API as one user ("admin" or "integration"); paths are those below /services/data/v62.0."""

    def __init__(self, org: RunningOrg, who: str = "admin") -> None:
        self.org = org
        self.session = org.session(who)
        self.base = f"/services/data/v{VERSION}"

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        address = self.org.url + (path if path.startswith("/services") else self.base + path)
        return self.session.request(method, address, json=body, timeout=TIMEOUT_SECONDS, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any, **more: Any) -> requests.Response:
        return self.call("POST", path, body, **more)

    def patch(self, path: str, body: Any, **more: Any) -> requests.Response:
        return self.call("PATCH", path, body, **more)

    def delete(self, path: str, **more: Any) -> requests.Response:
        return self.call("DELETE", path, **more)

    def query(self, soql: str, **more: Any) -> requests.Response:
        return self.get("/query", params={"q": soql}, **more)

    def rows(self, soql: str) -> list[dict[str, Any]]:
        """The first page of a query, without `attributes`. Raises AssertionError when it is refused."""
        answer = self.query(soql)
        if answer.status_code != 200:
            raise AssertionError(answer.text)
        return [_plain(record) for record in answer.json()["records"]]

    def create(self, name: str, **fields: Any) -> str:
        """The id of a new record. Raises AssertionError when it is refused."""
        answer = self.post(f"/sobjects/{name}", fields)
        if answer.status_code != 201:
            raise AssertionError(answer.text)
        return str(answer.json()["id"])


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _plain(value) if isinstance(value, dict) and "attributes" in value else value
        for name, value in record.items()
        if name != "attributes"
    }
