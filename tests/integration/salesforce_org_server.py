"""Fixtures around one running org. A test file gets them with a line of its own:

pytest_plugins = ["tests.integration.salesforce_org_server"]
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.salesforce_org.rest_client import RestClient
from local.salesforce_org.running import RunningOrg, running_org


@pytest.fixture(scope="session")
def bare_org_process() -> Iterator[RunningOrg]:
    with running_org() as running:
        yield running


@pytest.fixture
def bare_org(bare_org_process: RunningOrg) -> RunningOrg:
    """The org with our metadata, without data, with nothing switched on."""
    bare_org_process.control("POST", "/reset", {})
    return bare_org_process


@pytest.fixture
def admin(bare_org: RunningOrg) -> RestClient:
    """A user who may do everything."""
    return RestClient(bare_org, "admin")


@pytest.fixture
def integration(bare_org: RunningOrg) -> RestClient:
    """The user who has the permission set Feedback_Bridge and nothing else."""
    return RestClient(bare_org, "integration")
