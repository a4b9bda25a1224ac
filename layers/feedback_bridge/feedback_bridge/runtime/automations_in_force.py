"""The automations in force as mappings, also those that this version of the program cannot read (`in_force.py`)."""

from collections.abc import Iterator
from functools import partial
from typing import get_args

from feedback_bridge.automation.document import AutomationDocument, Escalation, parse_automation
from feedback_bridge.automation.names import escalation_name, run_name
from feedback_bridge.automation.steps import at_once, in_automation, when_nobody_acted
from feedback_bridge.aws.configs import Configs, Published
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.feedback.model import FeedbackSignal
from feedback_bridge.nps.signals import SIGNALS
from feedback_bridge.runtime.in_force import InForce, listened_to, org_in, unreadable


def automations_in_force(store: Configs) -> Iterator[tuple[AutomationDocument, list[InForce]]]:
    """Each with what it does at once and, where it escalates, later."""
    for published in store.all_published("automation"):
        try:
            automation = parse_automation(published.document)
            yield automation, list(_runs(automation, published))
        except InvalidDocument as error:
            automation = _hearing(published)
            names = [run_name(published.id), escalation_name(published.id)][: 2 if automation.escalate else 1]
            yield automation, [unreadable(name, published, automation.org, error) for name in names]


def _runs(automation: AutomationDocument, published: Published) -> Iterator[InForce]:
    place = partial(in_automation, steps=automation)
    yield InForce(run_name(published.id), published, at_once(automation), place=place)
    if automation.escalate is not None and (later := when_nobody_acted(automation)) is not None:
        place = partial(in_automation, steps=automation.escalate, prefix="escalate.")
        yield InForce(escalation_name(published.id), published, later, place=place)


def _hearing(published: Published) -> AutomationDocument:
    """What says which signals it hears; it never runs."""
    listens = listened_to(published, (*SIGNALS, *get_args(FeedbackSignal)))
    escalate = Escalation.model_construct(after_minutes=1) if published.document.get("escalate") else None
    org = org_in(published.document)
    return AutomationDocument.model_construct(id=published.id, org=org, escalate=escalate, **listens)
