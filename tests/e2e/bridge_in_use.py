"""The deployed stack as its users use it: webhooks signed as tools sign them, the admin API, and Salesforce itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import requests

from cli.signing import signed
from cli.stack import STACK_VARIABLE
from local.home import ROOT
from local.qualtrics_api import TOKEN as QUALTRICS_TOKEN
from local.showcase_events import FORM_SIGNATURE, SECRETS

PATIENCE_SECONDS = 90
SAMPLES = ROOT / "events" / "sources"
T = TypeVar("T")


def eventually(look: Callable[[], T], what: str, every: float = 0.5) -> T:
    """The first thing seen that is not empty; asking again for a while, because the stack works behind queues."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(every)
    raise AssertionError(f"waited {PATIENCE_SECONDS} s in vain for {what}")


class Bridge:
    """`stack` is conftest.py's LiveStack."""

    def __init__(self, stack: Any) -> None:
        self.stack = stack

    def secret(self, name: str, value: str) -> None:
        secrets = self.stack.client("secretsmanager")
        full = f"{self.stack.file.stack_name}/{name}"
        try:
            secrets.create_secret(Name=full, SecretString=value)
        except secrets.exceptions.ResourceExistsException:
            secrets.put_secret_value(SecretId=full, SecretString=value)

    def set_secrets(self) -> None:
        credentials = json.loads(Path(self.stack.file.salesforce_credentials_file).read_text())
        self.secret("salesforce-production", json.dumps(credentials["integration"]))
        self.secret("qualtrics-token", QUALTRICS_TOKEN)
        for name, value in SECRETS.items():
            self.secret(name, value)

    def put(self, document: dict[str, Any]) -> requests.Response:
        return self.stack.api.put(f"/admin/{document['kind']}s/{document['id']}", json=document)

    def publish(self, document: dict[str, Any]) -> requests.Response:
        saved = self.put(document)
        assert saved.status_code in (200, 201), saved.text
        return self.stack.api.post(f"/admin/{document['kind']}s/{document['id']}/publish")

    def typeform(self, sample: str = "promoter", email: str | None = None, **changes: Any) -> bytes:
        """A sample body, of another respondent where one is named. A `token` of its own makes it another response."""
        text = (SAMPLES / "typeform" / f"{sample}.json").read_text()
        body = json.loads(re.sub(r"[\w.]+@example\.\w+", email, text) if email else text)
        body["form_response"].update(changes)
        return json.dumps(body, ensure_ascii=False).encode()

    def customer(self) -> tuple[str, str]:
        """A new contact in Salesforce: its address and id."""
        email = f"{uuid.uuid4().hex}@example.jp"
        contact = {"LastName": "渡辺", "FirstName": "結衣", "Email": email}
        reply = self.stack.org.post("/services/data/v62.0/sobjects/Contact", json=contact)
        assert reply.status_code == 201, reply.text
        return email, reply.json()["id"]

    def command(self, *words: str, **variables: str) -> str:
        """`bridge …` as typed at a terminal; what it prints."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "stack.json"
            self.stack.file.save(file)
            command = [sys.executable, "-m", "cli.main", *words]
            environment = {**os.environ, **variables, STACK_VARIABLE: str(file)}
            done = subprocess.run(command, env=environment, cwd=ROOT, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def answer(self, sample: str = "promoter", **changes: Any) -> requests.Response:
        return self.send("typeform-main", "typeform", self.typeform(sample, **changes))

    def send(self, source: str, tool: str, body: bytes, **headers: str) -> requests.Response:
        sending = signed(tool, body, SECRETS[source], FORM_SIGNATURE)
        return self.stack.web.post(
            f"/in/{source}", data=sending.body, headers={**sending.headers, **headers}, params=sending.query
        )

    def deliveries(self, feedback_id: str) -> dict[str, dict[str, Any]]:
        """By mapping, those of one feedback that have ended."""
        items = self.stack.api.get("/admin/deliveries", params={"limit": "100"}).json()["items"]
        mine = (item for item in items if item["feedback_id"] == feedback_id)
        return {item["mapping"]: item for item in mine if item["status"] != "pending"}

    def ended(self, feedback_id: str, *mappings: str) -> dict[str, dict[str, Any]]:
        def look() -> dict[str, dict[str, Any]] | None:
            held = self.deliveries(feedback_id)
            return held if set(mappings) <= held.keys() else None

        return eventually(look, f"the deliveries of {feedback_id}")

    def records(self, soql: str) -> list[dict[str, Any]]:
        reply = self.stack.org.get("/services/data/v62.0/query", params={"q": soql})
        assert reply.status_code == 200, reply.text
        return list(reply.json()["records"])
