"""The deployed bridge as an admin sees it: configuration, deliveries, queues."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local import deploy
from local.chaos.documents import documents
from local.ports import HOST
from local.qualtrics_api import TOKEN as QUALTRICS_TOKEN
from local.showcase_events import SECRETS
from local.stack_file import Stack

SECONDS = 40
PAGE = 100
_QUEUES = ("AnswerFetching", "NpsTagging", "ResponseMapping")


@dataclass(frozen=True)
class Depth:
    """Messages of a queue: waiting, being worked on, put off."""

    waiting: int
    working: int
    put_off: int

    @property
    def all(self) -> int:
        return self.waiting + self.working + self.put_off


class Bridge:
    def __init__(self, stack: Stack, aws_port: int) -> None:
        self.stack = stack
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["Authorization"] = f"Bearer {stack.admin_token}"
        self._outputs = deploy.outputs(aws_port)
        self._sqs = stack.client("sqs")

    def configure(self) -> None:
        """Raises requests.HTTPError where a document is not taken."""
        credentials = json.loads(Path(self.stack.salesforce_credentials_file).read_text())["integration"]
        texts = {**SECRETS, "qualtrics-token": QUALTRICS_TOKEN, "salesforce-production": json.dumps(credentials)}
        secrets = self.stack.client("secretsmanager")
        for name, text in texts.items():
            secrets.create_secret(Name=f"{self.stack.stack_name}/{name}", SecretString=text)
        # By a name that the proxy before AWS is not asked for.
        qualtrics = str(self.stack.qualtrics_url).replace(HOST, "localhost")
        for document in documents(self.stack.salesforce_url, qualtrics):
            path = f"/admin/{document['kind']}s/{document['id']}"
            self._ask("PUT", path, document)
            self._ask("POST", f"{path}/publish")

    def hurry(self, seconds: int) -> None:
        """What a batch that failed whole leaves on a queue comes back after so long, on the queues that have no
        parameter for it."""
        for name in ("AnswerFetching", "NpsTagging"):
            self._sqs.set_queue_attributes(
                QueueUrl=self._outputs[f"{name}QueueUrl"], Attributes={"VisibilityTimeout": str(seconds)}
            )

    def deliveries(self, status: str | None = None) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            wanted = {"limit": str(PAGE), "status": status, "cursor": cursor}
            page = self._ask("GET", "/admin/deliveries", params={k: v for k, v in wanted.items() if v})
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def depths(self) -> dict[str, Depth]:
        return {name: self._depth(f"{name}QueueUrl") for name in _QUEUES}

    def dead_letters(self) -> dict[str, int]:
        names = [*(f"{name}DeadLetters" for name in _QUEUES), "BusDeadLetters"]
        return {name: self._depth(f"{name}Url").all for name in names}

    def _depth(self, output: str) -> Depth:
        names = ["", "NotVisible", "Delayed"]
        asked = [f"ApproximateNumberOfMessages{name}" for name in names]
        told = self._sqs.get_queue_attributes(QueueUrl=self._outputs[output], AttributeNames=asked)["Attributes"]
        return Depth(*(int(told.get(name, 0)) for name in asked))

    def _ask(self, method: str, path: str, body: Any = None, params: dict[str, str] | None = None) -> Any:
        """Also while AWS misbehaves: a 5xx is asked again by whoever calls."""
        url = self.stack.api_url + path
        reply = self._http.request(method, url, json=body, params=params, timeout=SECONDS)
        if not reply.ok:
            raise requests.HTTPError(f"{method} {path}: {reply.status_code} {reply.text}", response=reply)
        return reply.json()
