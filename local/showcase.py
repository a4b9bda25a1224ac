"""The main job, before one's eyes: signed webhooks of three tools become Salesforce records."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from rich.console import Console

from cli.signing import signed
from local import showcase_org
from local.home import ROOT
from local.qualtrics_api import TOKEN as QUALTRICS_TOKEN
from local.showcase_events import FORM_SIGNATURE, LATE, SECRETS, SENT, Sample
from local.showcase_tables import deliveries_table, records_table
from local.stack_file import Stack

PATIENCE_SECONDS = 180
CALL_SECONDS = 30


@dataclass
class Story:
    """What has been sent and what became of it, as it unfolds; `broken` are the promises that did not come true."""

    stack: Stack
    console: Console
    broken: list[str] = field(default_factory=list)
    ids: dict[str, Sample] = field(default_factory=dict)

    def expect(self, truth: bool, promise: str) -> None:
        mark = "[green]✓[/green]" if truth else "[red]✗[/red]"
        self.console.print(f"  {mark} {promise}")
        if not truth:
            self.broken.append(promise)


def run(stack: Stack, console: Console) -> bool:
    """Whether every record and delivery is there in the end."""
    story = Story(stack, console)
    _configure(story)
    _send(story)
    _wait(story)
    _accepted(story, LATE)
    story.console.rule("What became of them")
    deliveries = _wait(story)
    _show(story, deliveries)
    _look_into_salesforce(story, deliveries)
    for promise in story.broken:
        console.print(f"[red]Did not come true: {promise}[/red]")
    return not story.broken


def _configure(story: Story) -> None:
    stack, console = story.stack, story.console
    console.rule("Secrets and configuration")
    credentials = json.loads(Path(stack.salesforce_credentials_file).read_text())["integration"]
    secrets = {**SECRETS, "qualtrics-token": QUALTRICS_TOKEN, "salesforce-production": json.dumps(credentials)}
    for name, value in secrets.items():
        _bridge(story, "secrets", "set", name, typed=value)
    values = [f"SALESFORCE_URL={stack.salesforce_url}", f"QUALTRICS_URL={stack.qualtrics_url}"]
    options = [part for value in values for part in ("--set", value)]
    _bridge(story, "apply", "-f", "examples/demo", "--publish", *options)


def _bridge(story: Story, *words: str, typed: str | None = None) -> None:
    """One command of the CLI, as an admin would type it; secrets go in on standard input."""
    story.console.print(f"[bold]$ bridge {' '.join(words)}[/bold]")
    command = [sys.executable, "-m", "cli.main", *words]
    done = subprocess.run(command, input=typed, text=True, capture_output=True, cwd=ROOT, check=False)
    story.console.print(done.stdout.rstrip(), style="dim", markup=False, highlight=False)
    if done.returncode != 0:
        story.console.print(done.stderr.rstrip(), style="red", markup=False)
        story.broken.append(f"bridge {words[0]}")


def _send(story: Story) -> None:
    story.console.rule("Webhooks, signed as each tool signs them")
    for sample in SENT:
        _accepted(story, sample)
    again = _post(story, SENT[0])
    told = again.json()
    same = told.get("status") == "duplicate" and told.get("feedback_id") in story.ids
    story.expect(same, f"{again.status_code} {SENT[0].source}: the same once more is a duplicate with the same id")
    forged = _post(story, SENT[0], secret="a guess")  # noqa: S106
    story.expect(forged.status_code == 401, f"{forged.status_code} {SENT[0].source}: signed by somebody else")


def _accepted(story: Story, sample: Sample) -> None:
    reply = _post(story, sample)
    accepted = reply.status_code == 202 and reply.json()["status"] == "accepted"
    story.expect(accepted, f"{reply.status_code} {sample.source}: {sample.title}")
    if accepted:
        story.ids[reply.json()["feedback_id"]] = sample


def _post(story: Story, sample: Sample, secret: str | None = None) -> requests.Response:
    sending = signed(sample.tool, sample.body, secret or SECRETS[sample.source], FORM_SIGNATURE)
    url = f"{story.stack.api_url}/in/{sample.source}"
    return requests.post(url, data=sending.body, headers=sending.headers, params=sending.query, timeout=CALL_SECONDS)


def _wait(story: Story) -> list[dict[str, Any]]:
    """Every delivery of what was sent, once none of them is under way any more."""
    expected = sum(len(sample.becomes) for sample in story.ids.values())
    deadline = time.monotonic() + PATIENCE_SECONDS
    with story.console.status("Travelling through ingest, tagging and mapping …"):
        while True:
            deliveries = _deliveries(story)
            ended = [delivery for delivery in deliveries if delivery["status"] != "pending"]
            if len(ended) >= expected or time.monotonic() > deadline:
                return deliveries
            time.sleep(1)


def _deliveries(story: Story) -> list[dict[str, Any]]:
    reply = requests.get(
        f"{story.stack.api_url}/admin/deliveries",
        params={"limit": "100"},
        headers={"Authorization": f"Bearer {story.stack.admin_token}"},
        timeout=CALL_SECONDS,
    )
    reply.raise_for_status()
    return [item for item in reply.json()["items"] if item["feedback_id"] in story.ids]


def _show(story: Story, deliveries: list[dict[str, Any]]) -> None:
    held = {(item["feedback_id"], item["mapping"]): item for item in deliveries}
    rows = []
    for feedback_id, sample in story.ids.items():
        for mapping, status in sample.becomes.items():
            item = held.get((feedback_id, mapping), {"status": "missing"})
            rows.append((f"{sample.tool}: {sample.title}", mapping, item))
            if item["status"] not in status.split(" or "):
                story.broken.append(f"{sample.title}: {mapping} should be {status}")
    story.console.print(deliveries_table(rows))


def _look_into_salesforce(story: Story, deliveries: list[dict[str, Any]]) -> None:
    org = showcase_org.connect(story.stack)
    written = sorted({(item["object"], item["record_id"]) for item in deliveries if item["status"] == "delivered"})
    records = [(sobject, record_id, showcase_org.record(org, sobject, record_id)) for sobject, record_id in written]
    story.broken += [f"{sobject} {record_id} is not in Salesforce" for sobject, record_id, held in records if not held]
    story.console.print(records_table([(sobject, held) for sobject, _, held in records if held]))
