"""A short `make chaos`, on a stack of its own: its faults would strike every other test, too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.chaos.plan import EVENTS_VARIABLE
from local.home import ROOT
from local.ports import AWS_VARIABLE, SALESFORCE_VARIABLE, next_free

LOWEST_PORT = 15000
EVENTS = 200
SECONDS = 900
"""Not how long it takes, but when it hangs."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, dict[str, Any]]:
    """What the program answered, printed, and wrote to its report."""
    directory: Path = tmp_path_factory.mktemp("chaos")
    aws = next_free(LOWEST_PORT + os.getpid() % 40)
    ports = {AWS_VARIABLE: str(aws), SALESFORCE_VARIABLE: str(next_free(aws))}
    done = subprocess.run(
        [sys.executable, "-m", "local.chaos", "--directory", str(directory)],
        env=os.environ | ports | {EVENTS_VARIABLE: str(EVENTS)},
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
    )
    report = directory / "report.json"
    return done.returncode, done.stdout, json.loads(report.read_text()) if report.exists() else {}


def test_every_event_has_one_effect_and_a_delivery_that_tells_the_truth_whatever_strikes(
    told: tuple[int, str, dict[str, Any]],
) -> None:
    code, printed, report = told
    assert [verdict for verdict in report.get("verdicts", ()) if not verdict["holds"]] == [], printed
    assert code == 0, printed


def test_the_report_says_what_struck_and_how_often(told: tuple[int, str, dict[str, Any]]) -> None:
    _, printed, report = told
    assert report["figures"]["events"] == EVENTS
    assert report["figures"]["batches that lost their worker"] >= 1
    for kind in ("cut after the commit", "403 the day's requests", "login refused", "DynamoDB throttled", "SQS 503"):
        assert report["faults"][kind] >= 1
        assert kind in printed
