"""One real stack for all end-to-end tests: the deployed template, the simulated org, nothing replaced.

It comes up by itself on free ports and is gone afterwards, however the tests end. With BRIDGE_STACK=path/to/stack.json
the tests use that running stack instead.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from local.home import Home
from local.ports import AWS_VARIABLE, SALESFORCE_VARIABLE, next_free
from local.stack_file import Stack
from tests.e2e.bridge_in_use import Bridge
from tests.integration.webhook_receiver import Receiver, receiving

LOWEST_PORT = 14600
SECONDS = 30


class Site(requests.Session):
    """A session whose URLs begin with a slash: `site.get("/admin/status")`."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        # The stack is here; a proxy of the developer's has no part in it.
        self.trust_env = False

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", SECONDS)
        return super().request(method, self.base + str(url), *args, **kwargs)


@dataclass(frozen=True)
class LiveStack:
    """What a test may use of the running stack: its public contract, and AWS where that is the subject."""

    file: Stack
    web: Site
    """The API as the world sees it, with no token."""
    api: Site
    """The API with the admin token."""
    org: Site
    """The Salesforce org, as a user who may do everything."""

    @property
    def api_url(self) -> str:
        return self.file.api_url

    @property
    def admin_token(self) -> str:
        return self.file.admin_token

    def client(self, service: str) -> Any:
        """A boto3 client, as the root of the local account."""
        return self.file.client(service)


@pytest.fixture(scope="session")
def stack_file(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """`stack.json` of a running stack."""
    given = os.environ.get("BRIDGE_STACK")
    if given:
        yield Stack.load(Path(given))
        return
    home = Home.named("e2e")
    capture = request.config.pluginmanager.getplugin("capturemanager")
    # Its progress is for whoever waits: half a minute of silence looks like a hang.
    with capture.global_and_fixture_disabled():
        process = _start(home)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", "the local stack did not come up; it said why above"
        except BaseException:
            _stop(process)
            raise
    try:
        yield Stack.load(home.stack_file)
    finally:
        _stop(process)


def _start(home: Home) -> subprocess.Popen[str]:
    # Not the same port to begin with, where two clones test at once.
    aws = next_free(LOWEST_PORT + os.getpid() % 90)
    salesforce = next_free(aws)
    return subprocess.Popen(
        [sys.executable, "-m", "local", "run", "--directory", str(home.directory)],
        env=os.environ | {AWS_VARIABLE: str(aws), SALESFORCE_VARIABLE: str(salesforce)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _stop(process: subprocess.Popen[str]) -> None:
    """It stops everything when its standard input ends, which it does also when we are killed."""
    assert process.stdin is not None
    process.stdin.close()
    process.wait(timeout=2 * SECONDS)


@pytest.fixture(scope="session")
def stack(stack_file: Stack) -> LiveStack:
    api = Site(stack_file.api_url)
    api.headers["Authorization"] = f"Bearer {stack_file.admin_token}"
    return LiveStack(stack_file, web=Site(stack_file.api_url), api=api, org=_org(stack_file))


def _org(stack_file: Stack) -> Site:
    return OrgSite(stack_file)


class OrgSite(Site):
    """Logs in again when a test has ended all sessions of the org."""

    def __init__(self, stack_file: Stack) -> None:
        super().__init__(stack_file.salesforce_url)
        self.verify = stack_file.salesforce_ca_file
        self._form = {
            "grant_type": "client_credentials",
            "client_id": stack_file.salesforce_client_id,
            "client_secret": stack_file.salesforce_client_secret,
        }
        self._log_in()

    def _log_in(self) -> None:
        granted = super().request("POST", "/services/oauth2/token", data=self._form)
        granted.raise_for_status()
        self.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        reply = super().request(method, url, *args, **kwargs)
        if reply.status_code != 401:
            return reply
        self._log_in()
        return super().request(method, url, *args, **kwargs)


@pytest.fixture(scope="module")
def bridge(stack: LiveStack) -> Bridge:
    """With examples/demo in force."""
    bridge = Bridge(stack)
    bridge.set_secrets()
    values = {"SALESFORCE_URL": stack.file.salesforce_url, "QUALTRICS_URL": stack.file.qualtrics_url}
    bridge.command("apply", "-f", "examples/demo", "--publish", **values)
    return bridge


@pytest.fixture(scope="module")
def receiver(stack: LiveStack) -> Iterator[Receiver]:
    """A chat tool, or another, that automations tell of what happened."""
    with receiving(Path(stack.file.salesforce_ca_file).parent) as receiver:
        yield receiver
