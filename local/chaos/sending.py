"""The tools' side: every webhook signed and sent, and sent again as a vendor does when it is not taken."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

import requests

from cli.signing import signed
from local.chaos.events import Event
from local.showcase_events import FORM_SIGNATURE, SECRETS

CALL_SECONDS = 40
MOST_TRIES = 40


@dataclass
class Sent:
    """What the API answered: counts of answers, and the feedback ids it gave each event."""

    answers: Counter[str] = field(default_factory=Counter)
    ids: dict[Event, set[str]] = field(default_factory=dict)
    lost: list[Event] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def done(self) -> int:
        return self.answers["accepted"] + self.answers["duplicate"]

    def note(self, event: Event, status: str, feedback_id: str) -> None:
        with self.lock:
            self.answers[status] += 1
            self.ids.setdefault(event, set()).add(feedback_id)

    def count(self, answer: str) -> None:
        with self.lock:
            self.answers[answer] += 1


@dataclass
class Senders:
    """`gate` is shut while the queues are fuller than the machine can work off soon."""

    api_url: str
    sent: Sent
    gate: threading.Event
    stop: threading.Event = field(default_factory=threading.Event)
    _local: threading.local = field(default_factory=threading.local)

    def run(self, events: Sequence[Event], threads: int) -> None:
        """Returns when all are taken, or given up."""
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(self._send, events):
                pass

    def _send(self, event: Event) -> None:
        random = Random(event.token)  # noqa: S311 - no secret
        for attempt in range(MOST_TRIES):
            self.gate.wait()
            if self.stop.is_set():
                return
            if self._post(event):
                return
            time.sleep(min(5.0, 0.3 * 2**attempt) * (0.5 + random.random()))
        self.sent.lost.append(event)

    def _post(self, event: Event) -> bool:
        secret = SECRETS.get(event.source, SECRETS["webhook-main"])
        sending = signed(event.tool, event.body, secret, FORM_SIGNATURE)
        url = f"{self.api_url}/in/{event.source}"
        try:
            reply = self._http().post(
                url, data=sending.body, headers=sending.headers, params=sending.query, timeout=CALL_SECONDS
            )
        except requests.RequestException:
            self.sent.count("no answer")
            return False
        if reply.status_code == 202:
            told = reply.json()
            self.sent.note(event, told["status"], told["feedback_id"])
            return True
        self.sent.count(f"HTTP {reply.status_code}")
        return False

    def _http(self) -> requests.Session:
        if not hasattr(self._local, "http"):
            self._local.http = requests.Session()
            self._local.http.trust_env = False
        session: requests.Session = self._local.http
        return session
