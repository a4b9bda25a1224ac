"""What an automation would do of an answer, at once and when nobody acts. Nothing is written and nobody is told."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from feedback_bridge.automation.document import AutomationDocument, parse_automation
from feedback_bridge.automation.runs import Run
from feedback_bridge.automation.steps import at_once, when_nobody_acted
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.delivery.delivery import delivery_id
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.mapping.document import MappingDocument
from feedback_bridge.runtime.admin.bodies import object_in
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, Wrong
from feedback_bridge.runtime.admin.reaching import reached
from feedback_bridge.runtime.admin.samples import feedback_wanted, nps_settings_of
from feedback_bridge.runtime.hearing import REASONS, seen
from feedback_bridge.runtime.notices import NoticingOrg
from feedback_bridge.runtime.nps_facts import signals_of
from feedback_bridge.runtime.reading import configs

_NOT_YET = "0" * 15 + "AAA"
"""Stands for the record that is not there yet, and for whose it will be (`rehearsal.py` asks the org nothing of it)."""

_NOTHING: dict[str, Any] = {"writes": [], "lookups": [], "warnings": [], "calls": 0, "escalation": None}


def preview_automation(call: Call, document_id: str) -> Reply:
    """The body is as for a mapping (`preview.py`)."""
    asked = object_in(call)
    automation, version = _automation(document_id)
    feedback = feedback_wanted(call, asked, at_once(automation))
    raised = _signals(feedback)
    head = {
        "automation": document_id,
        "version": version,
        "feedback": feedback.to_document(),
        "signals": raised,
    }
    signal = next((signal for signal in raised if automation.hears(feedback.source, signal["signal"])), None)
    if signal is None:
        reason = "the feedback is no signal that the automation listens to"
        return Reply(200, {**head, "outcome": "skipped", "reason": reason, **_NOTHING})
    return Reply(200, {**head, **_rehearsed(call, automation, feedback, signal)})


def _signals(feedback: Feedback) -> list[dict[str, str]]:
    of_score = signals_of(feedback, nps_settings_of(feedback.source))
    raised = [{"signal": item.name, "reason": item.reason} for item in of_score]
    name = feedback.heard_as
    return [*raised, {"signal": name, "reason": REASONS[name]}] if name else raised


def _automation(document_id: str) -> tuple[AutomationDocument, int | None]:
    """Its draft, or the version in force. Raises Wrong."""
    draft, published = configs().draft("automation", document_id), configs().published("automation", document_id)
    known = draft or published
    if known is None:
        raise Wrong(404, f"There is no automation named {document_id}.")
    try:
        document = parse_automation(known.document)
    except InvalidDocument as error:
        raise Wrong(422, "The automation has problems; solve these first.", error.problems) from None
    return document, published.version if published and published.document == known.document else None


def _rehearsed(
    call: Call, automation: AutomationDocument, feedback: Feedback, signal: Mapping[str, str]
) -> dict[str, Any]:
    run = Run("preview", automation, seen(feedback), signal["signal"], signal["reason"], person="")
    later = when_nobody_acted(automation)
    with reached(automation.org) as org:
        noticing = NoticingOrg(org)
        now = _stage(call, noticing, at_once(automation), run.arrival().feedback)
        watched = replace(run.of_owner(_NOT_YET), record=("", _NOT_YET))
        escalation = _stage(call, noticing, later, watched.arrival().feedback) if later else None
    if escalation is not None and automation.escalate is not None:
        escalation["after_minutes"] = automation.escalate.after_minutes
    return {**now, "escalation": escalation}


def _stage(call: Call, org: NoticingOrg, mapping: MappingDocument, feedback: Mapping[str, Any]) -> dict[str, Any]:
    from feedback_bridge.runtime.admin.fitting import compiled_for, schemas_of
    from feedback_bridge.runtime.admin.rehearsal import Stage

    try:
        compiled = compiled_for(org, mapping)
    except InvalidDocument as error:
        raise Wrong(422, "The automation does not fit the org.", error.problems) from None
    stage = Stage(org, schemas_of(org, mapping), delivery_id(feedback["id"], mapping.id))
    return asdict(stage.rehearse(compiled, feedback, call.now))


ENDPOINTS = (Endpoint("POST", "/admin/automations/<document_id>/preview", "operator", preview_automation),)
