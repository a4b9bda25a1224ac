"""Fixtures around one running org. Use them with `pytest_plugins = ["tests.integration.salesforce_org_server"]`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local.salesforce_org.running import RunningOrg, running_org

VERSION = "62.0"
TIMEOUT = 30


class Api:
    """The REST API of the org as one user: paths are those below /services/data/v62.0."""

    def __init__(self, org: RunningOrg, who: str) -> None:
        self.org = org
        self.session = org.session(who)
        self.base = f"/services/data/v{VERSION}"

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        address = self.org.url + (path if path.startswith("/services") else self.base + path)
        return self.session.request(method, address, json=body, timeout=TIMEOUT, **more)

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
        """The records of a query, without their attributes; fails the test when the query fails."""
        answer = self.query(soql)
        assert answer.status_code == 200, answer.text
        return [_plain(record) for record in answer.json()["records"]]

    def create(self, name: str, **fields: Any) -> str:
        """The id of a new record; fails the test when it is refused."""
        answer = self.post(f"/sobjects/{name}", fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _plain(value) if isinstance(value, dict) and "attributes" in value else value
        for name, value in record.items()
        if name != "attributes"
    }


@pytest.fixture(scope="session")
def running() -> Iterator[RunningOrg]:
    with running_org() as org:
        yield org


@pytest.fixture
def org(running: RunningOrg) -> RunningOrg:
    """The org, empty, with nothing switched on."""
    running.control("POST", "/reset", {})
    return running


@pytest.fixture
def admin(org: RunningOrg) -> Api:
    """A user who may do everything."""
    return Api(org, "admin")


@pytest.fixture
def integration(org: RunningOrg) -> Api:
    """The user who has the permission set Feedback_Bridge and nothing else."""
    return Api(org, "integration")
