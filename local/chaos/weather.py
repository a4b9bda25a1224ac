"""The bad time: events pour in, faults strike, sessions expire, workers die."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import requests
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local.chaos import aws_faults, salesforce_faults
from local.chaos.bridge import Bridge
from local.chaos.events import Event
from local.chaos.org import OrgControl
from local.chaos.plan import Plan
from local.chaos.quiet import until_quiet
from local.chaos.sending import Senders, Sent
from local.chaos.workers import Killer

FULL, EMPTY_ENOUGH = 1500, 400
"""Messages waiting at which the tools are made to wait, and at which they may go on: a laptop has to keep up."""

TOLD_EVERY = 15
LONGEST_SECONDS = 5400
SHORT_SECONDS = 240
"""A short run works off the rest in good weather once each kind of fault has struck: at the latest then."""

KILL_TRIES = 3

WARMING, WARM_AFTER = 6, 120.0
"""Webhooks sent before the bad weather, and the most seconds that they are waited for."""


@dataclass
class Weather:
    """`faults` counts, once it is over, how often each kind struck."""

    plan: Plan
    bridge: Bridge
    org: OrgControl
    killer: Killer
    proxy_port: int
    console: Console
    sent: Sent = field(default_factory=Sent)
    faults: Counter[str] = field(default_factory=Counter)

    def endure(self, sends: Sequence[Event]) -> None:
        """Everything is sent, and most of it worked off, while the faults strike."""
        gate = threading.Event()
        gate.set()
        senders = Senders(self.bridge.stack.api_url, self.sent, gate)
        self._warm_up(senders, sends[:WARMING])
        salesforce_faults.begin(self.org, self.plan)
        aws_faults.begin(self.proxy_port, self.plan)
        sending = threading.Thread(target=senders.run, args=(sends[WARMING:], self.plan.senders))
        killing = threading.Thread(target=self._kill, args=(len(sends),))
        sending.start()
        killing.start()
        try:
            self._watch(sending, killing, gate, len(sends))
        finally:
            senders.stop.set()
            gate.set()
            sending.join()
            killing.join()
            self.faults += salesforce_faults.end(self.org)
            self.faults += aws_faults.end(self.proxy_port)

    def _warm_up(self, senders: Senders, sends: Sequence[Event]) -> None:
        """The first workers start in good weather: on a small machine that takes a while, and tests nothing."""
        senders.run(sends, self.plan.senders)
        until_quiet(self.bridge, WARM_AFTER, self.console)

    def _watch(self, sending: threading.Thread, killing: threading.Thread, gate: threading.Event, sends: int) -> None:
        begun, expired, told = time.monotonic(), time.monotonic(), 0.0
        while (passed := time.monotonic() - begun) < LONGEST_SECONDS:
            waiting = self._waiting()
            _turn(gate, waiting)
            if not sending.is_alive() and not killing.is_alive() and self._was_bad_enough(passed, waiting):
                return
            if time.monotonic() - expired > (8 if self.plan.short else 15):
                expired = time.monotonic()
                self.faults[salesforce_faults.EXPIRED] += self.org.ask("POST", "/sessions/expire")["expired"]
            if time.monotonic() - told > TOLD_EVERY:
                told = time.monotonic()
                self.console.print(
                    f"  {passed:4.0f} s: {self.sent.done} of {sends} taken, {waiting} waiting, "
                    f"{self.killer.kills} kills",
                    style="dim",
                    highlight=False,
                )
            time.sleep(0.5)

    def _was_bad_enough(self, seconds: float, waiting: int) -> bool:
        """Most was worked off in it; or, in a short run, every kind of fault has struck."""
        if waiting < self.plan.events * 0.02 + 10:
            return True
        if not self.plan.short:
            return False
        struck = salesforce_faults.struck(self.org) + aws_faults.struck(self.proxy_port)
        return seconds > SHORT_SECONDS or all(struck[name] for name in (*salesforce_faults.KINDS, *aws_faults.KINDS))

    def _waiting(self) -> int:
        with suppress(ClientError, BotoCoreError):
            return sum(depth.waiting for depth in self.bridge.depths().values())
        return 0

    def _kill(self, sends: int) -> None:
        """Kills spread over the sending."""
        for number in range(self.plan.kills):
            while self.sent.done < sends * (number + 0.5) / (self.plan.kills + 0.5):
                if len(self.sent.lost) > 100:
                    return
                time.sleep(0.2)
            for _ in range(KILL_TRIES):
                with suppress(requests.RequestException):
                    if self.killer.strike():
                        break


def _turn(gate: threading.Event, waiting: int) -> None:
    if waiting > FULL:
        gate.clear()
    elif waiting < EMPTY_ENOUGH:
        gate.set()
