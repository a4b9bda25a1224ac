"""One run of chaos, from an empty machine to the report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

import requests
from rich.console import Console

from local.chaos import aws_faults, checks, people
from local.chaos.bridge import Bridge
from local.chaos.checks import Verdict, World
from local.chaos.events import SURVEY, answers_of, copies, invent
from local.chaos.org import OrgControl
from local.chaos.plan import PARAMETERS, Plan
from local.chaos.quiet import until_quiet
from local.chaos.report import Report
from local.chaos.salesforce_faults import EXPIRED
from local.chaos.salesforce_faults import KINDS as SALESFORCE_KINDS
from local.chaos.weather import Weather
from local.chaos.workers import Killer
from local.home import Home
from local.lifecycle import bring_up, take_down
from local.ports import Ports, next_free
from local.processes import Server
from local.progress import step
from local.stack_file import Stack

PEOPLE_PER_EVENT = 0.2
MARKER = "Feedback_Bridge_Id__c"
OBJECTS = ("Survey_Response__c", "Contact", "Case", "Lead", "Task")
FUNCTION_SECONDS = 31
"""Just longer than the functions without a parameter of their own may take."""


def run(plan: Plan, home: Home, ports: Ports, console: Console) -> Report:
    """The stack is gone afterwards, however it ends."""
    home.clear()
    proxy_port = next_free(max(ports.aws, ports.salesforce) + 5)

    def between(aws: int) -> Server:
        return aws_faults.server(proxy_port, aws)

    try:
        stack = bring_up(home, ports, console, tied=True, parameters=PARAMETERS, between=between)
        return _Run(plan, home, stack, Bridge(stack, ports.aws), proxy_port, console).report()
    finally:
        take_down(home)


class _Run:
    def __init__(self, plan: Plan, home: Home, stack: Stack, bridge: Bridge, proxy_port: int, console: Console) -> None:
        self.plan, self.stack, self.bridge, self.console = plan, stack, bridge, console
        self.org = OrgControl(stack)
        random = Random(plan.seed)  # noqa: S311 - repeatable, not secret
        self.people = people.invent(random, max(10, int(plan.events * PEOPLE_PER_EVENT)))
        self.events = invent(random, self.people, plan.events, datetime.now(UTC))
        self.sends = copies(random, self.events)
        self.killer = Killer(home, self.org)
        self.weather = Weather(plan, bridge, self.org, self.killer, proxy_port, console)

    def report(self) -> Report:
        before = self._prepare()
        begun = time.monotonic()
        with step(self.console, f"{len(self.events)} events, sent {len(self.sends)} times, in bad weather"):
            self.weather.endure(self.sends)
        calmed = time.monotonic()
        with step(self.console, "Waiting until it is quiet"):
            quiet = until_quiet(self.bridge, self.plan.patience, self.console)
        ended = time.monotonic()
        with step(self.console, "Counting the records and the deliveries"):
            world = self._world(before)
            verdicts = [*self._happened(quiet), *checks.verdicts(world)]
        figures = self._figures(world, ended - begun, ended - calmed)
        return Report(figures, self.weather.faults, checks.statuses(world.deliveries), verdicts)

    def _prepare(self) -> dict[str, set[str]]:
        """The ids of the records that were there before, by object."""
        with step(self.console, f"Configuring; {len(self.people)} customers"):
            before = {name: {row["Id"] for row in self.org.records(name)} for name in OBJECTS}
            self.contacts = people.settle(self.people, self.org)
            # Without our marker on it, a Task is a plain insert: nothing in Salesforce tells that it is ours.
            self.org.ask("DELETE", f"/objects/Task/fields/{MARKER}")
            self.bridge.configure()
            self.bridge.hurry(FUNCTION_SECONDS)
            self._give_qualtrics_answers()
            self.org.ask("DELETE", "/calls")
        return before

    def _give_qualtrics_answers(self) -> None:
        with requests.Session() as http:
            http.trust_env = False
            for event in self.events:
                if event.tool == "qualtrics":
                    told = {"surveyId": SURVEY, "result": answers_of(event)}
                    url = f"{self.stack.qualtrics_url}/_stand_in/responses"
                    http.post(url, json=told, timeout=30).raise_for_status()

    def _world(self, before: dict[str, set[str]]) -> World:
        ids = {event: min(found) for event, found in self.weather.sent.ids.items()}
        return World(
            events=[event for event in self.events if event in ids],
            ids=ids,
            contacts=self.contacts,
            records={
                name: [row for row in self.org.records(name) if row["Id"] not in before[name]] for name in OBJECTS
            },
            deliveries=list(self.bridge.deliveries()),
            dead_letters=self.bridge.dead_letters(),
        )

    def _happened(self, quiet: bool) -> list[Verdict]:
        """Before the effects: that everything was taken, and that the faults did strike."""
        sent = self.weather.sent
        untaken = [event.token for event in self.events if event not in sent.ids]
        doubled = [event.token for event, ids in sent.ids.items() if len(ids) > 1]
        wanted = [*SALESFORCE_KINDS, EXPIRED, *aws_faults.KINDS]
        missed = [name for name in wanted if not self.weather.faults[name]]
        unkilled = self.plan.kills - min(self.killer.kills, self.killer.batches_lost())
        return [
            _listed("every event was taken in the end", len(self.events), untaken),
            _listed("every event has one id, however often it was sent", len(sent.ids), doubled),
            _listed("every kind of fault struck", len(wanted), missed),
            _listed("workers were killed in the middle of a batch", self.plan.kills, ["a kill"] * unkilled),
            _listed("it became quiet once the faults had stopped", 1, [] if quiet else ["messages are left"]),
        ]

    def _figures(self, world: World, seconds: float, calm: float) -> dict[str, object]:
        sent = self.weather.sent
        calls = self.org.ask("GET", "/calls")
        attempts = sum(delivery["attempts"] for delivery in world.deliveries)
        figures: dict[str, object] = {
            "events": len(self.events),
            "webhooks sent": len(self.sends),
            **{f"answered {answer}": count for answer, count in sorted(sent.answers.items())},
            "workers killed at a write": self.killer.kills,
            "batches that lost their worker": self.killer.batches_lost(),
            "Salesforce calls": calls["total"],
            "deliveries": len(world.deliveries),
            "tries of deliveries beyond the first": attempts - len(world.deliveries),
            "row locks refused for real": self.org.ask("GET", "/")["locks_refused"],
            "seconds until quiet, in all": round(seconds),
            "of them after the faults": round(calm),
        }
        return figures


def _listed(promise: str, looked_at: int, wrong: Sequence[str]) -> Verdict:
    return Verdict(promise, looked_at, len(wrong), tuple(wrong[:5]))
